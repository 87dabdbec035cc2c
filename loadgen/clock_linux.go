package loadgen

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// kernelPacer sleeps by the kernel's absolute clock: Go's timers wait in whole
// milliseconds on Linux (runtime/netpoll_epoll.go).
type kernelPacer struct {
	origin time.Time
	base   int64 // CLOCK_MONOTONIC at origin, in nanoseconds
	// late is by how many nanoseconds the kernel's wake-ups overshoot at least.
	late atomic.Int64
}

func newPacer(origin time.Time) pacer {
	p := &kernelPacer{origin: origin}
	p.base = readClock(unix.CLOCK_MONOTONIC) - int64(time.Since(origin))
	p.late.Store(int64(spin))
	return p
}

func (p *kernelPacer) nap(ctx context.Context, until time.Duration) (cost time.Duration) {
	for now := time.Since(p.origin); now < until && ctx.Err() == nil; now = time.Since(p.origin) {
		cost += p.sleep(min(until, now+slice))
	}
	return cost
}

func (p *kernelPacer) meet(due time.Duration) (cost time.Duration) {
	wake := due - spin - time.Duration(p.late.Load())
	if time.Since(p.origin) < wake {
		cost = p.sleep(wake)
		p.learn(time.Since(p.origin) - wake)
	}
	start := time.Since(p.origin)
	now := start
	for now < due {
		now = time.Since(p.origin)
	}
	return cost + now - start
}

// learn from an overshoot: downwards at once, upwards slowly, since an early
// wake-up is mended by spinning and a late one by nothing.
func (p *kernelPacer) learn(over time.Duration) {
	late := p.late.Load()
	if o := int64(over); o < late {
		p.late.Store(o)
	} else {
		p.late.Store(late + (o-late)/64)
	}
}

// sleep until the instant at, on a thread that stays the same while its timer
// slack and its clock are in use.
func (p *kernelPacer) sleep(at time.Duration) (cost time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := readClock(unix.CLOCK_THREAD_CPUTIME_ID)
	t := unix.NsecToTimespec(p.base + int64(at))
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &t, nil) == unix.EINTR {
	}
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) // the thread's default again
	return time.Duration(readClock(unix.CLOCK_THREAD_CPUTIME_ID) - before)
}

func readClock(id int32) int64 {
	var t unix.Timespec
	if unix.ClockGettime(id, &t) != nil {
		return 0
	}
	return t.Nano()
}
