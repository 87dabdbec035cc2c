package netem

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// How a long wait is cut: a processor that sleeps deeply comes back late, 50 to
// 150 µs mostly and far more in one case of fifty, so that the wait's last
// stretches are short ones.
const (
	// lastNap is the final sleep. Hypervisors and idle governors keep a
	// processor ready through sleeps of about this length (KVM's halt_poll_ns
	// is 200 µs).
	lastNap = 200 * time.Microsecond
	// longWait is what makes a second nap worth its wake-up.
	longWait = 600 * time.Microsecond
	// firstNap is what is left of the wait when the deepest sleep ends, and
	// deepWait what makes it worth a wake-up.
	firstNap = time.Millisecond
	deepWait = 2 * time.Millisecond
)

// nap is the instant to wake at on the way from begin to aim, which is shortly
// before due.
func nap(begin, aim, due int64) int64 {
	switch left := aim - begin; {
	case left > int64(deepWait):
		return due - int64(firstNap)
	case left > int64(longWait):
		return due - int64(lastNap)
	}
	return aim
}

// waiter is one timerfd in Go's netpoller. The goroutine that waits is woken
// by the poller's own thread and runs there at once: no hand-over stands
// between the timer and the reader. A blocking clock_nanosleep would hold a P
// until sysmon takes it back, up to 10 ms on a quiet process.
type waiter struct {
	file *os.File
	conn syscall.RawConn
	due  atomic.Int64
	// aim is what the timer is set to; arming guards that the two agree.
	aim    atomic.Int64
	arming sync.Mutex
	// fired is the readiness test, kept so that a wait allocates nothing.
	fired func(uintptr) bool
	wakes *wakeUps
	// slept tells of the last wait that it was not spun whole.
	slept bool
	// spent counts the time that a core was kept for arming and spinning.
	spent *atomic.Int64
}

func newWaiter(wakes *wakeUps, spent *atomic.Int64) (*waiter, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("timerfd_create: %w", err)
	}
	w := &waiter{wakes: wakes, spent: spent, file: os.NewFile(uintptr(fd), "timerfd")}
	if w.conn, err = w.file.SyscallConn(); err != nil {
		return nil, fmt.Errorf("timerfd in the poller: %w", err)
	}
	w.fired = func(uintptr) bool { return Now() >= w.aim.Load() }
	return w, nil
}

// doze returns shortly before the instant due, when a spin is all that is left
// of the wait, or earlier with os.ErrDeadlineExceeded or os.ErrClosed.
func (w *waiter) doze() error {
	w.slept = false
	for {
		due, begin := w.due.Load(), Now()
		last := due - w.wakes.lead(begin)
		if begin >= last {
			return nil
		}
		aim := nap(begin, last, due)
		if err := w.arm(aim); err != nil {
			return err
		}
		if w.due.Load() != due {
			continue // hastened meanwhile: what was armed here may be too late
		}
		w.spent.Add(Now() - begin)
		if err := w.conn.Read(w.fired); err != nil {
			return err
		}
		w.slept = true
		if aim != last {
			continue
		}
		if w.aim.Load() == aim { // else it was hastened, and says nothing
			w.wakes.note(Now() - aim)
		}
		return nil
	}
}

func (w *waiter) arm(aim int64) error {
	w.arming.Lock()
	defer w.arming.Unlock()
	w.aim.Store(aim)
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(max(aim, 1))}
	var armErr error
	err := w.conn.Control(func(fd uintptr) {
		armErr = unix.TimerfdSettime(int(fd), unix.TFD_TIMER_ABSTIME, &at, nil)
	})
	if err != nil {
		return err
	}
	return armErr
}

// hasten brings a running wait forward; a later instant is ignored.
func (w *waiter) hasten(due int64) {
	if due >= w.due.Load() {
		return
	}
	w.due.Store(due)
	_ = w.arm(due - w.wakes.lead(Now()))
}

// setDeadline makes a running or later wait fail once t has passed; the zero
// time takes the deadline away.
func (w *waiter) setDeadline(t time.Time) { _ = w.file.SetReadDeadline(t) }

func (w *waiter) close() { _ = w.file.Close() }
