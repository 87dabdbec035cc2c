package loadgen

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// threadPacer sleeps on a thread of its own, by the kernel's absolute clock:
// Go's timers wait in whole milliseconds on Linux (runtime/netpoll_epoll.go).
type threadPacer struct {
	origin time.Time
	base   int64 // CLOCK_MONOTONIC at origin, in nanoseconds
	slack  int   // the thread's own timer slack, put back at the end
	// late is how far the kernel's wake-ups overshoot at least, tracked from
	// what was seen.
	late time.Duration
	used time.Duration
}

func newPacer(origin time.Time) pacer {
	runtime.LockOSThread()
	p := &threadPacer{origin: origin, late: spin}
	p.slack, _ = unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	p.base = readClock(unix.CLOCK_MONOTONIC) - int64(time.Since(origin))
	p.used = time.Duration(readClock(unix.CLOCK_THREAD_CPUTIME_ID))
	return p
}

func (p *threadPacer) until(ctx context.Context, due time.Duration) bool {
	for {
		now := time.Since(p.origin)
		switch left := due - now; {
		case left <= 0:
			return ctx.Err() == nil
		case left <= spin:
			// Nothing to do but look at the clock again.
		default:
			wake := max(due-spin-p.late, now+1)
			p.sleep(min(wake, now+slice))
			if ctx.Err() != nil {
				return false
			}
		}
	}
}

// sleep until the instant at, and learn from the overshoot: downwards at once,
// upwards slowly, since an early wake-up is mended by spinning and a late one
// by nothing.
func (p *threadPacer) sleep(at time.Duration) {
	t := unix.NsecToTimespec(p.base + int64(at))
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &t, nil) == unix.EINTR {
	}
	over := max(time.Since(p.origin)-at, 0)
	if over < p.late {
		p.late = over
	} else {
		p.late += (over - p.late) / 64
	}
}

func (p *threadPacer) cpu() time.Duration {
	return time.Duration(readClock(unix.CLOCK_THREAD_CPUTIME_ID)) - p.used
}

func (p *threadPacer) stop() {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(p.slack), 0, 0, 0)
	runtime.UnlockOSThread()
}

func readClock(id int32) int64 {
	var t unix.Timespec
	if unix.ClockGettime(id, &t) != nil {
		return 0
	}
	return t.Nano()
}
