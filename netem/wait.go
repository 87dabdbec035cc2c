package netem

import (
	"sync"
	"sync/atomic"
	"time"
)

// SpinLimit bounds the busy wait that is planned behind each sleep: longer ones
// would steal a core from the system under test. Only a wake-up that is quicker
// than nine in ten leaves more of it. A wait that is shorter than the host's
// quicker wake-ups, some 30 µs, is no sleep at all and is spun whole.
const SpinLimit = 20 * time.Microsecond

// spinUntil burns what is left of a wait, a few tens of microseconds at most,
// and tells how long that was.
func spinUntil(due int64) int64 {
	begin := Now()
	now := begin
	for now < due {
		now = Now()
	}
	return now - begin
}

// until sets the instant and waits for it.
func (w *waiter) until(due int64) error {
	w.due.Store(due)
	return w.wait()
}

// wait returns at the instant due, or earlier with os.ErrDeadlineExceeded or
// os.ErrClosed.
func (w *waiter) wait() error {
	err := w.doze()
	if err == nil {
		w.spin(w.due.Load())
	}
	return err
}

// spin ends a wait at the instant due, which is near. What ends a sleep is paid
// for out of what is planned.
func (w *waiter) spin(due int64) {
	spun := spinUntil(due)
	w.spent.Add(spun)
	if w.slept {
		w.wakes.spun(spun, Now())
	}
}

// SleepUntil returns at the instant due of Now's clock: microseconds late on
// an idle host, never early. It holds neither a thread nor a P while it waits.
func SleepUntil(due int64) {
	if Now() >= due {
		return
	}
	w, err := idleWaiter()
	if err != nil {
		// No descriptor left: Go's timers are late by up to a millisecond, and
		// the recorded error will say so.
		time.Sleep(time.Duration(due - Now()))
		return
	}
	defer waiters.Put(w)
	_ = w.until(due)
}

// waiters lends out timers to SleepUntil.
var waiters sync.Pool

// slept is the CPU time of SleepUntil's waits, in ns.
var slept atomic.Int64

// SleepCPU is the CPU time that this process's SleepUntil calls took for
// arming timers and for the final spins.
func SleepCPU() time.Duration { return time.Duration(slept.Load()) }

func idleWaiter() (*waiter, error) {
	if w, ok := waiters.Get().(*waiter); ok {
		return w, nil
	}
	return newWaiter(sleepWakes, &slept)
}
