package netem

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// How long a listener waits for a dialer.
const (
	// handshakeTimeout bounds the wait for its first frame to come in. The delay
	// that the frame is then held for is the link's and has no other bound.
	handshakeTimeout = 10 * time.Second
	// dialingTimeout bounds the wait for a hello after the last dialing frame, of
	// which a dialer sends one every so often while it waits for a heal: its
	// process may be paused for a while.
	dialingTimeout = 2 * time.Minute
	dialingEvery   = 30 * time.Second
	// unusedFor bounds how long a connection may be open on which nothing
	// follows the handshake. First bytes may lawfully take long: a partition
	// holds them for as long as TCP keeps trying, some 15 minutes
	// (tcp_retries2), a slow transmitter for up to maxBacklog.
	unusedFor = 30 * time.Minute
)

// Listen wraps a listener; accepted connections are delivered after their
// preamble said who dials. A dialer that says nothing, something else, or
// another end's name is refused on its own goroutine, within ten seconds; one
// whose preamble is in flight, or held by a partition, is waited for as long as
// it waits itself, or lives.
//
// An accepted connection that carries nothing behind its preamble, in neither
// direction, fails with ETIMEDOUT after half an hour.
func (e *Endpoint) Listen(l net.Listener) net.Listener {
	w := &listener{Listener: l, end: e, ready: make(chan net.Conn), done: make(chan struct{})}
	go w.serve()
	return w
}

type listener struct {
	net.Listener
	end   *Endpoint
	ready chan net.Conn
	// done is closed by Close, or with failed set when accepting fails.
	done   chan struct{}
	once   sync.Once
	failed error
}

func (l *listener) serve() {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			var temporary interface{ Temporary() bool }
			if errors.As(err, &temporary) && temporary.Temporary() {
				time.Sleep(5 * time.Millisecond)
				continue
			}
			l.stop(err)
			return
		}
		go l.admit(raw)
	}
}

// admit learns who dials, answers, and hands the connection over.
func (l *listener) admit(raw net.Conn) {
	c := newConn(l.end, raw)
	l.end.addConn(c)
	abort := make(chan struct{})
	defer close(abort)
	go func() {
		select {
		case <-l.done:
			c.abort(net.ErrClosed)
		case <-abort:
		}
	}()
	switch err := c.acceptHandshake(); {
	case errors.As(err, new(refusal)):
		c.shut(kindFin, err) // behind the answer, which a partition may hold
		return
	case err != nil:
		c.abort(err)
		return
	}
	c.boundUnused()
	select {
	case l.ready <- c:
	case <-l.done:
		c.abort(net.ErrClosed)
	}
}

// boundUnused ends the connection if nobody has used it in time.
func (c *conn) boundUnused() {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	if c.in.closed != nil || c.in.used {
		return
	}
	c.in.unused = time.AfterFunc(unusedFor, func() {
		if !c.isUsed() {
			c.abort(syscall.ETIMEDOUT)
		}
	})
}

// isUsed says that something followed the handshake, in either direction.
func (c *conn) isUsed() bool {
	c.in.mu.Lock()
	used := c.in.used
	c.in.mu.Unlock()
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	return used || c.out.dataSent
}

// refusal is what a dialer was told that meant another end.
type refusal string

func (r refusal) Error() string { return string(r) }

func (c *conn) acceptHandshake() error {
	_ = c.SetReadDeadline(time.Now().Add(handshakeTimeout))
	payload, due, err := c.in.hello()
	if err != nil {
		return err
	}
	h, err := parseHello(payload)
	if err != nil {
		return err
	}
	if due == 0 {
		due = clock.Now()
	}
	answer := hello{From: c.end.name, To: h.From}
	if h.To != c.end.name {
		answer.Refusal = fmt.Sprintf("this is %s, the dial was for %s", c.end.name, h.To)
		c.out.attach(c.end.linkUnkept(h.From), 0)
		_ = c.out.sendHello(answer, due)
		return refusal(answer.Refusal)
	}
	c.join(h.From)
	return c.out.sendHello(answer, due)
}

// Accept returns the next connection whose dialer is known.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.ready:
		return c, nil
	case <-l.done:
		return nil, &net.OpError{Op: "accept", Net: "netem", Addr: l.Addr(), Err: l.failed}
	}
}

// Close stops accepting; connections that were accepted stay.
func (l *listener) Close() error {
	l.stop(net.ErrClosed)
	return l.Listener.Close()
}

func (l *listener) stop(err error) {
	l.once.Do(func() {
		l.failed = err
		close(l.done)
	})
}
