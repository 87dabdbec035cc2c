package netem

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// lowWater returns what sets a socket's SO_RCVLOWAT, or nil for a connection
// that has none. Linux looks again at what has come whenever it is lowered
// (tcp_set_rcvlowat), and wakes in any case for the stream's end and before its
// buffer is full.
func lowWater(raw net.Conn) func(bytes int) {
	c, ok := raw.(syscall.Conn)
	if !ok {
		return nil
	}
	descriptor, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	return func(bytes int) {
		_ = descriptor.Control(func(fd uintptr) {
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, bytes)
		})
	}
}
