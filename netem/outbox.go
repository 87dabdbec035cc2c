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

// outbox is the sending side of a connection. Its lock is never held over a
// wait.
type outbox struct {
	c *conn
	// turn is held for a whole Write, mu for one step.
	turn sync.Mutex
	mu   sync.Mutex
	// movable wakes writers: room, a heal, a deadline, an end.
	movable  sync.Cond
	deadline deadline
	closed   error
	stream   *stream
	waiter   *clock.Waiter
	socket   socket
	buf      []byte
	// introduced: the hello is out, or held.
	introduced bool
	// wrote: data was sent, or is held.
	wrote bool

	// underway are the bytes that are not due yet, oldest first.
	underway, spare []parcel
	weight          int64
	partition       partition

	// said is the closing frame, once there is one; full that both directions
	// are closed here; refused that a peer which still sends was told.
	said          kind
	full, refused bool
	// probes since data last went out.
	probes int
}

// parcel is a frame under way.
type parcel struct {
	due  int64
	size int64
}

func (o *outbox) init(c *conn) {
	o.c = c
	o.movable.L = &o.mu
	o.deadline.cond = &o.movable
	o.partition.memory = account{of: &c.end.memory, wake: o.wakeWriters}
	o.socket.init(c.raw, &o.mu, o.moved)
}

// write cuts p into frames.
func (o *outbox) write(p []byte) (int, error) {
	o.turn.Lock()
	defer o.turn.Unlock()
	defer o.c.in.wrote()
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
		if err := o.data(p[n : n+size]); err != nil {
			return n, err
		}
		n += size
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
		if err := o.mayWrite(); err != nil {
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
	// unsent is how much may wait for room in the socket.
	unsent = 256 << 10
	// leastFrame is what a frame counts for at least, so that many small ones
	// do not take more memory than a few large ones.
	leastFrame = 64
	// fewFrames are always allowed.
	fewFrames = 64
)

// room says whether size more bytes fit, and if not, when it is to be asked
// again; 0 means when something moves.
func (o *outbox) room(size, now int64) (at int64, fits bool) {
	o.forget(now)
	s := o.c.link.load()
	if !o.holding() {
		if o.socket.pending() >= unsent {
			return 0, false
		}
		if at := o.c.link.backlog(s); at > now {
			return at, false
		}
	} else if o.partition.memory.full() {
		return 0, false
	}
	need := o.weight + o.partition.size + size - s.limit()
	over := int64(len(o.underway)+len(o.partition.held)) - s.limit()/leastFrame - fewFrames
	if need <= 0 && over < 0 || o.weight+o.partition.size == 0 {
		return 0, true
	}
	for _, p := range o.underway {
		need, over = need-p.size, over-1
		if need <= 0 && over < 0 {
			return p.due, false
		}
	}
	if len(o.partition.held) > 0 {
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

// wait lets go of the lock until the instant at, or until something moves,
// which is all it waits for when at is 0.
func (o *outbox) wait(at int64) error {
	o.c.in.heed(1)
	defer o.c.in.heed(-1)
	if at == 0 {
		o.movable.Wait()
		return nil
	}
	if o.waiter == nil {
		w, err := clock.NewWaiter(linkTuner, &o.c.end.injected)
		if err != nil {
			waitCoarsely(&o.movable, at)
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
	if why := o.mayWrite(); why != nil {
		return why
	}
	return err
}

// wakeWriters has writers that wait for room look again.
func (o *outbox) wakeWriters() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.movable.Broadcast()
}

// reconsider wakes writers: the link, or the peer, is not what it was.
func (o *outbox) reconsider() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waiter != nil {
		o.waiter.BringForward(clock.Now())
	}
	o.movable.Broadcast()
}

// moved follows what the socket took, or its end.
func (o *outbox) moved() {
	if o.socket.err != nil {
		o.fail(o.socket.err)
		return
	}
	o.advance()
	o.settle()
	o.movable.Broadcast()
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
	o.movable.Broadcast()
}

func (o *outbox) holding() bool { return len(o.partition.held) > 0 || o.c.link.isCut() }

// data sends or holds one frame of payload.
func (o *outbox) data(p []byte) error {
	o.wrote = true
	if o.holding() {
		o.partition.hold(letter{kindData, append([]byte(nil), p...)})
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
	case s.IsZero() && o.stream.idle(now), k == kindKnock:
		// Due at once: nothing to hold, nothing to measure.
	case k == kindData:
		h.due, amend = o.stream.due(s, now, len(p), o.c.roundTrip(s))
		o.count(parcel{due: h.due, size: int64(len(p))})
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
		o.hasten(amend)
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

func (o *outbox) count(p parcel) {
	if o.underway == nil {
		o.spare = make([]parcel, 0, 16)
		o.underway = o.spare
	}
	o.underway = append(o.underway, p)
	o.weight += p.size
}

func (o *outbox) hasten(due int64) {
	for i := range o.underway {
		o.underway[i].due = min(o.underway[i].due, due)
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
