package node

import (
	"context"
	"time"

	"github.com/hashicorp/raft"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/protobuf/proto"

	"github.com/raftbench/raftbench/control"
)

// enqueueTimeout bounds how long an entry waits to enter raft's log when the
// request has no nearer deadline.
const enqueueTimeout = 10 * time.Second

// propose has a command applied by this node as leader and returns what it
// did. Waiting ends when raft answers: an entry once logged cannot be called
// back, and a leader that cannot commit loses its lease and says so.
func (n *Node) propose(ctx context.Context, command proto.Message) (proto.Message, error) {
	arrived := n.spans.stamp()
	data, err := encodeCommand(command)
	if err != nil {
		return nil, err
	}
	if len(data) > maxCommand {
		return nil, rpctypes.ErrGRPCRequestTooLarge
	}
	timeout := enqueueTimeout
	if deadline, ok := ctx.Deadline(); ok {
		if timeout = min(timeout, time.Until(deadline)); timeout <= 0 {
			return nil, errQueueFull // not handed to raft
		}
	}
	if mutant != noMutant {
		if made := n.answerUnproposed(command, data); made != nil {
			return made, nil
		}
	}
	future := n.raft.Apply(data, timeout)
	if err := future.Error(); err != nil {
		return nil, applyError(err)
	}
	n.acked.note(future.Index())
	done := future.Response().(outcome)
	if arrived != 0 && done.err == nil {
		n.spans.propose(control.Proposal{
			Index: future.Index(), Revision: revisionOf(done.resp), ArrivedNS: arrived, Forwarded: ctx.Value(forwarded{}) != nil,
		})
	}
	return done.resp, done.err
}

// revisionOf an answer that a client gets.
func revisionOf(m proto.Message) int64 {
	if a, ok := m.(answer); ok {
		return a.GetHeader().GetRevision()
	}
	return 0
}

func (n *Node) leads() bool { return n.raft.State() == raft.Leader }
