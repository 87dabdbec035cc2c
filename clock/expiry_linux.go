package clock

import (
	"bytes"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sampledSleep is as long as the last stretch of a long wait (see stage). For so
// long one of Go's processors is held, so that nothing of Go's stands between the
// wake-up and the reading of the clock.
const sampledSleep = lastStage

// expiryLateness sleeps for a moment, and tells how late this thread was made
// runnable; false where the kernel keeps no account.
func expiryLateness() (late int64, ok bool) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	fd, err := unix.Open("/proc/thread-self/schedstat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, false
	}
	defer func() { _ = unix.Close(fd) }()
	// A plain sleep may last 50 µs longer, so that the kernel can wake several
	// threads at once; timerfd never does.
	if unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) != nil {
		return 0, false
	}
	defer func() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) }() // 0: as before
	before, known := runDelay(fd)
	if !known {
		return 0, false
	}
	at := Now() + int64(sampledSleep)
	sleepHolding(at)
	now := Now()
	after, known := runDelay(fd)
	return max(0, now-at-(after-before)), known
}

// sleepHolding sleeps until at and keeps Go's processor meanwhile.
func sleepHolding(at int64) {
	until := unix.NsecToTimespec(max(at, 1))
	for {
		//nolint:gosec // the address is used within the call
		_, _, errno := unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME,
			uintptr(unsafe.Pointer(&until)), 0, 0, 0)
		if errno != unix.EINTR {
			return
		}
	}
}

// runDelay is for how many ns the thread whose account fd is was runnable and had
// no core.
func runDelay(fd int) (ns int64, ok bool) {
	var b [64]byte
	n, err := unix.Pread(fd, b[:], 0)
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(b[:n])
	if len(fields) < 2 {
		return 0, false
	}
	ns, err = strconv.ParseInt(string(fields[1]), 10, 64)
	return ns, err == nil
}
