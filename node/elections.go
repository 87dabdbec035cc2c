package node

import (
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

// electionTransport emits an event for each answer to a request for a vote. All
// other RPCs go straight to the transport behind it.
type electionTransport struct {
	wholeTransport
	emit func(control.Event)
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
	return false
}
