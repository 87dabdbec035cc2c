package loadgen

import (
	"context"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// A pacer waits for instants, counted from the window's start, and tells the
// processor time that the waiting took. Several goroutines use it at a time.
// Tests use one that lives in fake time.
type pacer interface {
	// sleepNear returns at about the instant due, or soon after ctx ends.
	sleepNear(ctx context.Context, due time.Duration) (cost time.Duration)
	// sleepUntil returns at due and never before it.
	sleepUntil(due time.Duration) (cost time.Duration)
}

// slice bounds one sleep, so that a cancelled window ends soon.
const slice = 20 * time.Millisecond

// precisePacer keeps to the microsecond.
type precisePacer struct{ origin int64 } // of the clock

func newPacer(origin time.Time) pacer { return precisePacer{clock.At(origin)} }

func (p precisePacer) sleepNear(ctx context.Context, due time.Duration) (cost time.Duration) {
	at := p.origin + int64(due)
	for ctx.Err() == nil {
		now := clock.Now()
		if at-now <= int64(slice) {
			return cost + clock.SleepNear(at)
		}
		cost += clock.SleepNear(now + int64(slice))
	}
	return cost
}

func (p precisePacer) sleepUntil(due time.Duration) time.Duration {
	return clock.SleepUntil(p.origin + int64(due))
}
