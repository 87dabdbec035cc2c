package netem

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// conn is one end of a framed stream: an inbox for what comes, an outbox for what
// goes, and a pump, the goroutine that moves bytes from the socket to the inbox.
//
// It is in one of these states, and goes through them in this order:
//
//   - opening: the hellos are exchanged. A dialer knows its link from the start;
//     at a listener link is nil until the dialer's hello has come.
//   - open: bytes go both ways.
//   - half closed, after CloseWrite: writes fail, reads go on.
//   - closed, after Close or abort: reads and writes fail. What was written before
//     still goes out, then the closing frame; what comes is discarded, and
//     answered with a reset. outbox.continueClose bounds this by a deadline of the
//     socket.
//   - gone: the pump has ended, because the socket has, the deadline has passed, or
//     what came is no frame. The channel gone tells. A connection may be gone before
//     it is closed: then reads still give what came before.
//
// What it holds is given back by free, once it is both closed and gone.
//
// Locks are taken in this order: reading, which Read holds from beginning to end, or
// out.writing, which Write does; out.mu; in.mu; and innermost those of link,
// transmitter, memory and arrivals. Nobody waits with out.mu or in.mu held. in.mu
// guards the inbox; out.mu guards the outbox and link, which does not change once it
// is set.
type conn struct {
	end  *Endpoint
	raw  net.Conn
	link *link // outgoing
	seen *arrivals

	reading sync.Mutex // one Read at a time
	in      inbox
	out     outbox

	// resetAt is the instant at which the peer's reset is due, from which writes
	// fail; 0 where there is none.
	resetAt atomic.Int64
	// peerDone: the peer's closing frame has come, or its socket has ended.
	peerDone atomic.Bool
	gone     chan struct{}
	dialled  bool // by this end
}

func newConn(e *Endpoint, raw net.Conn) *conn {
	c := &conn{end: e, raw: raw, gone: make(chan struct{})}
	c.in.init(raw, e)
	c.out.init(c)
	go c.pump()
	return c
}

// pump moves bytes from the socket into the inbox, so that the sender is
// never held back by a delay, only by limits. Once this end is closed it goes
// on until the peer has closed too, and discards.
func (c *conn) pump() {
	defer c.hangUp()
	for {
		room, open := c.in.room()
		n, err := c.raw.Read(room)
		got, bad := c.in.put(room[:n])
		c.peerEnds(got.ending)
		if !open {
			c.afterClose(got)
		}
		if err != nil {
			c.in.finish(rawEnd(err))
			return
		}
		if bad != nil {
			c.in.finish(bad)
			c.out.closeRaw(true)
			return
		}
	}
}

// afterClose acts on what came in after this end was closed: a peer that goes on
// sending is answered with a reset, as TCP does.
func (c *conn) afterClose(got intake) {
	if got.data {
		c.out.rejectData()
	}
	if c.peerDone.Load() {
		c.out.peerEnded()
	}
}

// hangUp acts on the end of the bytes that come over the raw connection.
func (c *conn) hangUp() {
	c.peerDone.Store(true)
	close(c.gone)
	if c.in.isClosed() {
		c.free()
		return
	}
	// Writers learn of it when the link would have told them.
	time.AfterFunc(time.Duration(c.in.asked.Load()), c.out.hungUp)
}

// free gives back what a connection holds. It is called by whoever sees that it is
// both closed and gone: shut or hangUp, whichever comes second.
func (c *conn) free() {
	c.out.closeRaw(false)
	c.in.free()
	c.end.removeConn(c)
}

func (in *inbox) isClosed() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.closed != nil
}

func rawEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return syscall.ECONNRESET
}

// peerEnds acts on the peer's fin or reset as soon as it is known.
func (c *conn) peerEnds(h header) {
	switch h.kind {
	case kindReset:
		c.resetAt.Store(max(h.due, 1))
		time.AfterFunc(time.Duration(h.due-clock.Now()), c.out.wakeWriters)
		c.peerDone.Store(true)
	case kindFin:
		c.peerDone.Store(true)
	}
}

// join makes the connection one of the link to the peer called name.
func (c *conn) join(name string) {
	c.seen = c.end.from(name)
	l := c.end.link(name)
	c.out.attach(l, l.next())
}

// attach gives the connection its link, and its own schedule on it.
func (o *outbox) attach(l *link, ordinal uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := o.c.end
	o.c.link = l
	o.stream = newStream(e.seed, e.name, l.to, ordinal, &l.transmitter)
	l.add(o.c)
}

// roundTrip is what an acknowledgement takes, from both ends' plain delays.
func (c *conn) roundTrip(s Shape) time.Duration {
	return s.Delay + time.Duration(c.in.asked.Load())
}

// Read delivers bytes that are due.
func (c *conn) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	n, err := c.in.read(p, c.recordArrival)
	return n, opError("read", c, err)
}

// recordArrival records how late a frame is at its release.
func (c *conn) recordArrival(r released) {
	if c.seen != nil && r.kind != 0 { // 0 is the end of the socket
		c.seen.record(r, clock.Now())
	}
}

// Write schedules p and sends it at once; it waits only for limits.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	return n, opError("write", c, err)
}

// Close sends the end of the stream, which arrives a link delay late behind
// what was written. It returns at once; the rest happens in the background.
func (c *conn) Close() error {
	if c.in.isClosed() {
		return opError("close", c, net.ErrClosed)
	}
	c.shut(kindFin, net.ErrClosed)
	return nil
}

// CloseWrite ends this direction only, behind what was written.
func (c *conn) CloseWrite() error {
	if c.in.isClosed() {
		return opError("close", c, net.ErrClosed)
	}
	c.out.close(kindFin, syscall.EPIPE, true)
	return nil
}

// abort ends the connection as TCP's reset does; reads and writes fail at
// once with err.
func (c *conn) abort(err error) { c.shut(kindReset, err) }

func (c *conn) shut(k kind, err error) {
	c.in.close(err)
	c.out.close(k, err, false)
	select {
	case <-c.gone:
		c.free()
	default:
	}
}

// LocalAddr is the socket's.
func (c *conn) LocalAddr() net.Addr { return c.raw.LocalAddr() }

// RemoteAddr is the socket's.
func (c *conn) RemoteAddr() net.Addr { return c.raw.RemoteAddr() }

// SetDeadline sets both.
func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline applies to the wait for bytes and to the wait for their due
// instant; neither loses a byte.
func (c *conn) SetReadDeadline(t time.Time) error {
	if c.in.isClosed() {
		return opError("set", c, net.ErrClosed)
	}
	c.in.setDeadline(t)
	return nil
}

// SetWriteDeadline applies to waits for limits.
func (c *conn) SetWriteDeadline(t time.Time) error {
	if c.in.isClosed() {
		return opError("set", c, net.ErrClosed)
	}
	c.out.setDeadline(t)
	return nil
}

// opError gives an error the form that callers of net know.
func opError(op string, c net.Conn, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return &net.OpError{Op: op, Net: "netem", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}
