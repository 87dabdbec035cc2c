package netem

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"
)

// echoServer answers with what it gets, and ends when its client does.
func echoServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer discard(c)
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func proxied(t *testing.T, there, back Shape) (a, b *Endpoint, addr string) {
	t.Helper()
	a, b = NewEndpoint("a", 1), NewEndpoint("b", 2)
	if err := a.Shape("b", there); err != nil {
		t.Fatal(err)
	}
	if err := b.Shape("a", back); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{To: "b", Target: echoServer(t), Classify: From("a"), End: func(name string) *Endpoint {
		return map[string]*Endpoint{"a": a, "b": b}[name]
	}}
	served := make(chan error, 1)
	go func() { served <- p.Serve(l) }()
	t.Cleanup(func() {
		_ = l.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
		_ = a.Close()
		_ = b.Close()
	})
	return a, b, l.Addr().String()
}

func TestAProxyCarriesPlainTCPOverTheLinks(t *testing.T) {
	there, back := 8*time.Millisecond, 4*time.Millisecond
	a, b, addr := proxied(t, Shape{Delay: there}, Shape{Delay: back})
	c := rawDial(t, addr)
	begin := Now()
	send(t, c, "hello")
	receive(t, c, "hello")
	atLeast(t, "echo", begin, there+back)
	big := bytes.Repeat([]byte("raft"), 300_000)
	go func() {
		_, _ = c.Write(big)
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, big) {
		t.Errorf("got %d bytes (%v), want %d", len(got), err, len(big))
	}
	if in := b.Arrivals(); len(in) != 1 || in[0].Bytes != int64(len(big)+5) {
		t.Errorf("b saw %+v", in)
	}
	if in := a.Arrivals(); len(in) != 1 || in[0].Bytes != int64(len(big)+5) {
		t.Errorf("a saw %+v", in)
	}
}

func TestAProxyIsCutAndReset(t *testing.T) {
	a, _, addr := proxied(t, Shape{}, Shape{})
	c := rawDial(t, addr)
	send(t, c, "one")
	receive(t, c, "one")
	a.Cut("b")
	send(t, c, "two")
	quiet(t, c, 30*time.Millisecond)
	a.Heal("b", true)
	receive(t, c, "two")
	a.Reset("b")
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("got %v, want the end of the connection", err)
	}
}

func TestAProxyWithoutItsServerEndsTheConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = nobody.Close()
	e := map[string]*Endpoint{"a": NewEndpoint("a", 1), "b": NewEndpoint("b", 1)}
	p := &Proxy{To: "b", Target: nobody.Addr().String(), Classify: From("a"), End: func(n string) *Endpoint { return e[n] }}
	served := make(chan error, 1)
	go func() { served <- p.Serve(l) }()
	// The reset may be quicker than the dial's own return.
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
			t.Errorf("got %v, want the end of the connection", err)
		}
		_ = c.Close()
	}
	_ = l.Close()
	if err := <-served; err != nil {
		t.Error(err)
	}
	_ = e["a"].Close()
	_ = e["b"].Close()
}
