package node

import (
	"sync"
	"sync/atomic"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// acknowledged tracks the highest index that this node, as leader, told a client to
// be done, and reports it to the launcher, which holds the logs of later leaders
// against it. The zero acknowledged tracks nothing.
//
// A report's term is never below the one in which its index was acknowledged, so
// that no leader is held against what a later one did: it is read after the index,
// and terms only grow.
type acknowledged struct {
	events Events
	term   func() uint64 // raft's current
	index  atomic.Uint64

	mu       sync.Mutex
	reported uint64

	changed chan struct{} // holds a value when there may be something to report
}

// reportAcknowledged begins to track, and to report, what is acknowledged.
func (n *Node) reportAcknowledged() {
	n.acked.events, n.acked.term, n.acked.changed = n.events, n.raft.CurrentTerm, make(chan struct{}, 1)
	n.reporters.run(n.acked.changed, n.acked.report)
}

// note that the entry at index is about to be acknowledged. It stands in the way of
// every write: two atomic operations, and a channel that is mostly full.
func (a *acknowledged) note(index uint64) {
	if raise(&a.index, index) {
		announce(a.changed)
	}
}

// report what was not reported yet.
func (a *acknowledged) report() {
	a.mu.Lock()
	defer a.mu.Unlock()
	index := a.index.Load()
	if index == a.reported {
		return
	}
	a.reported = index
	a.events.Emit(control.Event{Kind: control.EventAcked, AtNS: clock.Now(), Term: a.term(), Index: index})
}
