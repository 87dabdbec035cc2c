package netem

import (
	"net"
	"testing"
	"time"

	"golang.org/x/net/nettest"
)

func TestConnBehavesAsNetConn(t *testing.T) {
	for _, c := range []struct {
		name        string
		there, back Shape
	}{
		{"unshaped", Shape{}, Shape{}},
		{"delayed", Shape{Delay: 2 * time.Millisecond}, Shape{Delay: time.Millisecond}},
		{"jitter and a small queue", Shape{Delay: time.Millisecond, Jitter: time.Millisecond, Limit: 32 << 10}, Shape{Delay: 300 * time.Microsecond, Rate: 1e9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				p := newPair(t, c.there, c.back)
				c1, c2, err = p.try()
				stop = func() {
					_ = p.listener.Close()
					_ = p.a.Close()
					_ = p.b.Close()
				}
				return c1, c2, stop, err
			})
		})
	}
}
