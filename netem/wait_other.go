//go:build !linux

package netem

import (
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// waiter uses Go's timers, which wait in nanoseconds on kqueue systems. It is
// aimed early and ends in a bounded spin, as on Linux.
type waiter struct {
	mu       sync.Mutex
	changed  chan struct{}
	deadline time.Time
	closed   bool
	due      atomic.Int64
	wakes    *wakeUps
	// slept tells of the last wait that it was not spun whole.
	slept bool
	// spent counts the time that a core was kept for spinning.
	spent *atomic.Int64
}

func newWaiter(wakes *wakeUps, spent *atomic.Int64) (*waiter, error) {
	return &waiter{wakes: wakes, spent: spent, changed: make(chan struct{})}, nil
}

// doze returns shortly before the instant due, when a spin is all that is left
// of the wait, or earlier with os.ErrDeadlineExceeded or os.ErrClosed.
func (w *waiter) doze() error {
	w.slept = false
	for {
		changed, deadline, err := w.state()
		if err != nil {
			return err
		}
		now := Now()
		left := time.Duration(w.due.Load() - w.wakes.lead(now) - now)
		if left <= 0 {
			return nil
		}
		w.pause(left, changed, deadline)
		w.slept = true
	}
}

func (w *waiter) state() (<-chan struct{}, time.Time, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return nil, time.Time{}, os.ErrClosed
	case !w.deadline.IsZero() && !time.Now().Before(w.deadline):
		return nil, time.Time{}, os.ErrDeadlineExceeded
	}
	return w.changed, w.deadline, nil
}

func (w *waiter) pause(left time.Duration, changed <-chan struct{}, deadline time.Time) {
	aim := Now() + int64(left)
	if !deadline.IsZero() {
		left = min(left, time.Until(deadline))
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case <-t.C:
		if late := Now() - aim; late >= 0 {
			w.wakes.note(late)
		}
	case <-changed:
	}
}

// hasten brings a running wait forward; a later instant is ignored.
func (w *waiter) hasten(due int64) {
	if due >= w.due.Load() {
		return
	}
	w.due.Store(due)
	w.change(func() {})
}

// setDeadline makes a running or later wait fail once t has passed; the zero
// time takes the deadline away.
func (w *waiter) setDeadline(t time.Time) { w.change(func() { w.deadline = t }) }

func (w *waiter) close() { w.change(func() { w.closed = true }) }

func (w *waiter) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	close(w.changed)
	w.changed = make(chan struct{})
}
