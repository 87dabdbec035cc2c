package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// pauses stop one member's process again and again while it is watched: for real,
// since no goroutine of a process that does not run can do anything. They come at
// random, as the stalls of a disk do: the time from the end of a pause to the next
// one of its kind is exponential. One that begins while another stands is part of the
// same stop, which ends with the later of both.
//
// A member's schedule follows from its trial's seed and its place.
type pauses struct {
	member Member
	kinds  []quorum.Interruption
	rng    *rand.Rand
	// next is when each kind is to begin.
	next []int64
	// end of the time in which processes may be stopped.
	end int64
}

func newPauses(m Member, kinds []quorum.Interruption, seed int64, place int, begin, end int64) *pauses {
	p := &pauses{member: m, kinds: kinds, end: end}
	p.rng = rand.New(rand.NewPCG(uint64(seed), 0x7061757365+uint64(place))) //nolint:gosec // a recorded seed, no secret
	for k := range kinds {
		p.next = append(p.next, begin+p.gap(k))
	}
	return p
}

// gap between two pauses of a kind.
func (p *pauses) gap(k int) int64 { return int64(p.rng.ExpFloat64() * float64(p.kinds[k].Every)) }

// take the next stop off the schedule; false where it would not end in time.
func (p *pauses) take() (begin, over int64, ok bool) {
	begin = slices.Min(p.next)
	for over = begin; over <= p.end && slices.Min(p.next) <= over; {
		k := slices.Index(p.next, slices.Min(p.next))
		over = max(over, p.next[k]+int64(p.kinds[k].Length))
		p.next[k] += int64(p.kinds[k].Length) + p.gap(k)
	}
	return begin, over, over <= p.end
}

// run stops the process by the schedule until its end, or until no more are to begin,
// and notes each stop; only ctx cuts one short. Whatever happens, the process runs
// when it returns.
func (p *pauses) run(ctx, begin context.Context, events *timeline) error {
	for {
		from, over, ok := p.take()
		if !ok || !sleepUntil(begin, from) {
			return nil
		}
		event, err := pauseOnce(ctx, p.member, time.Duration(over-from))
		if err != nil {
			return fmt.Errorf("pause of %s: %w", p.member.ID(), err)
		}
		events.add(event)
	}
}

// pauseOnce stops a process for a length of time, counted from when all of it
// stands still: it is stopped for at least so long.
func pauseOnce(ctx context.Context, m Member, length time.Duration) (results.Event, error) {
	err := m.Pause(ctx)
	begin := clock.Now()
	if err == nil {
		sleepUntil(ctx, begin+int64(length))
	}
	end := clock.Now()
	err = errors.Join(err, m.Resume(context.WithoutCancel(ctx)))
	return results.Event{Kind: results.EventPaused, Node: m.ID(), AtNS: end, Count: end - begin}, err
}

// timersLate is how much earlier than wanted a wait by Go's timer ends: they go by
// whole milliseconds, and late. The rest is waited to the microsecond.
const timersLate = 3 * time.Millisecond

// sleepUntil an instant, to a fraction of a millisecond and never less; false where ctx was done
// before.
func sleepUntil(ctx context.Context, at int64) bool {
	timer := time.NewTimer(time.Duration(at-clock.Now()) - timersLate)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	}
	clock.SleepUntil(at)
	return true
}

// errNoneToPause: what somebody else runs is not stopped.
var errNoneToPause = errors.New("got pauses to be made, and no process of this run's own: nothing of what is attached to is stopped")

// pauseAll pauses the members of all living sides as their setups say, for as long
// as they are watched. What it returns ends that, and drops the sides in which it
// failed.
func (b *block) pauseAll(ctx context.Context) (stop func()) {
	more, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	failed := map[*side]error{}
	var mu sync.Mutex
	for _, s := range b.living() {
		watch := s.job.Setup.Watch
		if len(watch.Pauses) == 0 {
			continue
		}
		if len(s.system.Members()) == 0 {
			s.err = errNoneToPause
			continue
		}
		begin := clock.Now()
		for place, m := range s.system.Members() {
			p := newPauses(m, watch.Pauses, s.job.Seed, place, begin, begin+int64(watch.Duration))
			all.Go(func() {
				if err := p.run(ctx, more, s.events); err != nil {
					mu.Lock()
					defer mu.Unlock()
					failed[s] = errors.Join(failed[s], err)
				}
			})
		}
	}
	return func() {
		cancel()
		all.Wait()
		for s, err := range failed {
			s.err = errors.Join(s.err, err)
		}
	}
}
