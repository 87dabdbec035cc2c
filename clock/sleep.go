package clock

import (
	"sync"
	"sync/atomic"
	"time"
)

// sleepers is what SleepUntil and SleepNear go by. Latency is counted from their
// instants, so more of them come in time than of a link's frames, and where
// there are thousands a second, spins may take a fifth of a core.
var sleepers = NewTuner(7./8, 5)

// idleSleepers are kept for the next goroutine that sleeps.
var idleSleepers sync.Pool

// sleepCPU is the CPU time that all sleeps took, in ns.
var sleepCPU atomic.Int64

// SleepUntil returns at the instant due of Now's clock: microseconds late on
// an idle host, never early. It tells the CPU time that this took.
func SleepUntil(due int64) (cost time.Duration) { return sleep(due, (*Waiter).Wait) }

// SleepNear returns tens of microseconds before the instant due, where
// SleepUntil would begin to spin, or a little later. It is for who has something
// to do before that instant.
func SleepNear(due int64) (cost time.Duration) { return sleep(due, (*Waiter).Sleep) }

// SleepCPU is the CPU time that this process's sleeps took for arming timers
// and for the final spins.
func SleepCPU() time.Duration { return time.Duration(sleepCPU.Load()) }

func sleep(due int64, wait func(*Waiter) error) (cost time.Duration) {
	if Now() >= due {
		return 0
	}
	s, err := idleSleeper()
	if err != nil {
		// No descriptor left: Go's timers are late by up to a millisecond, and
		// the lateness that callers record will say so.
		time.Sleep(time.Duration(due - Now()))
		return 0
	}
	defer idleSleepers.Put(s)
	before := s.cpu.Load()
	s.Begin(due)
	_ = wait(s.Waiter) // fails only where it has a deadline or is closed
	cost = time.Duration(s.cpu.Load() - before)
	sleepCPU.Add(int64(cost))
	return cost
}

// sleeper is a Waiter with a count of its own.
type sleeper struct {
	*Waiter
	cpu atomic.Int64
}

func idleSleeper() (*sleeper, error) {
	if s, ok := idleSleepers.Get().(*sleeper); ok {
		return s, nil
	}
	s := &sleeper{}
	var err error
	s.Waiter, err = NewWaiter(sleepers, &s.cpu)
	return s, err
}
