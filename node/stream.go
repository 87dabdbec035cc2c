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
	failures *failures
}

// Dial implements raft.StreamLayer. It gives up when the member is published
// elsewhere: whoever holds the old port now may accept and never say a word.
func (s *stream) Dial(address raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	at, found := s.peers.at(string(address))
	if !found {
		return nil, fmt.Errorf("raft address %s belongs to no published member", address)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	defer context.AfterFunc(at.left, cancel)()
	conn, err := s.endpoint.Dial(ctx, at.owner, string(address))
	return conn, s.failures.noteHost(err)
}
