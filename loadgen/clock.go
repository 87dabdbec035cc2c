package loadgen

import (
	"context"
	"time"
)

// A pacer waits for instants in two steps, between which the caller does what
// can be done beforehand. Tests use one that lives in fake time.
type pacer interface {
	// approach returns when due, counted from the window's start, is near; at
	// once when ctx ends or due is past. One goroutine at a time.
	approach(ctx context.Context, due time.Duration) (cost time.Duration)
	// meet returns at due and never before it. For several goroutines at a
	// time.
	meet(due time.Duration) (cost time.Duration)
	// Both tell the processor time that the waiting took.
}

const (
	// spin is how early approach returns, which is how long a core may be
	// burnt to meet an instant: enough to hide a thread's wake-up, too short to
	// starve the servers under test.
	spin = 20 * time.Microsecond
	// slice bounds one sleep, so that a cancelled window ends soon.
	slice = 20 * time.Millisecond
)
