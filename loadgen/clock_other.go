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

func (p timerPacer) until(ctx context.Context, due time.Duration) bool {
	for {
		left := due - time.Since(p.origin)
		if left <= 0 {
			return ctx.Err() == nil
		}
		if left > spin {
			time.Sleep(min(left-spin, slice))
		}
		if ctx.Err() != nil {
			return false
		}
	}
}

func (timerPacer) cpu() time.Duration { return 0 }
func (timerPacer) stop()              {}
