//go:build linux || darwin

package netem

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// copyBelow is the payload up to which copying beats a second buffer.
const copyBelow = 16 << 10

// attempt returns what writes as much as the kernel takes without waiting.
// Of a connection that has no descriptor it takes nothing.
func attempt(raw net.Conn) func(head, p []byte) (int, error) {
	none := func([]byte, []byte) (int, error) { return 0, nil }
	c, ok := raw.(syscall.Conn)
	if !ok {
		return none
	}
	descriptor, err := c.SyscallConn()
	if err != nil {
		return none
	}
	w := &writer{}
	write := w.write // once, so that a write allocates nothing
	return func(head, p []byte) (int, error) {
		w.head, w.p = head, p
		if len(p) <= copyBelow {
			w.whole = append(append(w.whole[:0], head...), p...)
		}
		if err := descriptor.Write(write); err != nil {
			return 0, err
		}
		w.head, w.p = nil, nil
		return w.n, w.err
	}
}

// writer is one attempt's arguments and answer.
type writer struct {
	head, p, whole []byte
	n              int
	err            error
}

// write never asks to be called again: it is done, whatever was taken.
func (w *writer) write(fd uintptr) bool {
	for {
		if len(w.p) <= copyBelow {
			w.n, w.err = unix.Write(int(fd), w.whole)
		} else {
			w.n, w.err = unix.Writev(int(fd), [][]byte{w.head, w.p})
		}
		if errors.Is(w.err, unix.EINTR) {
			continue
		}
		if errors.Is(w.err, unix.EAGAIN) {
			w.err = nil
		}
		w.n = max(w.n, 0)
		return true
	}
}
