package node

import (
	"sync/atomic"

	"github.com/hashicorp/raft"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

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
