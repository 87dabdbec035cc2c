package netem

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// outbox is the sending side of a connection. It stamps frames with the instant at
// which they are due and hands them to the socket, which never makes it wait. While
// the link is cut it holds them instead, in partition.
//
// It is in one of these states:
//
//   - opening: conn.link is nil, and writes fail.
//   - open: closed is nil. Writes are sent, or held (see holding), and wait while
//     they do not fit: room has the limits.
//   - closing: closed is set, and closing is the closing frame's kind: it stands
//     behind all that was written. Held and pending bytes still go out.
//   - failed: closed is set because the socket has ended; nothing is held.
//
// Invariants while mu is free:
//
//   - Frames go out in the order of their writes: while one is held, none is sent
//     past it. (A dialing frame is: it has no place in the order.)
//   - Held frames have no due instant yet. They go on only while partition.resumeAt
//     is set, which heal does, and the link is not cut. Each heal makes the timers of
//     earlier ones void.
//   - inFlight is the data frames that were sent and are not due, in that order, and
//     inFlightBytes the sum of their sizes; room takes off what has become due.
//   - After the closing frame no data is sent. A reset may follow a fin, and takes
//     back what is held.
//
// Methods expect mu to be held, but for those that begin by taking it. wait alone
// lets go of it: whoever calls it looks at everything anew. send and sendHeld have a
// frame in neither place while they move it; if send fails the frame is lost, and the
// outbox has failed.
type outbox struct {
	c *conn
	// writing is held for a whole Write, so that two do not mix.
	writing sync.Mutex
	mu      sync.Mutex
	// writable wakes writers: there is room, a heal, a deadline, an end.
	writable sync.Cond
	deadline deadline
	closed   error
	stream   *stream
	waiter   *clock.Waiter
	socket   socket
	buf      []byte
	// helloSent: the hello is out, or held.
	helloSent bool
	// dataSent: data was sent, or is held.
	dataSent bool

	// inFlight are the bytes that are not due yet, oldest first.
	inFlight, spare []sentFrame
	inFlightBytes   int64
	partition       partition

	// closing is the kind of the closing frame, once there is one: kindFin or
	// kindReset. bothClosed: reads have ended here too. resetSent: a peer that
	// still sends was answered.
	closing               kind
	bothClosed, resetSent bool
	// probes since data last went out.
	probes int
}

// sentFrame is a frame of data in flight.
type sentFrame struct {
	due  int64
	size int64
}

func (o *outbox) init(c *conn) {
	o.c = c
	o.writable.L = &o.mu
	o.deadline.cond = &o.writable
	o.partition.memory = account{of: &c.end.memory, wake: o.wakeWriters}
	o.socket.init(c.raw, &o.mu, o.socketChanged)
}

// write cuts p into frames.
func (o *outbox) write(p []byte) (int, error) {
	o.writing.Lock()
	defer o.writing.Unlock()
	defer o.c.in.afterWrite()
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for first := true; first || n < len(p); first = false {
		if err := o.writeErr(); err != nil {
			return n, err
		}
		if len(p) == 0 {
			return 0, nil
		}
		size := min(len(p)-n, o.c.link.frameSize())
		if err := o.admit(int64(size)); err != nil {
			return n, err
		}
		if err := o.data(p[n : n+size]); err != nil {
			return n, err
		}
		n += size
	}
	return n, nil
}

// writeErr says why nothing can be written any more, or now.
func (o *outbox) writeErr() error {
	switch reset := o.c.resetAt.Load(); {
	case o.closed != nil:
		return o.closed
	case o.deadline.expired:
		return os.ErrDeadlineExceeded
	case reset != 0 && clock.Now() >= reset:
		return syscall.ECONNRESET
	case o.c.link == nil:
		return errors.New("netem: the connection is not established")
	}
	return nil
}

// admit waits until size more bytes fit below the limit.
func (o *outbox) admit(size int64) error {
	for {
		if err := o.writeErr(); err != nil {
			return err
		}
		at, fits := o.room(size, clock.Now())
		if fits {
			return nil
		}
		if err := o.wait(at); err != nil {
			return err
		}
	}
}

const (
	// maxBacklog bounds how long a frame may queue for a slow transmitter, so
	// that no due instant is beyond maxHold; a rate above some 30 kbit/s fills
	// the default limit first.
	maxBacklog = 20 * time.Minute
	// maxUnsent is how much may wait for room in the socket.
	maxUnsent = 256 << 10
	// leastFrame is what a frame counts for at least, so that many small ones
	// do not take more memory than a few large ones.
	leastFrame = 64
	// fewFrames are always allowed.
	fewFrames = 64
)

// room says whether size more bytes fit, and if not, when it is to be asked
// again; 0 means when something moves.
func (o *outbox) room(size, now int64) (at int64, fits bool) {
	o.dropArrived(now)
	s := o.c.link.load()
	if !o.holding() {
		if o.socket.pending() >= maxUnsent {
			return 0, false
		}
		if at := o.c.link.backlog(s); at > now {
			return at, false
		}
	} else if o.partition.memory.full() {
		return 0, false
	}
	need := o.inFlightBytes + o.partition.size + size - s.limit()
	over := int64(len(o.inFlight)+len(o.partition.held)) - s.limit()/leastFrame - fewFrames
	if need <= 0 && over < 0 || o.inFlightBytes+o.partition.size == 0 {
		return 0, true
	}
	for _, p := range o.inFlight {
		need, over = need-p.size, over-1
		if need <= 0 && over < 0 {
			return p.due, false
		}
	}
	if len(o.partition.held) > 0 {
		return 0, false
	}
	return o.inFlight[len(o.inFlight)-1].due, false
}

// dropArrived takes off inFlight what is due by now.
func (o *outbox) dropArrived(now int64) {
	i := 0
	for ; i < len(o.inFlight) && o.inFlight[i].due <= now; i++ {
		o.inFlightBytes -= o.inFlight[i].size
	}
	if o.inFlight = o.inFlight[i:]; len(o.inFlight) == 0 {
		o.inFlight = o.spare
	}
}

// wait lets go of the lock until the instant at, or until something moves,
// which is all it waits for when at is 0.
func (o *outbox) wait(at int64) error {
	o.c.in.countWaitingWriters(1)
	defer o.c.in.countWaitingWriters(-1)
	if at == 0 {
		o.writable.Wait()
		return nil
	}
	if o.waiter == nil {
		w, err := clock.NewWaiter(linkTuner, &o.c.end.injected)
		if err != nil {
			waitCoarsely(&o.writable, at)
			return nil
		}
		w.SetDeadline(o.deadline.set)
		o.waiter = w
	}
	w := o.waiter
	w.Begin(at)
	o.mu.Unlock()
	err := w.Wait()
	o.mu.Lock()
	if why := o.writeErr(); why != nil {
		return why
	}
	return err
}

// wakeWriters has writers look again: there is memory, or the link or the peer is
// not what it was.
func (o *outbox) wakeWriters() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waiter != nil {
		o.waiter.BringForward(clock.Now())
	}
	o.writable.Broadcast()
}

// socketChanged is called when the socket took bytes, or failed.
func (o *outbox) socketChanged() {
	if o.socket.err != nil {
		o.fail(o.socket.err)
		return
	}
	o.sendHeld()
	o.continueClose()
	o.writable.Broadcast()
}

// fail ends writes because the socket has ended.
func (o *outbox) fail(err error) {
	if o.closed == nil {
		o.closed = syscall.EPIPE
		if errors.Is(err, syscall.ECONNRESET) {
			o.closed = syscall.ECONNRESET
		}
	}
	o.partition.drop()
	if o.waiter != nil {
		o.waiter.BringForward(clock.Now())
	}
	o.writable.Broadcast()
}

// holding says that what is sent now is held: the link is cut, or frames before it
// are held still.
func (o *outbox) holding() bool { return len(o.partition.held) > 0 || o.c.link.isCut() }

// data sends or holds one frame of payload.
func (o *outbox) data(p []byte) error {
	o.dataSent = true
	if o.holding() {
		o.partition.hold(heldFrame{kindData, append([]byte(nil), p...)})
		return nil
	}
	o.probes = 0
	return o.send(kindData, p, clock.Now())
}

// send stamps a frame as sent at now and hands it to the socket. What the
// socket has no room for now goes later, as it is: a frame's fate is drawn once.
func (o *outbox) send(k kind, p []byte, now int64) error {
	s := o.c.link.load()
	o.buf = o.buf[:0]
	h := header{sent: now, asked: int64(s.Delay), length: len(p), kind: k}
	amend := int64(0)
	switch {
	case s.IsZero() && o.stream.idle(now), k == kindDialing:
		// Due at once: nothing to hold, nothing to measure.
	case k == kindData:
		h.due, amend = o.stream.due(s, now, len(p), o.c.roundTrip(s))
		o.addInFlight(sentFrame{due: h.due, size: int64(len(p))})
	case k == kindHello:
		h.due = o.stream.open(s, now)
	case k == kindFin:
		h.due, amend = o.stream.end(s, now+int64(s.SlowClose))
	case k == kindProbe:
		h.due = o.stream.probe(s, now)
	default:
		h.due, amend = o.stream.end(s, now)
	}
	if amend != 0 {
		o.buf = header{due: amend, sent: now, asked: h.asked, kind: kindAmend}.append(o.buf)
		o.bringForward(amend)
	}
	h.amendable = o.stream.amendable()
	o.buf = h.append(o.buf)
	if err := o.socket.send(o.buf, p); err != nil {
		o.fail(err)
		if o.c.in.isClosed() {
			return net.ErrClosed
		}
		return o.closed
	}
	return nil
}

func (o *outbox) addInFlight(p sentFrame) {
	if o.inFlight == nil {
		o.spare = make([]sentFrame, 0, 16)
		o.inFlight = o.spare
	}
	o.inFlight = append(o.inFlight, p)
	o.inFlightBytes += p.size
}

func (o *outbox) bringForward(due int64) {
	for i := range o.inFlight {
		o.inFlight[i].due = min(o.inFlight[i].due, due)
	}
}

func (o *outbox) setDeadline(t time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed != nil {
		return
	}
	o.deadline.change(t)
	if o.waiter != nil {
		o.waiter.SetDeadline(t)
	}
}
