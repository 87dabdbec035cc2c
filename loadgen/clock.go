package loadgen

import (
	"context"
	"time"
)

// A pacer waits for instants, counted from the window's start. Tests use one
// that lives in fake time.
type pacer interface {
	// nap returns at about the instant until, or soon after ctx ends.
	nap(ctx context.Context, until time.Duration) (cost time.Duration)
	// meet returns at due and never before it. It burns a core for the last
	// instant, and is for several goroutines at a time.
	meet(due time.Duration) (cost time.Duration)
	// Both tell the processor time that the waiting took.
}

const (
	// spin is how long a core may be burnt to meet an instant: enough to hide
	// that a thread's wake-up takes now longer, now shorter; too short to
	// starve the servers under test.
	spin = 20 * time.Microsecond
	// slice bounds one sleep, so that a cancelled window ends soon.
	slice = 20 * time.Millisecond
)
