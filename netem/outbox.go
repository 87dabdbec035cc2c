package netem

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
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
	// held are frames that a partition holds back, since heldAt. They go on
	// from the instant released; 0 while that is not known.
	held     []letter
	heldSize int64
	heldAt   int64
	released int64
	// rest is what a full socket has not taken of frames whose instant is
	// drawn. It goes first, as it is.
	rest []byte
	// retrying: advance will be called; patience is how long from now.
	retrying bool
	patience time.Duration
	buf      []byte
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
			return n, o.because(err)
		}
		taken, err := o.data(p[n : n+size])
		if n += taken; err != nil {
			return n, o.because(err)
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

// because is why a wait was interrupted: a passed deadline of the socket or of
// a timer is also how a reset and a close get at a writer.
func (o *outbox) because(err error) error {
	if !isTimeout(err) {
		return err
	}
	if why := o.mayWrite(); why != nil {
		return why
	}
	if o.c.in.isClosed() {
		return net.ErrClosed
	}
	return err
}

// admit waits until size more bytes fit below the limit.
func (o *outbox) admit(size int64) error {
	for {
		if err := o.mayWrite(); err != nil {
			return err
		}
		switch at, fits := o.room(size, Now()); {
		case fits:
			return nil
		case at == 0:
			o.movable.Wait()
		default:
			if err := o.wait(at); err != nil {
				return err
			}
		}
	}
}

// maxBacklog bounds how long a frame may queue for a slow transmitter, so that
// no due instant is beyond maxHold; a rate of some 30 kbit/s fills the default
// limit first.
const maxBacklog = 20 * time.Minute

// room says whether size more bytes fit, and if not, when it is to be asked
// again; 0 means after a heal.
func (o *outbox) room(size, now int64) (at int64, fits bool) {
	o.forget(now)
	s := o.c.link.load()
	if at := o.c.link.line.busy() - int64(maxBacklog); s.Rate != 0 && at > now {
		return at, false
	}
	need := o.weight + o.heldSize + size - s.limit()
	if need <= 0 || o.weight+o.heldSize == 0 {
		return 0, true
	}
	for _, p := range o.underway {
		if need -= p.size; need <= 0 {
			return p.due, false
		}
	}
	if len(o.held) > 0 {
		return 0, false
	}
	return o.underway[len(o.underway)-1].due, false
}

// forget takes what has arrived off the account.
func (o *outbox) forget(now int64) {
	i := 0
	for ; i < len(o.underway) && o.underway[i].due <= now; i++ {
		o.weight -= o.underway[i].size
	}
	if o.underway = o.underway[i:]; len(o.underway) == 0 {
		o.underway = o.spare
	}
}

// wait lets go of the lock until the instant at, or until reconsider.
func (o *outbox) wait(at int64) error {
	if o.waiter == nil {
		w, err := newWaiter(&o.c.end.injected)
		if err != nil {
			waitCoarsely(&o.movable, at)
			return nil
		}
		w.setDeadline(o.deadline.set)
		o.waiter = w
	}
	w := o.waiter
	w.due.Store(at)
	o.mu.Unlock()
	err := w.wait()
	o.mu.Lock()
	if o.closed != nil {
		return o.closed
	}
	return err
}

// reconsider wakes writers: the link is not what it was.
func (o *outbox) reconsider() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waiter != nil {
		o.waiter.hasten(Now())
	}
	o.movable.Broadcast()
}

func (o *outbox) holding() bool { return len(o.held) > 0 || o.c.link.isCut() }

// data sends or holds one frame of payload, and tells how much of it will be
// delivered: all of it once its instant is drawn, whatever the socket takes now.
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
	if err == nil {
		return len(p), nil
	}
	if isTimeout(err) {
		return len(p), err
	}
	return 0, err
}

func (o *outbox) hold(l letter) {
	if len(o.held) == 0 {
		o.heldAt, o.released = Now(), 0
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
	case s.IsZero() && o.stream.last < now, k == kindKnock:
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

// push writes what is in buf, then p. What the socket does not take before its
// deadline stands in rest, so that the peer never sees a broken frame and no
// frame's fate is drawn twice.
func (o *outbox) push(p []byte) error {
	if len(o.rest) > 0 {
		o.rest = append(append(o.rest, o.buf...), p...)
		return o.flush()
	}
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
	o.rest = append(append([]byte(nil), head...), p...)[n:]
	o.later()
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

// flush sends what an earlier deadline left.
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
	if err != nil {
		o.later()
	}
	return err
}

// How long after a full socket the next try is made, at first and at most.
const (
	firstTry = 2 * time.Millisecond
	lastTry  = 100 * time.Millisecond
)

// later has advance called in a while.
func (o *outbox) later() {
	if o.retrying {
		return
	}
	o.retrying = true
	o.patience = min(max(2*o.patience, firstTry), lastTry)
	time.AfterFunc(o.patience, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.retrying = false
		o.advance()
	})
}

// advance hands over what was accepted and has not gone out: the rest of a
// frame, then what a partition held, once that is released. Neither a deadline
// of its writer's that has passed since, nor its Close, takes it back, as
// TCP's kernel would not. It never waits for the peer to read.
func (o *outbox) advance() {
	_ = o.c.raw.SetWriteDeadline(time.Now().Add(firstTry))
	defer func() {
		if o.said == 0 { // its writer is still there
			_ = o.c.raw.SetWriteDeadline(o.deadline.set)
		}
	}()
	err := o.flush()
	for err == nil && len(o.held) > 0 && o.released != 0 && !o.c.link.isCut() {
		err = o.release()
	}
	if err == nil {
		o.patience = 0
	}
	o.movable.Broadcast()
}

// release sends the oldest held frame.
func (o *outbox) release() error {
	l := o.held[0]
	if l.kind == kindFin || l.kind == kindReset {
		o.held, o.heldSize = nil, 0
		o.sayLast(l.kind)
		return nil
	}
	o.heldSize -= int64(len(l.payload))
	if o.held = o.held[1:]; len(o.held) == 0 {
		o.held = nil
	}
	return o.send(l.kind, l.payload, max(o.released, Now()))
}
