package node

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// TestDialFollowsMove: a dial to a port that somebody silent holds now ends
// when the member is published elsewhere, not before, and not after raft's
// timeout; one that goes back to its old port can be dialled there again.
func TestDialFollowsMove(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() //nolint:errcheck // the test is over
	old := control.Peer{ID: "n2", Raft: silent.Addr().String()}
	moved := control.Peer{ID: "n2", Raft: "127.0.0.1:1"}
	end := netem.NewEndpoint("n1", 1)
	s := &stream{endpoint: end, peers: newPeers(control.Peer{ID: "n1", Raft: "self"})}
	dial := func() <-chan error {
		failed := make(chan error, 1)
		go func() {
			_, err := s.Dial(raft.ServerAddress(old.Raft), time.Hour)
			failed <- err
		}()
		conn, err := silent.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return failed
	}
	for range 2 {
		s.peers.publish([]control.Peer{old})
		failed := dial()
		s.peers.publish([]control.Peer{old}) // told again, it has not moved
		select {
		case err := <-failed:
			t.Fatalf("gave up on a member that has not moved: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
		s.peers.publish([]control.Peer{moved})
		select {
		case err := <-failed:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the dial cancelled", err)
			}
		case <-time.After(patience):
			t.Fatal("still dials where the member no longer listens")
		}
	}
	if err := end.Close(); err != nil {
		t.Error(err)
	}
}
