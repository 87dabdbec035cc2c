package clock

import "golang.org/x/sys/unix"

// clockUptimeRaw is mach_absolute_time, the clock that Go's own monotonic
// readings come from (CLOCK_UPTIME_RAW, clock_gettime(3)).
const clockUptimeRaw = 8

func monotonic() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(clockUptimeRaw, &ts); err != nil {
		return 0
	}
	return ts.Nano()
}
