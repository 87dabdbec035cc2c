package main

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/raftbench/raftbench/netem"
)

// bare times an absolute clock_nanosleep with a timer slack of 1 ns, aimed
// early and ended by a spin of 20 µs: the best that a thread alone can do.
func bare(delay time.Duration, n int, s *spread) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	for range n {
		due := netem.Now() + int64(delay)
		nanosleep(due - int64(netem.SpinLimit))
		for netem.Now() < due {
		}
		s.add(netem.Now() - due)
	}
}

// nanosleep waits on the absolute clock, and again when a signal comes.
func nanosleep(until int64) {
	at := unix.NsecToTimespec(max(until, 1))
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &at, nil) == unix.EINTR {
	}
}

// cpuTime is what this process has used.
func cpuTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
