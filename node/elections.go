package node

import (
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// wholeTransport has all the methods of a transport that raft looks for.
type wholeTransport interface {
	raft.Transport
	raft.WithPreVote
	raft.WithClose
}

// electionTransport emits an event for each answer to a request for a vote, and for
// each follower's first acknowledgement of an entry of a leader's term. All other RPCs
// go straight to the transport behind it.
type electionTransport struct {
	wholeTransport
	emit func(control.Event)

	mu        sync.RWMutex
	followers map[raft.ServerID]*follower
}

func newElectionTransport(t wholeTransport, emit func(control.Event)) *electionTransport {
	return &electionTransport{wholeTransport: t, emit: emit, followers: map[raft.ServerID]*follower{}}
}

// RequestVote implements raft.Transport.
func (t *electionTransport) RequestVote(id raft.ServerID, to raft.ServerAddress, args *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	err := t.wholeTransport.RequestVote(id, to, args, resp)
	if err == nil {
		t.emit(control.Event{Kind: control.EventBallot, AtNS: clock.Now(), From: string(id), Term: args.Term, Granted: resp.Granted})
	}
	return err
}

// RequestPreVote implements raft.WithPreVote.
func (t *electionTransport) RequestPreVote(id raft.ServerID, to raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	err := t.wholeTransport.RequestPreVote(id, to, args, resp)
	if err == nil {
		t.emit(control.Event{Kind: control.EventBallot, AtNS: clock.Now(), From: string(id), Term: args.Term, Granted: resp.Granted, PreVote: true})
	}
	return err
}

// observe turns raft's observations into events. It runs inside raft's own
// goroutines, as the observer's filter, so that the instant is the true one.
func (n *Node) observe(o *raft.Observation) bool {
	e := control.Event{AtNS: clock.Now(), Term: o.Raft.CurrentTerm()}
	switch data := o.Data.(type) {
	case raft.RaftState:
		e.Kind, e.State = control.EventRole, data.String()
		e.Lease = n.leaseLost.Swap(false) && data == raft.Follower
		e.Term = termOf(o.Raft, data)
		if data == raft.Leader {
			e.Index = o.Raft.LastIndex()
		}
	case raft.LeaderObservation:
		e.Kind, e.Leader = control.EventLeader, string(data.LeaderID)
		go n.forwarder.warm(e.Leader)
	case raft.RequestVoteRequest:
		e.Kind, e.From, e.Term = control.EventVote, string(data.ID), data.Term
	case raft.RequestPreVoteRequest:
		e.Kind, e.From, e.Term, e.PreVote = control.EventVote, string(data.ID), data.Term, true
	default:
		return false
	}
	n.emit(e)
	if e.Kind == control.EventRole && e.State != raft.Leader.String() {
		n.acked.report()
	}
	return false
}

// termOf is the term in which raft is in a state. Of a leader that is none any more
// it is 0: raft answers heartbeats beside its main goroutine, and the new leader's may
// have raised the term since.
func termOf(r *raft.Raft, state raft.RaftState) uint64 {
	term := r.CurrentTerm()
	if state == raft.Leader && r.State() != state {
		return 0
	}
	return term
}

// stepsDown is what raft's log says just before a leader becomes a follower since its
// lease is over (raft.go, checkLeaderLease), and says nowhere else.
const stepsDown = "failed to contact quorum of nodes, stepping down"

// leaseLog notes, in the goroutine that is about to observe the new role, that raft
// gives up leadership for its lease: no observer is told why.
type leaseLog struct {
	hclog.Logger
	lost *atomic.Bool
}

// Warn implements hclog.Logger.
func (l leaseLog) Warn(message string, args ...any) {
	if message == stepsDown {
		l.lost.Store(true)
	}
	l.Logger.Warn(message, args...)
}
