package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// faults does an experiment's faults to a system while the light window runs,
// and notes when each really happened and to whom. The load goes to every living
// member in turn, as in a proof: one that is pinned to a killed leader would see
// nothing but the pin.
type faults struct {
	system System
	events *timeline
	router *router
	asked  []configs.TimedFault
	// victims remembers whom "leader" and "follower" meant when they were
	// hit, so that a later restart or heal finds them again.
	victims map[string]Member
}

func newFaults(ctx context.Context, s System, events *timeline, asked []configs.TimedFault) (*faults, error) {
	f := &faults{system: s, events: events, router: &router{}, asked: asked, victims: map[string]Member{}}
	return f, f.router.joinAll(ctx, s)
}

// during does the faults at their instants, from now on; wait returns when the
// last is done and all that still stands is undone, with what could not be.
func (f *faults) during(ctx context.Context) (wait func() error) {
	began, done := time.Now(), make(chan error, 1)
	go func() {
		var errs []error
		for _, asked := range f.asked {
			select {
			case <-ctx.Done():
				done <- ctx.Err()
				return
			case <-time.After(time.Until(began.Add(asked.At))):
			}
			if err := f.do(ctx, asked); err != nil {
				errs = append(errs, fmt.Errorf("fault %s %s: %w", asked.Action, asked.Target, err))
			}
		}
		done <- errors.Join(errs...)
	}()
	return func() error { return errors.Join(<-done, f.undo(ctx)) }
}

// do does one fault now, and notes it.
func (f *faults) do(ctx context.Context, asked configs.TimedFault) error {
	event := results.Event{AtNS: clock.Now(), Kind: results.EventFault, Action: asked.Action, Target: asked.Target}
	if from, to, isLink := strings.Cut(asked.Target, "->"); isLink {
		event.Node, event.Peer = from, to
		f.events.add(event)
		return f.link(ctx, asked.Action, from, to)
	}
	m := f.victim(asked)
	if m == nil {
		return errors.New("no such member lives now")
	}
	event.Node = m.ID()
	f.events.add(event)
	switch asked.Action {
	case "kill":
		return f.kill(ctx, m)
	case "pause":
		return m.Pause(ctx)
	case "resume":
		return m.Resume(ctx)
	case "restart":
		return f.restart(ctx, m)
	case "power-loss":
		return errors.Join(f.kill(ctx, m), f.restart(ctx, m))
	case "partition", "isolate":
		return f.isolate(ctx, m, control.FaultCut)
	case "heal":
		return f.isolate(ctx, m, control.FaultHeal)
	}
	return fmt.Errorf("unknown action %q", asked.Action)
}

// victim resolves a target now; what undoes a fault finds whom it hit.
func (f *faults) victim(asked configs.TimedFault) Member {
	if m := member(f.system, asked.Target); m != nil {
		return m
	}
	switch asked.Action {
	case "resume", "restart", "heal":
		return f.victims[asked.Target]
	}
	leader := f.events.leaderAt(clock.Now())
	for _, m := range living(f.system) {
		if (m.ID() == leader) == (asked.Target == targetLeader) {
			f.victims[asked.Target] = m
			return m
		}
	}
	return nil
}

func (f *faults) kill(ctx context.Context, m Member) error {
	_, err := m.Kill(ctx)
	f.router.remove(m.ID())
	return err
}

func (f *faults) restart(ctx context.Context, m Member) error {
	if err := restart(ctx, m, f.events); err != nil {
		return err
	}
	return f.router.join(ctx, f.system, m.ID())
}

// link cuts or heals one directed link.
func (f *faults) link(ctx context.Context, action, from, to string) error {
	fault := control.Fault{Action: control.FaultCut, To: []string{to}}
	if action == "heal" {
		fault.Action = control.FaultHeal
	}
	return member(f.system, from).Links(ctx, fault)
}

// isolate cuts or heals every link to and from a member, between members,
// the dead included: a partition is the network's, and they may come back.
func (f *faults) isolate(ctx context.Context, m Member, action control.FaultAction) error {
	var errs []error
	for _, other := range f.system.Members() {
		if other.ID() == m.ID() {
			continue
		}
		errs = append(errs,
			other.Links(ctx, control.Fault{Action: action, To: []string{m.ID()}}),
			m.Links(ctx, control.Fault{Action: action, To: []string{other.ID()}}))
	}
	return errors.Join(errs...)
}

// undo ends what still stands, so that every node can be audited.
func (f *faults) undo(ctx context.Context) error {
	var errs []error
	for _, m := range f.system.Members() {
		if !m.Alive() {
			errs = append(errs, restart(ctx, m, f.events))
			continue
		}
		errs = append(errs, m.Resume(ctx))
	}
	return errors.Join(append(errs, healAll(ctx, f.system))...)
}

// healAll ends every partition between members.
func healAll(ctx context.Context, s System) error {
	var errs []error
	heal := control.Fault{Action: control.FaultHeal, Immediate: true}
	for _, m := range s.Members() {
		errs = append(errs, m.Links(ctx, heal))
	}
	return errors.Join(errs...)
}

// restart starts a member again, and notes what it found on its disk.
func restart(ctx context.Context, m Member, events *timeline) error {
	if err := m.Restart(ctx); err != nil {
		return err
	}
	e := results.Event{AtNS: clock.Now(), Kind: results.EventRestart, Node: m.ID()}
	if found, ok := m.OnDisk(); ok {
		e.Index, e.Term = found.Last(), found.Term
	}
	events.add(e)
	return nil
}
