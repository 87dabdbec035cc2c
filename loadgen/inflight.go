package loadgen

import (
	"sync/atomic"
	"time"
)

// inFlight integrates the number of outstanding operations over a window. It
// has a clock and a count of its own, and shares nothing with the recorder:
// Little's law, which holds the one against the other, would else hold of any
// numbers whatever.
//
// The area under a step function is the sum of its steps, each times what is
// left of the window when it is made; so the order of the steps does not
// matter, and two additions do for a lock.
type inFlight struct {
	origin      time.Time
	length      time.Duration
	area        atomic.Int64 // nanoseconds times operations, each as if outstanding to the end
	outstanding atomic.Int64
}

func newInFlight(origin time.Time, length time.Duration) *inFlight {
	return &inFlight{origin: origin, length: length}
}

// left of the window now; all of it before it begins.
func (f *inFlight) left() int64 {
	return int64(min(max(f.length-time.Since(f.origin), 0), f.length))
}

// enter counts an operation that is about to be sent.
func (f *inFlight) enter() {
	f.area.Add(f.left())
	f.outstanding.Add(1)
}

// leave counts one that is finished, however it ended.
func (f *inFlight) leave() {
	f.area.Add(-f.left())
	f.outstanding.Add(-1)
}

// until is the area of the window's first part of this length, after which
// nothing was sent or finished: nanoseconds times operations.
func (f *inFlight) until(length time.Duration) int64 {
	return f.area.Load() - f.outstanding.Load()*int64(max(f.length-length, 0))
}
