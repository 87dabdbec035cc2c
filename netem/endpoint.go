package netem

import (
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Endpoint is one end of links: a process with a name, the shapes of its
// outgoing links, and what it saw arrive. Both its dialer and its listener
// speak frames; a peer that is no Endpoint is refused.
type Endpoint struct {
	name string
	seed int64
	// injected is the CPU time that waits took, in ns.
	injected atomic.Int64
	memory   memory
	// sabotage has this end's timers set too late; tests alone do.
	sabotage time.Duration

	mu    sync.Mutex
	links map[string]*link
	seen  map[string]*arrivals
	conns map[*conn]struct{}
}

// NewEndpoint makes the end called name. The same seed and the same bytes
// give the same schedule.
func NewEndpoint(name string, seed int64) *Endpoint {
	return &Endpoint{name: name, seed: seed, memory: memory{limit: memoryOfEndpoint}, links: map[string]*link{}, seen: map[string]*arrivals{}, conns: map[*conn]struct{}{}}
}

// Name of this end.
func (e *Endpoint) Name() string { return e.name }

// Shape replaces the shape of the outgoing link to a peer, also while
// connections are open. A peer that has no shape is reached at once.
func (e *Endpoint) Shape(to string, s Shape) error {
	if err := s.Validate(); err != nil {
		return err
	}
	l := e.link(to)
	was := l.isCut()
	l.shape.Store(&s)
	if was && !l.isCut() {
		l.heal(false)
	}
	l.wakeWriters()
	return nil
}

// Cut partitions the outgoing link to a peer: bytes are held, dials hang, and
// nobody is told. The other direction is the peer's to cut.
func (e *Endpoint) Cut(to string) { e.link(to).cut.Store(true) }

// Heal ends a partition. Held bytes go on when TCP would next have tried to
// send them again, or at once; at once also those that an earlier heal left to
// TCP.
func (e *Endpoint) Heal(to string, immediate bool) {
	l := e.link(to)
	if was := l.cut.Swap(false); (was || immediate) && !l.isCut() {
		l.heal(immediate)
	}
}

// Reset kills the open connections to a peer: here at once, there when the
// reset has crossed the link.
func (e *Endpoint) Reset(to string) {
	for _, c := range e.link(to).open() {
		c.abort(syscall.ECONNRESET)
	}
}

// Close resets all connections and waits until their goroutines are gone.
// Listeners are their owner's to close.
func (e *Endpoint) Close() error {
	e.mu.Lock()
	all := make([]*conn, 0, len(e.conns))
	for c := range e.conns {
		all = append(all, c)
	}
	e.mu.Unlock()
	for _, c := range all {
		c.abort(syscall.ECONNRESET)
		c.out.closeRaw(false)
		<-c.gone
		c.out.idle()
	}
	return nil
}

// Arrivals tells, by sender, what came in, in the order of the names.
func (e *Endpoint) Arrivals() []Arrival { return e.arrivals((*arrivals).snapshot) }

// Counts are Arrivals without their histograms, which are what takes long to
// copy.
func (e *Endpoint) Counts() []Arrival { return e.arrivals((*arrivals).counts) }

func (e *Endpoint) arrivals(tell func(*arrivals, string) Arrival) []Arrival {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]Arrival, 0, len(e.seen))
	for from, a := range e.seen {
		all = append(all, tell(a, from))
	}
	slices.SortFunc(all, func(a, b Arrival) int {
		if a.From < b.From {
			return -1
		}
		return 1
	})
	return all
}

// InjectionCPU is the CPU time that producing delays took: arming timers and
// the spins that end the waits.
func (e *Endpoint) InjectionCPU() time.Duration { return time.Duration(e.injected.Load()) }

// link to a peer, made on first use.
func (e *Endpoint) link(to string) *link {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.links[to]
	if l == nil {
		l = newLink(to)
		e.links[to] = l
	}
	return l
}

// linkUnkept is the link to a peer, or one that is not kept: a dialer that is
// refused leaves nothing behind.
func (e *Endpoint) linkUnkept(to string) *link {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l := e.links[to]; l != nil {
		return l
	}
	return newLink(to)
}

func (e *Endpoint) from(name string) *arrivals {
	e.mu.Lock()
	defer e.mu.Unlock()
	a := e.seen[name]
	if a == nil {
		a = &arrivals{}
		e.seen[name] = a
	}
	return a
}

func (e *Endpoint) addConn(c *conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.conns[c] = struct{}{}
}

func (e *Endpoint) removeConn(c *conn) {
	e.mu.Lock()
	delete(e.conns, c)
	e.mu.Unlock()
	c.out.mu.Lock()
	l := c.link
	c.out.mu.Unlock()
	if l != nil {
		l.remove(c)
	}
}
