package netem

import (
	"sync"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// deadline wakes those who wait on cond when its instant has passed. cond.L
// guards it.
type deadline struct {
	cond    *sync.Cond
	timer   *time.Timer
	set     time.Time
	expired bool
}

// change replaces the deadline; the zero time takes it away. cond.L is held.
func (d *deadline) change(t time.Time) {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.set, d.expired = t, false
	if t.IsZero() {
		return
	}
	left := time.Until(t)
	if left <= 0 {
		d.expired = true
		d.cond.Broadcast()
		return
	}
	var mine *time.Timer
	mine = time.AfterFunc(left, func() {
		d.cond.L.Lock()
		defer d.cond.L.Unlock()
		if d.timer == mine {
			d.expired = true
			d.cond.Broadcast()
		}
	})
	d.timer = mine
}

// stop ends the timer for good. cond.L is held.
func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// waitCoarsely waits on cond until the instant at or until somebody wakes it,
// with Go's timers: for the process that has no descriptor left for a better
// one. cond.L is held.
func waitCoarsely(cond *sync.Cond, at int64) {
	t := time.AfterFunc(time.Duration(at-clock.Now()), func() {
		cond.L.Lock()
		defer cond.L.Unlock()
		cond.Broadcast()
	})
	defer t.Stop()
	cond.Wait()
}
