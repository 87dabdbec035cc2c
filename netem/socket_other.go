//go:build !linux && !darwin

package netem

import "net"

// attempt takes nothing: all goes the way of what the kernel has no room for.
func attempt(net.Conn) func(head, p []byte) (int, error) {
	return func([]byte, []byte) (int, error) { return 0, nil }
}
