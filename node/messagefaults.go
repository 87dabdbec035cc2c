package node

import (
	"github.com/hashicorp/raft"

	"github.com/raftbench/raftbench/control"
)

func newFaultyTransport(t *raft.NetworkTransport, f control.MessageFaults, seed int64) raft.Transport {
	return t
}
