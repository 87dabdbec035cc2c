//go:build !linux

package netem

import "net"

// lowWater: only Linux is known to look again when the mark is lowered.
func lowWater(net.Conn) func(bytes int) { return nil }
