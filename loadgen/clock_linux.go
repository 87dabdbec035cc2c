package loadgen

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// kernelPacer sleeps by the kernel's absolute clock: Go's timers wait in whole
// milliseconds on Linux (runtime/netpoll_epoll.go).
type kernelPacer struct {
	origin time.Time
	base   int64 // CLOCK_MONOTONIC at origin, in nanoseconds
	// late is how far the kernel's wake-ups overshoot at least, tracked from
	// what was seen.
	late time.Duration
}

func newPacer(origin time.Time) pacer {
	p := &kernelPacer{origin: origin, late: spin}
	p.base = readClock(unix.CLOCK_MONOTONIC) - int64(time.Since(origin))
	return p
}

func (p *kernelPacer) approach(ctx context.Context, due time.Duration) time.Duration {
	if due-time.Since(p.origin) <= spin {
		return 0
	}
	// The thread stays the same while its slack and its clock are in use.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := readClock(unix.CLOCK_THREAD_CPUTIME_ID)
	for ctx.Err() == nil {
		now := time.Since(p.origin)
		wake := due - spin - p.late
		if wake <= now {
			break
		}
		p.sleep(min(wake, now+slice))
	}
	return time.Duration(readClock(unix.CLOCK_THREAD_CPUTIME_ID) - before)
}

// meet looks at the clock again and again; it is not asked to where approach
// did not come close.
func (p *kernelPacer) meet(due time.Duration) time.Duration {
	start := time.Since(p.origin)
	now := start
	for now < due {
		now = time.Since(p.origin)
	}
	return now - start
}

// sleep until the instant at, and learn from the overshoot: downwards at once,
// upwards slowly, since an early wake-up is mended by spinning and a late one
// by nothing.
func (p *kernelPacer) sleep(at time.Duration) {
	t := unix.NsecToTimespec(p.base + int64(at))
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &t, nil) == unix.EINTR {
	}
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) // the thread's default again
	over := max(time.Since(p.origin)-at, 0)
	if over < p.late {
		p.late = over
	} else {
		p.late += (over - p.late) / 64
	}
}

func readClock(id int32) int64 {
	var t unix.Timespec
	if unix.ClockGettime(id, &t) != nil {
		return 0
	}
	return t.Nano()
}
