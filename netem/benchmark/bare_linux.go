package main

import (
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/raftbench/raftbench/clock"
)

// bare times an absolute clock_nanosleep with a timer slack of 1 ns, aimed
// early and ended by a spin of 20 µs: the best that a thread alone can do.
func bare(delay time.Duration, n int, s *spread) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	for range n {
		due := clock.Now() + int64(delay)
		nanosleep(due - int64(clock.SpinLimit))
		for clock.Now() < due {
		}
		s.add(clock.Now() - due)
	}
}

// nanosleep waits on the absolute clock, and again when a signal comes.
func nanosleep(until int64) {
	at := unix.NsecToTimespec(max(until, 1))
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &at, nil) == unix.EINTR {
	}
}

// metronome ticks at a steady rate, in Go's own poller: a thread that blocks
// instead would keep the runtime's monitor awake, which costs more than what is
// measured.
func metronome(every time.Duration) (*os.File, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	step := unix.NsecToTimespec(int64(every))
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: step, Value: step}, nil); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "timerfd"), nil
}

// cpuTime is what this process has used.
func cpuTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
