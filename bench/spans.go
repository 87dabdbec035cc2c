package bench

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// seenWrite is an acknowledged write as its client saw it, on the clock of all
// processes.
type seenWrite struct {
	revision       int64
	intended, done int64
}

// mostSeen writes of a window are kept; beyond it they count as lost.
const mostSeen = 1 << 16

// seenWrites are the client's part of what is known of a window's writes. It is a
// loadgen.Observer, which keeps nothing unless it is told to.
type seenWrites struct {
	on   atomic.Bool
	mu   sync.Mutex
	kept []seenWrite
	lost int64
}

// Observe implements loadgen.Observer.
func (s *seenWrites) Observe(op *loadgen.Op) {
	if !s.on.Load() || op.Kind != loadgen.Put || op.Err != nil {
		return
	}
	origin := clock.At(op.Origin)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) == mostSeen {
		s.lost++
		return
	}
	s.kept = append(s.kept, seenWrite{op.Revision, origin + ns(op.Intended), origin + ns(op.Done)})
}

func (s *seenWrites) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept, s.lost = nil, 0
	s.on.Store(true)
}

func (s *seenWrites) take() (kept []seenWrite, lost int64) {
	s.on.Store(false)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept, s.lost
}

// timed tells whether a window's writes are followed through the nodes: of a light
// load to which nothing is done. A full load would fill the nodes' records at once.
func (l *load) timed(o offer) bool {
	return l.setup.Workload.Spans && o.role == results.RoleLight && o.rate > 0 && !o.harmed
}

// beginSpans has the nodes note the instants of writes. Nodes that cannot are no reason
// to measure nothing.
func (l *load) beginSpans(ctx context.Context, o offer) {
	if !l.timed(o) || len(l.system.Members()) == 0 {
		return
	}
	if err := l.system.BeginSpans(ctx); err != nil {
		l.unreadSpans(o, err)
		return
	}
	l.seen.begin()
}

// spans ends that, and tells where the time of the window's writes went; nil where
// nothing was noted.
func (l *load) spans(ctx context.Context, o offer) *results.Spans {
	if !l.seen.on.Load() {
		return nil
	}
	writes, unseen := l.seen.take()
	noted, err := l.system.Spans(ctx)
	if err != nil {
		l.unreadSpans(o, err)
		return nil
	}
	j := newSpanJoin(noted, l.setup.Nodes/2, l.askedOf)
	s := j.window(writes)
	s.Lost += unseen
	if s.Lost > 0 || s.Joined < s.Chosen {
		l.record.remark(results.Remark{Code: results.CodeSpansLost, Severity: results.Note, Window: o.Name,
			Got: float64(s.Joined), Count: s.Lost, Of: s.Chosen, Unit: results.UnitCount})
	}
	return s
}

func (l *load) unreadSpans(o offer, err error) {
	l.record.remark(results.Remark{Code: results.CodeSpansUnread, Severity: results.Note, Window: o.Name, Detail: err.Error()})
}

// askedOf an emulated link is its delay, in ns.
func (l *load) askedOf(from, to string) int64 { return ns(l.setup.Links[from][to].Delay) }

// askedThereAndBack of the client's own link to a member; nothing where it stands
// beside the leader.
func askedThereAndBack(asked func(from, to string) int64, leader string) (there, back int64) {
	return asked(control.ClientLink, leader), asked(leader, control.ClientLink)
}
