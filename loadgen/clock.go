package loadgen

import (
	"context"
	"time"
)

// A pacer waits for instants. The real one owns an operating system thread;
// tests use one that lives in fake time.
type pacer interface {
	// until returns at the instant due after the window's start and never
	// before it, or false at once when ctx ends.
	until(ctx context.Context, due time.Duration) bool
	// cpu is the processor time that waiting and dispatching took so far.
	cpu() time.Duration
	stop()
}

const (
	// spin is how long the pacer may burn a core to meet an instant: enough to
	// hide a thread's wake-up, too short to starve the servers under test.
	spin = 20 * time.Microsecond
	// slice bounds one sleep, so that a cancelled window ends soon.
	slice = 20 * time.Millisecond
)
