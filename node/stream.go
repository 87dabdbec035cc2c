package node

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/raft"

	"github.com/raftbench/raftbench/netem"
)

// stream is raft's StreamLayer over emulated links.
type stream struct {
	net.Listener
	endpoint *netem.Endpoint
	peers    *peers
}

// Dial implements raft.StreamLayer.
func (s *stream) Dial(address raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	to, found := s.peers.at(string(address))
	if !found {
		return nil, fmt.Errorf("raft address %s belongs to no published member", address)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.endpoint.Dial(ctx, to, string(address))
}
