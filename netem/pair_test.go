package netem

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// pair is two ends, a dialling b, with shapes for both directions.
type pair struct {
	a, b     *Endpoint
	addr     string
	listener net.Listener
}

func newPair(t testing.TB, there, back Shape) *pair {
	t.Helper()
	return pairOf(t, NewEndpoint("a", 1), NewEndpoint("b", 2), there, back)
}

func pairOf(t testing.TB, a, b *Endpoint, there, back Shape) *pair {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{a: a, b: b, addr: l.Addr().String()}
	if err := p.a.Shape("b", there); err != nil {
		t.Fatal(err)
	}
	if err := p.b.Shape("a", back); err != nil {
		t.Fatal(err)
	}
	p.listener = p.b.Listen(l)
	t.Cleanup(func() {
		_ = p.listener.Close()
		_ = p.a.Close()
		_ = p.b.Close()
	})
	return p
}

// connect dials and accepts.
func (p *pair) connect(t testing.TB) (from, to net.Conn) {
	t.Helper()
	from, to, err := p.try()
	if err != nil {
		t.Fatal(err)
	}
	return from, to
}

func (p *pair) try() (from, to net.Conn, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	type accepted struct {
		c   net.Conn
		err error
	}
	in := make(chan accepted, 1)
	go func() {
		c, err := p.listener.Accept()
		in <- accepted{c, err}
	}()
	from, err = p.a.Dial(ctx, "b", p.addr)
	if err != nil {
		return nil, nil, err
	}
	got := <-in
	return from, got.c, got.err
}

// inFakeTime runs f in a bubble, where an hour takes no time. Ends are joined
// by tunnel there, over links without a delay: timers of the kernel know real
// time only.
func inFakeTime(t *testing.T, f func(*testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		// A bubble begins in the year 2000, long before the anchor of Now.
		time.Sleep(100 * 365 * 24 * time.Hour)
		f(t)
	})
}

// tunnelled is a connection between two ends in fake time.
func tunnelled(t *testing.T) (a, b *Endpoint, from, to *conn) {
	t.Helper()
	a, b = NewEndpoint("a", 1), NewEndpoint("b", 1)
	t.Cleanup(func() { _, _ = a.Close(), b.Close() })
	from, to, err := tunnel(t.Context(), a, b, clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return a, b, from, to
}
