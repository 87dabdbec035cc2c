package node

import (
	"time"

	"golang.org/x/sys/unix"
)

// now is CLOCK_MONOTONIC in nanoseconds, one clock for all processes of a host.
func now() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // fails for unknown clocks only
	return ts.Nano()
}

func sleepUntil(at int64) {
	if d := at - now(); d > 0 {
		time.Sleep(time.Duration(d))
	}
}
