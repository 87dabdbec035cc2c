package netem

import (
	"sync"
	"sync/atomic"
	"time"
)

// link is the outgoing direction to one peer, over all connections with it.
type link struct {
	to    string
	shape atomic.Pointer[Shape]
	cut   atomic.Bool
	line  line

	mu    sync.Mutex
	conns map[*conn]struct{}
	// opened counts connections, so that each has a schedule of its own.
	opened uint64
}

func newLink(to string) *link {
	l := &link{to: to, conns: map[*conn]struct{}{}}
	l.shape.Store(&Shape{})
	return l
}

func (l *link) load() Shape { return *l.shape.Load() }

// isCut: a loss of 1 lets nothing through either.
func (l *link) isCut() bool { return l.cut.Load() || l.shape.Load().Loss >= 1 }

// usualFrame is the largest frame where a frame has a fate of its own.
const usualFrame = 64 << 10

// frameSize keeps a frame's transmission below a millisecond, so that a slow
// link delivers steadily and not in lumps. Frames are larger, which costs less
// for each byte, where all of them have the same delay and the queue is long.
func (l *link) frameSize() int {
	s := l.load()
	size := min(max(s.limit()/16, usualFrame), maxFrame)
	switch {
	case s.Rate != 0:
		size = min(max(s.Rate/8000, segment), usualFrame)
	case s.Jitter != 0 || s.Loss != 0:
		size = usualFrame
	}
	return int(min(size, s.limit()))
}

// adopt registers a connection and returns its ordinal.
func (l *link) adopt(c *conn) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[c] = struct{}{}
	l.opened++
	return l.opened
}

func (l *link) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

func (l *link) open() []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*conn, 0, len(l.conns))
	for c := range l.conns {
		all = append(all, c)
	}
	return all
}

// heal lets each connection go on.
func (l *link) heal(immediate bool) {
	for _, c := range l.open() {
		c.out.heal(immediate)
	}
}

// reconsider has each connection's writers look at the link again.
func (l *link) reconsider() {
	for _, c := range l.open() {
		c.out.reconsider()
	}
}

// early is how long before a simulated retransmission held frames are handed
// over, so that Go's coarse timers do not make them late.
const early = 2 * time.Millisecond

// heal releases what a partition held, at once or when TCP would try again.
func (o *outbox) heal(immediate bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.movable.Broadcast()
	if len(o.held) == 0 {
		return
	}
	now := Now()
	at := now
	o.released = 0
	if !immediate {
		at = retransmission(o.heldAt, now, o.firstRetry())
	}
	if wait := time.Duration(at-now) - early; wait > 0 {
		time.AfterFunc(wait, func() { o.resume(at) })
		return
	}
	o.deliver(at)
}

// firstRetry is the timeout that the oldest held frame has, doubling.
func (o *outbox) firstRetry() time.Duration {
	if o.held[0].kind == kindHello {
		return synRTO
	}
	return rto(o.c.roundTrip(o.c.link.load()))
}

func (o *outbox) resume(at int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.c.link.isCut() {
		o.deliver(at)
	}
}

// deliver sends the held frames as if they were sent at the instant at.
func (o *outbox) deliver(at int64) {
	// Not even an unshaped link delivers them sooner.
	o.stream.last = max(o.stream.last, at)
	o.released = at
	o.advance()
}
