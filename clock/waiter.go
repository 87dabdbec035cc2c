package clock

import (
	"sync/atomic"
	"time"
)

// A Waiter makes a goroutine wait for an instant that others may bring forward,
// unless a deadline comes first. It is in one of four states:
//
//	idle    nobody waits, and BringForward has no effect.
//	asleep  within Sleep: the timer is armed and the goroutine is parked.
//	near    Sleep has returned nil, shortly before the instant: the goroutine
//	        does what it has to do by then, and ends the wait with Spin.
//	closed  every Sleep fails, for ever.
//
// Begin, Sleep, Woken, Spin and Wait belong to the one goroutine that waits. The others
// may be called by anybody at any time, with one rule: Begin and all calls of
// BringForward must be serialised by their callers, by a lock that is not held
// over Sleep. Else an instant that was brought forward could be overwritten.
//
// Invariant: while a goroutine is asleep, the timer is armed for an instant that
// is not later than due less the tuner's lead. Only between the lines of Begin
// and BringForward may due be ahead of the timer; Sleep looks at due again once
// it has armed.
//
// A deadline outlives the wait, as that of a net.Conn does: once it has passed,
// no sleep is begun, until another deadline is set. A wait that is too short to
// sleep does not look at it.
type Waiter struct {
	timer timer
	due   atomic.Int64
	tuner *Tuner
	// slept tells of the last Sleep that it did, so that the spin behind it is a
	// planned one and goes on the tuner's budget. A wait that was too short to
	// sleep is spun whole, and does not.
	slept bool
	// expired and ran are of the last Sleep's last wake-up: the instant of its
	// timer, and when the goroutine ran; 0 where it did not sleep.
	expired, ran int64
	// cpu gets the time for which a core was kept busy, in ns.
	cpu *atomic.Int64
}

// NewWaiter makes a Waiter that adds the CPU time of its waits to cpu, in ns.
// It fails where the process has no file descriptor left.
func NewWaiter(t *Tuner, cpu *atomic.Int64) (*Waiter, error) {
	w := &Waiter{tuner: t, cpu: cpu}
	if err := w.timer.init(); err != nil {
		return nil, err
	}
	return w, nil
}

// Begin sets the instant that the next Sleep is for.
func (w *Waiter) Begin(due int64) { w.due.Store(due) }

// Sleep returns shortly before the instant, when a spin is all that is left of
// the wait; or earlier with os.ErrDeadlineExceeded or os.ErrClosed.
func (w *Waiter) Sleep() error {
	w.slept, w.expired, w.ran = false, 0, 0
	for {
		due, now := w.due.Load(), Now()
		last := due - w.tuner.lead(now)
		if now >= last {
			return nil
		}
		at := stage(now, last, due)
		if err := w.timer.arm(at); err != nil {
			return err
		}
		if w.due.Load() != due {
			continue // brought forward meanwhile: what was armed may be too late
		}
		w.cpu.Add(Now() - now)
		if err := w.timer.sleep(); err != nil {
			return err
		}
		w.slept, w.expired, w.ran = true, w.timer.armed(), Now()
		if at != last {
			continue
		}
		if w.expired == at { // else it was brought forward, and tells nothing
			w.tuner.latency.observe(w.ran - at)
		}
		return nil
	}
}

// Woken tells of the last wake-up of a Sleep that returned nil: the instant that
// its timer was set to, and when the goroutine ran. Both are 0 where the wait was
// too short to sleep.
func (w *Waiter) Woken() (expired, ran int64) { return w.expired, w.ran }

// Spin ends a wait at the instant due, which is near.
func (w *Waiter) Spin(due int64) {
	begin := Now()
	now := begin
	for now < due {
		now = Now()
	}
	w.cpu.Add(now - begin)
	if w.slept {
		w.tuner.budget.spend(now-begin, now)
	}
}

// Wait is Sleep and, if that did not fail, Spin until the instant of Begin or
// the one that it was brought forward to.
func (w *Waiter) Wait() error {
	err := w.Sleep()
	if err == nil {
		w.Spin(w.due.Load())
	}
	return err
}

// BringForward makes a running wait end at due; a later instant than the wait's
// own is ignored.
func (w *Waiter) BringForward(due int64) {
	if due >= w.due.Load() {
		return
	}
	w.due.Store(due)
	_ = w.timer.arm(due - w.tuner.lead(Now()))
}

// SetDeadline makes a running or later Sleep fail once t has passed; the zero
// time takes the deadline away.
func (w *Waiter) SetDeadline(t time.Time) { w.timer.setDeadline(t) }

// Close ends a running Sleep and gives the timer back.
func (w *Waiter) Close() { w.timer.close() }

// A long wait is made in stages: a processor that sleeps deeply comes back
// late, 50 to 150 µs mostly and far more in one case of fifty, so that the
// stretches before the instant are short ones.
const (
	// lastStage is how long before the instant the last but one wake-up is.
	// Hypervisors and idle governors keep a processor ready through sleeps of
	// about this length (KVM's halt_poll_ns is 200 µs). A wait is long enough
	// to be worth that wake-up above twoStages.
	lastStage = 200 * time.Microsecond
	twoStages = 600 * time.Microsecond
	// middleStage is the same of the wake-up before that one.
	middleStage = time.Millisecond
	threeStages = 2 * time.Millisecond
)

// stage is the instant at which to wake next on the way from now to last, which
// is shortly before due.
func stage(now, last, due int64) int64 {
	switch left := last - now; {
	case left > int64(threeStages):
		return due - int64(middleStage)
	case left > int64(twoStages):
		return due - int64(lastStage)
	}
	return last
}
