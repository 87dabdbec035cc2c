package netem

import (
	"sync"
	"sync/atomic"

	"github.com/raftbench/raftbench/clock"
)

// linkTuner is that of all waits for links in this process. Of wake-ups, 5 in 8
// come in time, which puts the median error at that of reading the clock. Spins
// take at most half a percent of a core, because it is the system under test's.
var linkTuner = clock.NewTuner(5./8, 200)

// link is the outgoing direction to one peer, over all connections with it.
type link struct {
	to          string
	shape       atomic.Pointer[Shape]
	cut         atomic.Bool
	transmitter transmitter

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

// backlog is from when a frame of a link of shape s can be booked without
// queueing for longer than maxBacklog.
func (l *link) backlog(s Shape) int64 {
	if s.Rate == 0 {
		return 0
	}
	return l.transmitter.busy() - int64(maxBacklog)
}

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

// next is the ordinal of one more connection. Refused ones have none: they
// would change the schedules of those that follow.
func (l *link) next() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened++
	return l.opened
}

func (l *link) add(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[c] = struct{}{}
}

func (l *link) remove(c *conn) {
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

// wakeWriters has the writers of each connection look at the link again.
func (l *link) wakeWriters() {
	for _, c := range l.open() {
		c.out.wakeWriters()
	}
}
