package bench

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// faults does an experiment's timeline of faults to a system while the light window
// runs, and keeps when each really happened and to whom. The load goes to every
// living member in turn, as in a proof: one that is pinned to a killed leader would
// see nothing but the pin.
type faults struct {
	*harm
	asked  []configs.TimedFault
	record *record
	done   []*inflicted
	// witness tells what the load saw of each.
	witness witness
	// unmended is what went wrong when faults were undone while another waited.
	unmended []error
}

func newFaults(ctx context.Context, setup configs.Setup, s System, events *timeline, rec *record) (*faults, error) {
	f := &faults{harm: newHarm(setup, s, events, &router{}), asked: setup.Faults, record: rec}
	f.router.saw, f.powerUncut = f.witness.saw, rec.powerUncut
	return f, f.router.joinAll(ctx, s)
}

// during does the faults at their instants, from now on; wait returns when the
// last is done and all that still stands is undone, with what could not be.
func (f *faults) during(ctx context.Context) (wait func() error) {
	began, done, loadOver := time.Now(), make(chan error, 1), make(chan struct{})
	f.loadOver, f.meanwhile = loadOver, func() { f.endDue(ctx) }
	go func() { done <- f.follow(ctx, began) }()
	return func() error {
		close(loadOver)
		err := errors.Join(<-done, f.undoAll(ctx))
		f.keep()
		return errors.Join(append(f.unmended, err)...)
	}
}

// follow goes through the timeline: what is to be done at each instant, and what is
// to be undone. What was late, and is not begun when the load ends, is left undone.
func (f *faults) follow(ctx context.Context, began time.Time) error {
	var errs []error
	for left := f.asked; ; {
		ending, wait := f.nextEnd()
		if len(left) > 0 {
			if at := time.Until(began.Add(left[0].At)); ending == nil || at < wait {
				ending, wait = nil, at
			}
		} else if ending == nil {
			return errors.Join(errs...)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.loadOver:
			for _, late := range left {
				errs = append(errs, f.doNext(ctx, late)) // which tells why it is not done
			}
			return errors.Join(errs...)
		case <-time.After(wait):
		}
		if ending != nil {
			errs = append(errs, f.undo(ctx, ending))
			continue
		}
		errs = append(errs, f.doNext(ctx, left[0]))
		left = left[1:]
	}
}

func (f *faults) doNext(ctx context.Context, asked configs.TimedFault) error {
	one, err := f.do(ctx, asked)
	if one != nil {
		f.done = append(f.done, one)
	}
	return err
}

// endDue ends the faults that are to be over by now, while another waits for a leader,
// or for a member to catch up: that nothing comes of it may be their work.
func (f *faults) endDue(ctx context.Context) {
	for {
		ending, in := f.nextEnd()
		if ending == nil || in > 0 {
			return
		}
		f.unmended = append(f.unmended, f.undo(ctx, ending))
	}
}

// nextEnd is the standing fault that is to end next by itself, and how long until
// then; nil where none is. One that is still being done is not to end yet.
func (f *faults) nextEnd() (next *inflicted, in time.Duration) {
	for _, s := range f.standing {
		if s.asked.For == 0 || s.DoneNS == 0 {
			continue
		}
		if left := time.Duration(s.AtNS + s.asked.For.Nanoseconds() - clock.Now()); next == nil || left < in {
			next, in = s, left
		}
	}
	return next, in
}

// keep puts on record what was done, and what the load saw of each until the next, or
// until the load's end: what is undone then, or done, it does not see. What only undid a fault
// is that one's end; what did nothing ends no other's stretch.
func (f *faults) keep() {
	nodes, loadEnd := byID(f.system.Members()), f.witness.lastSent()
	until := loadEnd
	var kept []results.Fault
	for _, one := range slices.Backward(f.done) {
		if one.undid || undoing(one.action) {
			continue
		}
		if !one.unbegun {
			seen := max(one.AtNS, min(until, loadEnd))
			one.Probes = f.witness.probes(nodes, instants{one.AtNS, takesEffect(one)}, seen)
			one.SilentNS = longestSilence(f.witness.answers(), one.AtNS, seen)
			until = one.AtNS
			if one.PrepareNS > 0 {
				until = one.PrepareNS
			}
		}
		kept = append(kept, one.Fault)
	}
	slices.Reverse(kept)
	f.record.Faults = append(f.record.Faults, kept...)
	f.record.Writes = writesOf(f.witness.all())
}
