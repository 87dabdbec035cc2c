//go:build mutants

package node

import (
	"context"
	"math"
	"time"

	"github.com/hashicorp/raft"
	"google.golang.org/grpc/status"
)

// spoiledTransport stands between raft and its network.
func spoiledTransport(t wholeTransport, p *peers) wholeTransport {
	switch mutant {
	case quorumTooSmall:
		return &presuming{wholeTransport: t, peers: p}
	case anyLogElected:
		return newTrusting(t)
	}
	return t
}

// presuming takes one follower's silence for an acknowledgement, so that one real one
// too few commits an entry.
type presuming struct {
	wholeTransport
	peers *peers
}

// presumed is the follower in question: the last of the others by its id.
func (t *presuming) presumed(id raft.ServerID) bool {
	last := ""
	for _, m := range t.peers.all() {
		if memberID(m.ID) != t.peers.number {
			last = m.ID
		}
	}
	return string(id) == last
}

// AppendEntries implements raft.Transport.
func (t *presuming) AppendEntries(id raft.ServerID, to raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	err := t.wholeTransport.AppendEntries(id, to, args, resp)
	if err == nil || !t.presumed(id) {
		return err
	}
	*resp = raft.AppendEntriesResponse{
		RPCHeader: raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax},
		Term:      args.Term, LastLog: args.PrevLogEntry + uint64(len(args.Entries)), Success: true,
	}
	return nil
}

// AppendEntriesPipeline implements raft.Transport.
func (t *presuming) AppendEntriesPipeline(id raft.ServerID, to raft.ServerAddress) (raft.AppendPipeline, error) {
	if t.presumed(id) {
		return nil, raft.ErrPipelineReplicationNotSupported
	}
	return t.wholeTransport.AppendEntriesPipeline(id, to)
}

// trusting has this node believe that every candidate's log is longer than its own.
// The rest of the election is raft's.
type trusting struct {
	wholeTransport
	rpcs chan raft.RPC
	stop context.CancelFunc
}

func newTrusting(t wholeTransport) *trusting {
	closing, stop := context.WithCancel(context.Background())
	u := &trusting{wholeTransport: t, rpcs: make(chan raft.RPC), stop: stop}
	go u.pass(closing)
	return u
}

// pass hands RPCs on until the transport closes.
func (t *trusting) pass(closing context.Context) {
	for {
		select {
		case rpc := <-t.wholeTransport.Consumer():
			switch r := rpc.Command.(type) {
			case *raft.RequestVoteRequest:
				r.LastLogTerm, r.LastLogIndex = math.MaxUint64, math.MaxUint64
			case *raft.RequestPreVoteRequest:
				r.LastLogTerm, r.LastLogIndex = math.MaxUint64, math.MaxUint64
			}
			select {
			case t.rpcs <- rpc:
			case <-closing.Done():
				return
			}
		case <-closing.Done():
			return
		}
	}
}

// Consumer implements raft.Transport.
func (t *trusting) Consumer() <-chan raft.RPC { return t.rpcs }

// Close implements raft.WithClose.
func (t *trusting) Close() error {
	t.stop()
	return t.wholeTransport.Close()
}

// forwardAgain forwards a request once more when nobody knows what became of the
// first time, to whoever leads then. err is the first time's error.
func (n *Node) forwardAgain(ctx context.Context, method string, r, resp any, err error) error {
	if err == nil || method == forwardRange || rejected(err) {
		return err
	}
	for ctx.Err() == nil {
		_, leader := n.raft.LeaderWithID()
		if leader != "" && string(leader) != n.opts.ID {
			if conn, broken := n.forwarder.ready(ctx, string(leader)); broken == nil {
				if again := conn.Invoke(ctx, method, r, resp); !rejected(again) {
					return again
				}
			}
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return err
}

// rejected tells an error that says that nothing was done.
func rejected(err error) bool {
	if err == nil {
		return false
	}
	said := status.Convert(err).Message()
	for _, e := range []error{errNotLeader, errNoLeader, errQueueFull} {
		if said == status.Convert(e).Message() {
			return true
		}
	}
	return false
}
