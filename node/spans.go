package node

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// spanRecords of a kind are kept (of AppendEntries, for each follower). A light window
// has a few hundred writes; what a window has beyond it is told as lost.
const spanRecords = 4096

// spans notes the instants of writes on their way through this node, while it is asked
// to. The records are of fixed size, and all room for them is made before the first: a
// write that is timed allocates nothing more than another. The nil *spans, of a node
// that was started without, notes nothing.
type spans struct {
	on atomic.Bool

	mu         sync.Mutex
	proposals  ring[control.Proposal]
	stored     ring[control.Stored]
	applied    ring[control.Applied]
	replicated map[string]*ring[control.Replicated] // by follower
}

// ring keeps the latest of many records.
type ring[T any] struct {
	kept  []T
	added int
}

func newRing[T any](size int) ring[T] { return ring[T]{kept: make([]T, size)} }

func (r *ring[T]) add(record T) {
	r.kept[r.added%len(r.kept)] = record
	r.added++
}

// take empties the ring: what it kept, oldest first, and how many it overwrote.
func (r *ring[T]) take() (kept []T, lost int64) {
	size, next := len(r.kept), 0
	if r.added > size {
		next, lost = r.added%size, int64(r.added-size)
	}
	kept = append(kept, r.kept[next:min(r.added, size)]...)
	kept = append(kept, r.kept[:next]...)
	r.added = 0
	return kept, lost
}

// begin forgets what was noted and makes room for the answers of these members.
func (s *spans) begin(members []control.Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replicated == nil {
		s.proposals, s.stored = newRing[control.Proposal](spanRecords), newRing[control.Stored](spanRecords)
		s.applied, s.replicated = newRing[control.Applied](spanRecords), map[string]*ring[control.Replicated]{}
	}
	s.proposals.added, s.stored.added, s.applied.added = 0, 0, 0
	for _, m := range members {
		if s.replicated[m.ID] == nil {
			r := newRing[control.Replicated](spanRecords)
			s.replicated[m.ID] = &r
		}
		s.replicated[m.ID].added = 0
	}
	s.on.Store(true)
}

// take ends the noting and gives what there is.
func (s *spans) take() control.Spans {
	s.on.Store(false)
	s.mu.Lock()
	defer s.mu.Unlock()
	var out control.Spans
	var lost [3]int64
	out.Proposals, lost[0] = s.proposals.take()
	out.Stored, lost[1] = s.stored.take()
	out.Applied, lost[2] = s.applied.take()
	out.Lost = lost[0] + lost[1] + lost[2]
	for _, r := range s.replicated {
		kept, lost := r.take()
		out.Replicated = append(out.Replicated, kept...)
		out.Lost += lost
	}
	return out
}

// stamp is the instant, or 0 where nothing is noted now.
func (s *spans) stamp() int64 {
	if s == nil || !s.on.Load() {
		return 0
	}
	return clock.Now()
}

// propose notes a write that this node, as leader, has answered. One that began before
// the noting did is left out, as of all that follow.
func (s *spans) propose(p control.Proposal) {
	if p.AnsweredNS = s.stamp(); p.ArrivedNS == 0 || p.AnsweredNS == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proposals.add(p)
}

// store notes a write to the log store.
func (s *spans) store(first, last uint64, begin, end int64) {
	if s == nil || !s.on.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stored.add(control.Stored{First: first, Last: last, BeginNS: begin, EndNS: end})
}

// apply notes a batch that the state machine began at an instant and has just done.
func (s *spans) apply(first, last uint64, begin int64) {
	end := s.stamp()
	if begin == 0 || end == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applied.add(control.Applied{First: first, Last: last, BeginNS: begin, EndNS: end})
}

// replicate notes an acknowledged AppendEntries. Of a member that was not there when
// the noting began nothing is known.
func (s *spans) replicate(r control.Replicated) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept := s.replicated[r.To]; kept != nil {
		kept.add(r)
	}
}

// BeginSpans has the node note the instants of writes from now on.
func (n *Node) BeginSpans() error {
	if n.spans == nil {
		return errors.New("spans: the node was started without, so it can note none: start it with spans")
	}
	n.spans.begin(n.peers.all())
	return nil
}

// Spans ends what BeginSpans began, and gives what was noted.
func (n *Node) Spans() (control.Spans, error) {
	if n.spans == nil {
		return control.Spans{}, errors.New("spans: the node was started without, so it has none: start it with spans")
	}
	return n.spans.take(), nil
}
