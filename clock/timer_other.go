//go:build !linux

package clock

import (
	"os"
	"sync"
	"time"
)

// timer uses Go's timers, which wait in nanoseconds on kqueue systems.
type timer struct {
	mu sync.Mutex
	// changed is closed, and replaced, when one of the three below changes.
	changed  chan struct{}
	at       int64
	deadline time.Time
	closed   bool
}

func (t *timer) init() error {
	t.changed = make(chan struct{})
	return nil
}

// arm sets the instant, also for a sleep that is under way.
func (t *timer) arm(at int64) error {
	t.change(func() { t.at = at })
	return nil
}

func (t *timer) armed() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.at
}

// sleep until the armed instant, or fail at the deadline or when it is closed.
func (t *timer) sleep() error {
	for {
		left, changed, err := t.left()
		if err != nil || left <= 0 {
			return err
		}
		alarm := time.NewTimer(left)
		select {
		case <-alarm.C:
		case <-changed:
		}
		alarm.Stop()
	}
}

// left is the time until the instant or the deadline, whichever is sooner.
func (t *timer) left() (time.Duration, <-chan struct{}, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := time.Duration(t.at - Now())
	if t.closed {
		return 0, nil, os.ErrClosed
	}
	if !t.deadline.IsZero() {
		until := time.Until(t.deadline)
		if until <= 0 {
			return 0, nil, os.ErrDeadlineExceeded
		}
		left = min(left, until)
	}
	return left, t.changed, nil
}

func (t *timer) setDeadline(at time.Time) { t.change(func() { t.deadline = at }) }

func (t *timer) close() { t.change(func() { t.closed = true }) }

func (t *timer) change(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
	close(t.changed)
	t.changed = make(chan struct{})
}
