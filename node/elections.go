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

// follower is what this node, as a leader, was answered by a member. told is at most
// term, which never falls.
type follower struct {
	term atomic.Uint64 // the last in which it acknowledged anything
	told atomic.Uint64 // the last in which it acknowledged an entry of the term's own
}

func (t *electionTransport) follower(id raft.ServerID) *follower {
	t.mu.RLock()
	f := t.followers[id]
	t.mu.RUnlock()
	if f != nil {
		return f
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.followers[id] == nil {
		t.followers[id] = &follower{}
	}
	return t.followers[id]
}

// AppendEntries implements raft.Transport. A leader's first entry of its term is a
// no-op; a follower that acknowledges any entry of the term holds it (raft's log
// matching), also where the no-op itself came in a snapshot.
func (t *electionTransport) AppendEntries(id raft.ServerID, to raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	err := t.wholeTransport.AppendEntries(id, to, args, resp)
	if err != nil || !resp.Success || appendKind(args) == heartbeat {
		return err
	}
	f := t.follower(id)
	if f.told.Load() >= args.Term {
		return nil
	}
	at := clock.Now()
	raise(&f.term, args.Term)
	if holdsOwn(args) && raise(&f.told, args.Term) {
		t.emit(control.Event{Kind: control.EventNoop, AtNS: at, From: string(id), Term: args.Term, Index: firstOwn(args)})
	}
	return nil
}

// AppendEntriesPipeline implements raft.Transport. Raft asks for a pipeline once a
// follower has acknowledged anything, which may be an empty request from before the
// no-op was stored. The answers in a pipeline can be seen only by standing between it
// and raft for as long as it lives, which may be hours. So there is none until the
// no-op is acknowledged; raft goes on with single requests, asks again after each, and
// then has the transport's own.
func (t *electionTransport) AppendEntriesPipeline(id raft.ServerID, to raft.ServerAddress) (raft.AppendPipeline, error) {
	if f := t.follower(id); f.told.Load() < f.term.Load() {
		return nil, raft.ErrPipelineReplicationNotSupported
	}
	return t.wholeTransport.AppendEntriesPipeline(id, to)
}

// raise v to at least to, and tell whether it was lower.
func raise(v *atomic.Uint64, to uint64) bool {
	for {
		old := v.Load()
		if old >= to {
			return false
		}
		if v.CompareAndSwap(old, to) {
			return true
		}
	}
}

// holdsOwn tells whether a follower that acknowledges a request holds an entry of the
// request's own term.
func holdsOwn(args *raft.AppendEntriesRequest) bool {
	if n := len(args.Entries); n > 0 {
		return args.Entries[n-1].Term == args.Term
	}
	return args.PrevLogTerm == args.Term
}

// firstOwn is the index of the request's first entry of its own term: the no-op's,
// unless the follower had that from a snapshot.
func firstOwn(args *raft.AppendEntriesRequest) uint64 {
	for _, e := range args.Entries {
		if e.Term == args.Term {
			return e.Index
		}
	}
	return args.PrevLogEntry
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
