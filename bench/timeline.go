package bench

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// timeline keeps what happened during a trial: what the nodes told, and what
// was done to them.
type timeline struct {
	mu     sync.Mutex
	events []results.Event
	acked  map[reign]int // where in events the last report of it is
}

// reign is one node's in one term.
type reign struct {
	node string
	term uint64
}

// kinds of a node's events that are kept; the others are the launcher's affair.
var kinds = map[control.EventKind]results.EventKind{
	control.EventRole:     results.EventRole,
	control.EventLeader:   results.EventLeader,
	control.EventVote:     results.EventVote,
	control.EventBallot:   results.EventBallot,
	control.EventTerm:     results.EventTerm,
	control.EventOpening:  results.EventOpening,
	control.EventSnapshot: results.EventSnapshot,
	control.EventInstall:  results.EventInstall,
	control.EventHeld:     results.EventHeld,
	control.EventNoop:     results.EventNoop,
	control.EventAcked:    results.EventAcked,
	control.EventDropped:  results.EventDropped,
	control.EventProgress: results.EventProgress,

	control.EventPowerLoss: results.EventPowerLoss,
}

// heard is the cluster's OnEvent.
func (t *timeline) heard(node string, e control.Event) {
	kind, known := kinds[e.Kind]
	if !known {
		return
	}
	out := results.Event{
		AtNS: e.AtNS, Node: node, Kind: kind, Term: e.Term, Index: e.Index, Commit: e.Commit, Bytes: e.Bytes,
		State: strings.ToLower(e.State), Peer: e.From, Granted: e.Granted, PreVote: e.PreVote, Lease: e.Lease, Count: e.Count,
	}
	switch e.Kind {
	case control.EventLeader:
		out.Peer = e.Leader
	case control.EventHeld:
		out.Count = ns(e.Held)
	case control.EventAcked:
		t.acknowledged(out)
		return
	}
	t.add(out)
}

// acknowledged keeps, of twenty reports a second, the last of each reign.
func (t *timeline) acknowledged(e results.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := reign{e.Node, e.Term}
	if at, known := t.acked[of]; known {
		if e.Index > t.events[at].Index {
			t.events[at] = e
		}
		return
	}
	if t.acked == nil {
		t.acked = map[reign]int{}
	}
	t.acked[of] = len(t.events)
	t.events = append(t.events, e)
}

// died is the cluster's OnDeath.
func (t *timeline) died(d *cluster.DeathError) {
	t.add(results.Event{AtNS: clock.Now(), Kind: results.EventDeath, Node: d.ID})
}

func (t *timeline) add(e results.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, e)
}

// all events, in the order of their instants.
func (t *timeline) all() []results.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := slices.Clone(t.events)
	slices.SortStableFunc(out, func(a, b results.Event) int { return cmp.Compare(a.AtNS, b.AtNS) })
	return out
}

// firstLeaderAfter is when a node first became leader after an instant; 0 when
// none has.
func (t *timeline) firstLeaderAfter(atNS int64) int64 {
	for _, e := range t.all() {
		if e.Kind == results.EventRole && e.State == results.StateLeader && e.AtNS > atNS {
			return e.AtNS
		}
	}
	return 0
}

// leading is the node that leads at an instant, and its term: the last to have
// become leader, unless it has stepped down since; empty where nobody leads.
func (t *timeline) leading(atNS int64) (leader string, term uint64) {
	for _, e := range t.all() {
		switch {
		case e.AtNS > atNS || e.Kind != results.EventRole:
		case e.State == results.StateLeader && e.Term >= term:
			leader, term = e.Node, e.Term
		case e.Node == leader && e.State != results.StateLeader:
			leader = ""
		}
	}
	return leader, term
}

// leaderAt is the node that had become leader last before an instant, in the
// highest term; empty when none had.
func (t *timeline) leaderAt(atNS int64) string {
	leader, _ := t.ledAt(atNS)
	return leader
}

// ledAt is leaderAt with the term.
func (t *timeline) ledAt(atNS int64) (leader string, term uint64) {
	for _, e := range t.all() {
		if e.Kind == results.EventRole && e.State == results.StateLeader && e.AtNS <= atNS && e.Term >= term {
			leader, term = e.Node, e.Term
		}
	}
	return leader, term
}
