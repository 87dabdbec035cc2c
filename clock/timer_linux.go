package clock

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// timer is one timerfd in Go's netpoller. The goroutine that sleeps is woken by
// the poller's own thread and runs there at once: no hand-over stands between
// the two. A blocking clock_nanosleep would hold a P until sysmon takes it back,
// up to 10 ms on a quiet process.
type timer struct {
	file *os.File
	conn syscall.RawConn
	// at is the instant that the timerfd is set to; mu guards that they agree.
	mu sync.Mutex
	at atomic.Int64
	// fired is the readiness test, kept so that a wait allocates nothing.
	fired func(uintptr) bool
}

func (t *timer) init() error {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("timerfd_create: %w", err)
	}
	t.file = os.NewFile(uintptr(fd), "timerfd")
	if t.conn, err = t.file.SyscallConn(); err != nil {
		return fmt.Errorf("timerfd in the poller: %w", err)
	}
	t.fired = func(uintptr) bool { return Now() >= t.at.Load() }
	return nil
}

// arm sets the instant, also for a sleep that is under way.
func (t *timer) arm(at int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at.Store(at)
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(max(at, 1))}
	var armErr error
	err := t.conn.Control(func(fd uintptr) {
		armErr = unix.TimerfdSettime(int(fd), unix.TFD_TIMER_ABSTIME, &spec, nil)
	})
	if err != nil {
		return os.ErrClosed // the only way for Control to fail
	}
	return armErr
}

func (t *timer) armed() int64 { return t.at.Load() }

// sleep until the armed instant, or fail at the deadline or when it is closed.
func (t *timer) sleep() error {
	err := t.conn.Read(t.fired)
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return os.ErrClosed // the poller's own word for it is internal to Go
}

func (t *timer) setDeadline(at time.Time) { _ = t.file.SetReadDeadline(at) }

func (t *timer) close() { _ = t.file.Close() }
