// Package clock waits to the microsecond on the clock that all processes of a
// host share. Instants are int64 nanoseconds of that clock, so that one process
// can stamp what another one waits for.
//
// Go's timers wait in whole milliseconds on Linux (runtime/netpoll_epoll.go).
// Here a wait is a timerfd in Go's own poller: it holds neither a thread nor a
// P, and no second goroutine stands between the timer and the one that waits.
// The timer is set to fire early, by what a wake-up usually takes on this host,
// which is learnt from the last ones; what is left of the wait is spun: some
// 10 µs, less where more would exceed a share of a core. A long wait is made in
// stages that get shorter, because a processor that slept deeply wakes late.
// Elsewhere Go's timers are used in the same way, which wait in nanoseconds on
// macOS.
//
// SleepUntil is for most callers. Who must be woken before the time, or has
// work to do between the wake-up and the instant, uses a Waiter.
package clock

import "time"

// anchor ties Go's monotonic reading, which costs no system call, to the
// system's monotonic clock, which all processes of a host share.
var anchor = readAnchor()

type anchored struct {
	at time.Time
	ns int64
}

// readAnchor keeps the narrowest of several brackets, so that two processes
// disagree by tens of nanoseconds at most.
func readAnchor() anchored {
	var best anchored
	narrowest := int64(1) << 62
	for range 32 {
		before := monotonic()
		at := time.Now()
		after := monotonic()
		if width := after - before; width < narrowest {
			narrowest, best = width, anchored{at: at, ns: before + width/2}
		}
	}
	return best
}

// Now reads the host's monotonic clock (CLOCK_MONOTONIC on Linux), in
// nanoseconds. Every process of a host reads the same clock.
func Now() int64 { return anchor.ns + int64(time.Since(anchor.at)) }

// At is the instant of this clock that t, a reading of time.Now, stands for.
func At(t time.Time) int64 { return anchor.ns + int64(t.Sub(anchor.at)) }
