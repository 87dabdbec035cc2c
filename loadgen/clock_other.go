//go:build !linux

package loadgen

import (
	"context"
	"time"
)

// timerPacer uses Go's timers, which elsewhere than on Linux do not wait in
// whole milliseconds, and mends the rest by a bounded spin.
type timerPacer struct{ origin time.Time }

func newPacer(origin time.Time) pacer { return timerPacer{origin} }

func (p timerPacer) nap(ctx context.Context, until time.Duration) time.Duration {
	for left := p.left(until); left > 0 && ctx.Err() == nil; left = p.left(until) {
		time.Sleep(min(left, slice))
	}
	return 0
}

func (p timerPacer) meet(due time.Duration) time.Duration {
	if left := p.left(due); left > spin {
		time.Sleep(left - spin)
	}
	start := p.left(due)
	for p.left(due) > 0 {
	}
	return max(start, 0)
}

func (p timerPacer) left(due time.Duration) time.Duration { return due - time.Since(p.origin) }
