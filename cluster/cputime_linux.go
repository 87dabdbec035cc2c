package cluster

import (
	"time"

	gopsutil "github.com/shirou/gopsutil/v4/process"
	"golang.org/x/sys/unix"
)

// cpuTime reads the process's CPU clock, in nanoseconds where /proc has ticks
// of ten milliseconds. The clock's number is made as clock_getcpuclockid(3)
// does: the complement of the pid, shifted, and CPUCLOCK_SCHED.
func cpuTime(pid int, _ *gopsutil.Process) (time.Duration, error) {
	const sched = 2
	var t unix.Timespec
	err := unix.ClockGettime(int32(^pid<<3|sched), &t)
	return time.Duration(t.Nano()), err
}
