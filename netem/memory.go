package netem

import (
	"sync"
	"sync/atomic"
)

// Bounds of what is held in memory, whatever instants a peer claims and however
// slowly its own side reads. What does not fit waits at its sender: a pump stops
// reading its socket, so that TCP holds the peer back, and a writer waits. Not a
// byte is dropped. The Limit of a Shape is the bound that is meant to be met.
const (
	// memoryOfConn is for what one connection has received. A link of 10 Gbit/s
	// has 250 MB in flight in 200 ms.
	memoryOfConn = 256 << 20
	// memoryOfEndpoint is for what all connections of an endpoint have received
	// or hold behind partitions: two such links, or 128 connections with a
	// DefaultLimit. Nine nodes on one host then take no more than 4.5 GiB.
	memoryOfEndpoint = 512 << 20
	// memoryAlways is what each connection may hold in each direction though
	// that is used up, so that one which nobody reads makes others slow, and
	// stops none.
	memoryAlways = 64 << 10
)

// memory is what the connections of an endpoint hold together.
//
// Invariants: held is the sum of the accounts. An account that waits is in
// waiting until it is woken or closed, and once held has fallen below the mark,
// no account waits. Accounts may be used while their owners' locks are held: no
// lock is taken here but mu, which is the innermost.
type memory struct {
	limit int64
	held  atomic.Int64

	mu      sync.Mutex
	waiting map[*account]struct{}
	// waiters is the length of waiting, read without the lock.
	waiters atomic.Int64
}

// account is what one direction of a connection holds. Its owner's lock guards
// it.
type account struct {
	of     *memory
	held   int64
	closed bool
	// wake is called, on a goroutine of its own, when an account that was full
	// may grow again.
	wake func()
}

// mark is where those that wait are woken: some way below the limit, so that
// they do not take turns at single bytes.
func (m *memory) mark() int64 { return m.limit - m.limit/8 }

// set says what the account holds now.
func (a *account) set(held int64) {
	if a.closed {
		return
	}
	freed := a.held - held
	a.held = held
	now := a.of.held.Add(-freed)
	if freed > 0 && a.of.waiters.Load() > 0 {
		a.of.freed(a, now)
	}
}

// full says that the account must not grow for now. Then it will be woken.
func (a *account) full() bool {
	if a.held < memoryAlways || a.of.held.Load() < a.of.limit {
		return false
	}
	a.of.mu.Lock()
	defer a.of.mu.Unlock()
	a.of.wait(a)
	if a.of.held.Load() >= a.of.limit {
		return true
	}
	a.of.leave(a) // some was freed before it was known to wait
	return false
}

// close empties the account for good.
func (a *account) close() {
	a.set(0)
	a.closed = true
	a.of.mu.Lock()
	defer a.of.mu.Unlock()
	a.of.leave(a)
}

// freed is called when an account shrank. It wakes all that wait when there is
// room for them, and the account itself when it has become small.
func (m *memory) freed(a *account, held int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if held < m.mark() {
		for waiting := range m.waiting {
			m.leave(waiting)
			go waiting.wake()
		}
		return
	}
	if _, waits := m.waiting[a]; waits && a.held < memoryAlways {
		m.leave(a)
		go a.wake()
	}
}

func (m *memory) wait(a *account) {
	if m.waiting == nil {
		m.waiting = map[*account]struct{}{}
	}
	m.waiting[a] = struct{}{}
	m.waiters.Store(int64(len(m.waiting)))
}

func (m *memory) leave(a *account) {
	delete(m.waiting, a)
	m.waiters.Store(int64(len(m.waiting)))
}
