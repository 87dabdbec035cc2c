package node

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/raftbench/raftbench/control"
)

// patience bounds every wait of these tests; on a busy machine an election
// may take several rounds.
const patience = 20 * time.Second

// testOptions are those of a node in memory with timeouts that a busy machine
// keeps.
func testOptions(t *testing.T, id string) control.Options {
	raft := control.DefaultRaft()
	raft.HeartbeatTimeout, raft.ElectionTimeout, raft.LeaderLeaseTimeout = 300*time.Millisecond, 300*time.Millisecond, 250*time.Millisecond
	return control.Options{
		Version: control.Version, ID: id, DataDir: t.TempDir(), Seed: 1,
		Storage: control.Storage{Store: control.StoreMemory, LogCache: 512},
		Raft:    raft,
	}
}

func testLog(t *testing.T) hclog.Logger {
	level := hclog.Off
	if os.Getenv("NODE_TEST_LOG") != "" {
		level = hclog.Debug
	}
	return hclog.New(&hclog.LoggerOptions{Name: t.Name(), Level: level, Output: os.Stderr})
}

// startNode runs a node until the test ends, or the test closes it.
func startNode(t *testing.T, o control.Options) *Node {
	t.Helper()
	return startNodeWith(t, o, nil)
}

func startNodeWith(t *testing.T, o control.Options, events Events) *Node {
	t.Helper()
	n, err := New(t.Context(), o, testLog(t), events)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("close %s: %v", o.ID, err)
		}
	})
	return n
}

func peerOf(n *Node) control.Peer {
	l := n.Listen()
	return control.Peer{ID: n.opts.ID, Raft: l.Raft, Peer: l.Peer, Client: l.Client}
}

// startCluster forms a cluster of size nodes and returns it with a leader,
// which all agree on, first.
func startCluster(t *testing.T, size int, tweak func(*control.Options)) []*Node {
	t.Helper()
	return startClusterWith(t, size, tweak, func(string) Events { return nil })
}

func startClusterWith(t *testing.T, size int, tweak func(*control.Options), events func(id string) Events) []*Node {
	t.Helper()
	var nodes []*Node
	var peers []control.Peer
	for i := range size {
		o := testOptions(t, fmt.Sprintf("n%d", i+1))
		if tweak != nil {
			tweak(&o)
		}
		n := startNodeWith(t, o, events(o.ID))
		nodes, peers = append(nodes, n), append(peers, peerOf(n))
	}
	for _, n := range nodes {
		n.Peers(peers)
	}
	if err := nodes[0].Bootstrap(peers); err != nil {
		t.Fatal(err)
	}
	nodes = agreed(t, nodes)
	// A node knows its leader by a heartbeat, perhaps before it knows the
	// members; without them it would never stand for election.
	eventually(t, "all nodes have the configuration", func() bool {
		for _, n := range nodes {
			if n.raft.LastIndex() < 2 {
				return false
			}
		}
		return true
	})
	return nodes
}

// agreed waits for one leader that all nodes name, and puts it first.
func agreed(t *testing.T, nodes []*Node) []*Node {
	t.Helper()
	var first int
	eventually(t, "all nodes name one leader", func() bool {
		for _, n := range nodes {
			_, id := n.raft.LeaderWithID()
			if id == "" {
				return false
			}
			for j, leader := range nodes {
				if leader.opts.ID == string(id) {
					if n != nodes[0] && j != first {
						return false
					}
					first = j
				}
			}
		}
		return nodes[first].leads()
	})
	order := []*Node{nodes[first]}
	for i, n := range nodes {
		if i != first {
			order = append(order, n)
		}
	}
	return order
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func etcdClient(t *testing.T, n *Node) *clientv3.Client {
	t.Helper()
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{n.Listen().Client}, DialTimeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}
