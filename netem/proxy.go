package netem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// Proxy carries plain TCP over emulated links, for servers that do not speak
// frames: one listener stands for one server, and each accepted connection
// crosses the two links between its dialer and that server.
//
// The dialer's own connect succeeds at once, since the host's kernel does it;
// the round trip that it should have cost, or the partition in which it should
// have hung, is met by the first bytes. Ends by halves and resets cross the
// links too. A connection that does not reach the server is reset.
type Proxy struct {
	// To is the server's name, Target its address.
	To, Target string
	// Classify names the dialer of each connection, within ten seconds.
	Classify Classifier
	// End returns the endpoint that stands for a name, or nil for none; its
	// outgoing shapes, cuts and resets are what a connection meets.
	End func(name string) *Endpoint
	// Failed, if set, is told why a connection did not reach the server, and
	// why none could be accepted for a while.
	//
	// Classify, End and Failed are called by several goroutines at once.
	Failed func(error)
}

// Serve accepts from l until it is closed, then resets what is open and returns
// when all of it is gone. It goes on after an error that passes, such as too
// many open files, and returns any other.
func (p *Proxy) Serve(l net.Listener) error {
	if p.Classify == nil || p.End == nil {
		return fmt.Errorf("netem: the proxy to %s has no Classify or no End; set both", p.To)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var open sync.WaitGroup
	defer open.Wait()
	defer cancel()
	for {
		c, err := p.accept(l)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		open.Go(func() { p.carry(ctx, c) })
	}
}

// How long after a failed accept the next one is tried, at first and at most.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = time.Second
)

// accept waits out what keeps l from accepting for a while.
func (p *Proxy) accept(l net.Listener) (net.Conn, error) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		c, err := l.Accept()
		var passing interface{ Temporary() bool }
		if err == nil || !errors.As(err, &passing) || !passing.Temporary() || isTimeout(err) {
			return c, err
		}
		p.report(fmt.Errorf("%w; the next try is in %v", err, pause))
		time.Sleep(pause)
	}
}

func (p *Proxy) report(err error) {
	if p.Failed != nil {
		p.Failed(fmt.Errorf("netem: proxy to %s: %w", p.To, err))
	}
}

// carry takes one connection over the links and waits for its end.
func (p *Proxy) carry(ctx context.Context, raw net.Conn) {
	c := accepted{Conn: raw, raw: raw}
	failed := func(err error) {
		if ctx.Err() == nil {
			p.report(fmt.Errorf("connection from %v: %w", raw.RemoteAddr(), err))
		}
	}
	near, far, err := p.admit(ctx, &c)
	if err != nil {
		hardClose(c)
		failed(err)
		return
	}
	defer discard(c)
	defer near.destroy()
	defer far.destroy()
	d := net.Dialer{Timeout: handshakeTimeout}
	server, err := d.DialContext(ctx, "tcp", p.Target)
	if err != nil {
		failed(err)
		far.abort(syscall.ECONNRESET)
		splice(ctx, leg{c, near})
		return
	}
	defer discard(server)
	splice(ctx, leg{c, near}, leg{far, server})
}

// admit learns who dials and opens the two links, as if it had been known when
// the connection came.
func (p *Proxy) admit(ctx context.Context, c *accepted) (near, far *conn, err error) {
	begin := clock.Now()
	from, classified, err := p.identify(ctx, c.raw)
	if err != nil {
		return nil, nil, err
	}
	c.Conn = classified
	a, b := p.End(from), p.End(p.To)
	if a == nil {
		return nil, nil, fmt.Errorf("no endpoint stands for its dialer %q", from)
	}
	if b == nil {
		return nil, nil, fmt.Errorf("no endpoint stands for the server %q", p.To)
	}
	return tunnel(ctx, a, b, begin)
}

// identify has the dialer classified, for as long as that may take.
func (p *Proxy) identify(ctx context.Context, raw net.Conn) (string, net.Conn, error) {
	stop := context.AfterFunc(ctx, func() { hardClose(raw) })
	defer stop()
	_ = raw.SetReadDeadline(time.Now().Add(handshakeTimeout))
	defer func() { _ = raw.SetReadDeadline(time.Time{}) }()
	return p.Classify(raw)
}

// tunnel connects two ends of this process with each other.
func tunnel(ctx context.Context, a, b *Endpoint, begin int64) (near, far *conn, err error) {
	left, right := net.Pipe()
	far = newConn(b, right)
	b.addConn(far)
	failed := make(chan error, 1)
	go func() { failed <- far.acceptHandshake() }()
	c, err := a.open(ctx, left, b.name, begin)
	if err != nil {
		_ = left.Close() // a partition would have it linger
		far.destroy()
		return nil, nil, errors.Join(err, <-failed)
	}
	near = c.(*conn)
	if err := <-failed; err != nil {
		near.destroy()
		far.destroy()
		return nil, nil, err
	}
	return near, far, nil
}

// leg is two connections of which each gets what the other one gives.
type leg [2]net.Conn

// splice copies both ways on each leg until all is through. When ctx ends, what
// is open is reset: its end would be a lie.
func splice(ctx context.Context, legs ...leg) {
	var copies sync.WaitGroup
	for _, l := range legs {
		// Once: a second reset would hurry the first.
		reset := sync.OnceFunc(func() {
			hardClose(l[0])
			hardClose(l[1])
		})
		stop := context.AfterFunc(ctx, reset)
		defer stop()
		copies.Go(func() { copyDirection(l[0], l[1], reset) })
		copies.Go(func() { copyDirection(l[1], l[0], reset) })
	}
	copies.Wait()
}

// copyDirection passes bytes on, then the way in which they ended.
func copyDirection(from, to net.Conn, reset func()) {
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, usualFrame))
	if err == nil {
		err = closeWrite(to)
	}
	if err != nil {
		reset()
	}
}

// closeWrite ends one direction, or both where there is no such thing.
func closeWrite(c net.Conn) error {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return c.Close()
}

// accepted is a dialer's connection as its classifier gave it back. The socket
// below is kept, because a wrapper may hide what ends it by halves or hard.
type accepted struct {
	net.Conn
	raw net.Conn
}

// CloseWrite ends the direction to the dialer.
func (a accepted) CloseWrite() error {
	if _, ok := a.Conn.(interface{ CloseWrite() error }); ok {
		return closeWrite(a.Conn)
	}
	return closeWrite(a.raw)
}

// Close closes both.
func (a accepted) Close() error {
	err := a.Conn.Close()
	_ = a.raw.Close()
	return err
}

// hardClose resets a connection.
func hardClose(c net.Conn) {
	switch c := c.(type) {
	case *conn:
		c.abort(syscall.ECONNRESET)
	case accepted:
		hardClose(c.raw)
		_ = c.Conn.Close()
	case *net.TCPConn:
		_ = c.SetLinger(0)
		_ = c.Close()
	default:
		_ = c.Close()
	}
}

// destroy ends a connection whose other end is done too, and waits until its
// goroutine is gone.
func (c *conn) destroy() {
	c.abort(net.ErrClosed)
	_ = c.raw.Close()
	<-c.gone
}

// discard closes what has nothing more to tell.
func discard(c io.Closer) { _ = c.Close() }
