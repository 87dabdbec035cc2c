package netem

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
