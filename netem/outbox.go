package netem

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
)

// outbox is the sending side of a connection.
type outbox struct {
	c *conn
	// turn is held for a whole Write, mu for one frame.
	turn sync.Mutex
	mu   sync.Mutex
	// movable wakes writers: a heal, a deadline, an end.
	movable  sync.Cond
	deadline deadline
	closed   error
	stream   *stream
	waiter   *waiter

	// underway are the bytes that are not due yet, oldest first.
	underway, spare []parcel
	weight          int64
	// held are frames that a partition holds back, since heldAt.
	held     []letter
	heldSize int64
	heldAt   int64
	// rest is what a write deadline cut off in mid-frame. It goes first.
	rest []byte
	buf  []byte
	// refused: a closed end has told a peer that still sends.
	refused bool
	// said is the closing frame, once there is one.
	said kind
	// probes since data last went out.
	probes int
}

// parcel is a frame under way.
type parcel struct {
	due  int64
	size int64
}

// letter is a frame that was never sent.
type letter struct {
	kind    kind
	payload []byte
}

func (o *outbox) init(c *conn) {
	o.c = c
	o.movable.L = &o.mu
	o.deadline.cond = &o.movable
}

// write cuts p into frames.
func (o *outbox) write(p []byte) (int, error) {
	o.turn.Lock()
	defer o.turn.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for first := true; first || n < len(p); first = false {
		if err := o.mayWrite(); err != nil {
			return n, err
		}
		if len(p) == 0 {
			return 0, nil
		}
		size := min(len(p)-n, o.c.link.frameSize())
		if err := o.admit(int64(size)); err != nil {
			return n, err
		}
		taken, err := o.data(p[n : n+size])
		if n += taken; err != nil {
			return n, err
		}
	}
	return n, nil
}

// mayWrite says why nothing can be written any more, or now.
func (o *outbox) mayWrite() error {
	switch reset := o.c.resetAt.Load(); {
	case o.closed != nil:
		return o.closed
	case o.deadline.expired:
		return os.ErrDeadlineExceeded
	case reset != 0 && Now() >= reset:
		return syscall.ECONNRESET
	case o.c.link == nil:
		return errors.New("netem: the connection is not established")
	}
	return nil
}

// admit waits until size more bytes fit below the limit.
func (o *outbox) admit(size int64) error {
	for {
		if err := o.mayWrite(); err != nil {
			return err
		}
		limit := o.c.link.load().limit()
		if o.holding() {
			if o.heldSize == 0 || o.heldSize+size <= limit {
				return nil
			}
			o.movable.Wait()
			continue
		}
		at := o.fits(size, limit)
		if at == 0 {
			return nil
		}
		if err := o.wait(at); err != nil {
			return err
		}
	}
}

// fits forgets what has arrived and returns when size more bytes will fit,
// 0 for now.
func (o *outbox) fits(size, limit int64) int64 {
	now := Now()
	i := 0
	for ; i < len(o.underway) && o.underway[i].due <= now; i++ {
		o.weight -= o.underway[i].size
	}
	if o.underway = o.underway[i:]; len(o.underway) == 0 {
		o.underway = o.spare
		return 0
	}
	need := o.weight + size - limit
	for i := 0; i < len(o.underway) && need > 0; i++ {
		if need -= o.underway[i].size; need <= 0 || i == len(o.underway)-1 {
			return o.underway[i].due
		}
	}
	return 0
}

// wait lets go of the lock until the instant at.
func (o *outbox) wait(at int64) error {
	if o.waiter == nil {
		w, err := newWaiter(&o.c.end.injected)
		if err != nil {
			return err
		}
		w.setDeadline(o.deadline.set)
		o.waiter = w
	}
	w := o.waiter
	o.mu.Unlock()
	err := w.until(at)
	o.mu.Lock()
	if o.closed != nil {
		return o.closed
	}
	return err
}

func (o *outbox) holding() bool { return len(o.held) > 0 || o.c.link.isCut() }

// data sends or holds one frame of payload, and tells how much of it will be
// delivered: all of it once its first byte is on the way.
func (o *outbox) data(p []byte) (int, error) {
	if o.holding() {
		o.hold(letter{kindData, append([]byte(nil), p...)})
		return len(p), nil
	}
	if err := o.flush(); err != nil {
		return 0, err
	}
	o.probes = 0
	err := o.send(kindData, p, Now())
	if err != nil && len(o.rest) == 0 {
		return 0, err
	}
	return len(p), err
}

func (o *outbox) hold(l letter) {
	if len(o.held) == 0 {
		o.heldAt = Now()
	}
	o.held = append(o.held, l)
	o.heldSize += int64(len(l.payload))
}

// send stamps a frame as sent at now and hands it to the socket.
func (o *outbox) send(k kind, p []byte, now int64) error {
	s := o.c.link.load()
	o.buf = o.buf[:0]
	h := header{asked: int64(s.Delay), length: len(p), kind: k}
	switch {
	case s.IsZero() && o.stream.last < now:
		// Due at once: nothing to hold, nothing to measure.
	case k == kindData:
		due, amend := o.stream.due(s, now, len(p), o.c.roundTrip(s))
		if amend != 0 {
			o.buf = header{due: amend, asked: h.asked, kind: kindAmend}.append(o.buf)
			o.hasten(amend)
		}
		h.due = due
		if o.underway == nil {
			o.spare = make([]parcel, 0, 16)
			o.underway = o.spare
		}
		o.underway = append(o.underway, parcel{due: due, size: int64(len(p))})
		o.weight += int64(len(p))
	case k == kindHello:
		h.due = o.stream.open(s, now)
	case k == kindFin:
		h.due = o.stream.end(s, now+int64(s.SlowClose))
	default:
		h.due = o.stream.end(s, now)
	}
	o.buf = h.append(o.buf)
	return o.push(p)
}

func (o *outbox) hasten(due int64) {
	for i := range o.underway {
		o.underway[i].due = min(o.underway[i].due, due)
	}
}

// together is the payload up to which copying beats a second buffer.
const together = 16 << 10

// push writes what is in buf, then p. What a deadline cuts off is kept and
// goes first next time, so that the peer never sees a broken frame.
func (o *outbox) push(p []byte) error {
	if len(p) <= together {
		o.buf = append(o.buf, p...)
		n, err := o.c.raw.Write(o.buf)
		return o.partial(n, err, o.buf, nil)
	}
	vec := net.Buffers{o.buf, p}
	n, err := vec.WriteTo(o.c.raw)
	return o.partial(int(n), err, o.buf, p)
}

func (o *outbox) partial(n int, err error, head, p []byte) error {
	if err == nil {
		return nil
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return o.broken()
	}
	if n > 0 {
		o.rest = append(append([]byte(nil), head...), p...)[n:]
	}
	return err
}

// broken is why the socket refuses bytes.
func (o *outbox) broken() error {
	if o.closed != nil {
		return o.closed
	}
	if o.c.in.isClosed() {
		return net.ErrClosed
	}
	return syscall.EPIPE
}

// flush sends what an earlier deadline cut off.
func (o *outbox) flush() error {
	if len(o.rest) == 0 {
		return nil
	}
	n, err := o.c.raw.Write(o.rest)
	o.rest = o.rest[n:]
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		o.rest = nil
		return o.broken()
	}
	return err
}
