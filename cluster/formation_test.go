package cluster

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/profiles"
)

// From nothing to a leader that every node names, at the place that was asked
// for. The way takes some 0.1 s for seven nodes with default timeouts on an
// idle host, which is logged, not judged.
func TestFormation(t *testing.T) {
	defaults := control.DefaultRaft()
	tests := []struct {
		nodes  int
		leader string
		raft   control.Raft
	}{
		{1, "", quickRaft()},
		{2, "n2", steadyRaft()},
		{3, "n3", steadyRaft()},
		{7, "n4", defaults},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d nodes", test.nodes), func(t *testing.T) {
			spec := quickSpec(t, test.nodes)
			spec.Leader = test.leader
			for i := range spec.Nodes {
				spec.Nodes[i].Raft = test.raft
			}
			spec.Start = Local(binary(t))            // its build is no part of the way
			listening := map[string]control.Listen{} // OnEvent's calls are serialised
			spec.OnEvent = func(id string, e control.Event) {
				if e.Kind == control.EventListening {
					listening[id] = *e.Listen
				}
			}
			began := time.Now()
			c := start(t, spec)
			t.Logf("%d nodes agreed on a leader after %v", test.nodes, time.Since(began))

			leader, term, err := c.Leader(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if test.leader != "" && leader.ID() != test.leader {
				t.Errorf("leader is %s, wanted %s", leader.ID(), test.leader)
			}
			if current, in := c.Current(); current != leader || in != term {
				t.Errorf("by the events %v leads in term %d, by the members %s in %d", current, in, leader.ID(), term)
			}
			pids, ports := map[int]bool{}, map[string]bool{}
			for _, m := range c.Members() {
				s, err := m.Stats(t.Context())
				if err != nil || s.Leader != leader.ID() || s.Term != term {
					t.Errorf("%s says %q leads in term %d (%v)", m.ID(), s.Leader, s.Term, err)
				}
				if group, err := syscall.Getpgid(m.PID()); err != nil || group != m.PID() {
					t.Errorf("%s is of process group %d (%v), wanted its own %d", m.ID(), group, err, m.PID())
				}
				pids[m.PID()] = true
				for _, a := range []string{m.Listen().Raft, m.Listen().Client, m.Listen().Peer} {
					ports[a] = true
				}
				if m.Listen() != listening[m.ID()] {
					t.Errorf("%s listens at %+v, its event said %+v", m.ID(), m.Listen(), listening[m.ID()])
				}
				if _, err := os.Stat(m.LogPath()); err != nil {
					t.Error(err)
				}
			}
			if len(pids) != test.nodes || len(ports) != 3*test.nodes {
				t.Errorf("%d processes at %d addresses, wanted %d and %d", len(pids), len(ports), test.nodes, 3*test.nodes)
			}
		})
	}
}

// The first election does not wait for a timeout, and crosses any distance: a
// node that had to wait here would outlast the boot's bound.
func TestFormationFarApart(t *testing.T) {
	t.Parallel()
	world, err := profiles.Lookup("aws-global-5")
	if err != nil {
		t.Fatal(err)
	}
	r := control.DefaultRaft()
	r.HeartbeatTimeout, r.ElectionTimeout = time.Minute, time.Minute
	spec := quickSpec(t, 7)
	spec.Nodes = Nodes(7, world, r, control.DefaultStorage(), 1)
	spec.Start = Local(binary(t))
	began := time.Now()
	c := start(t, spec)
	t.Logf("7 nodes in 5 regions agreed on a leader after %v", time.Since(began))
	if leader := leaderOf(t, c); leader.ID() != "n1" {
		t.Errorf("leader is %s, wanted the bootstrapped n1", leader.ID())
	}
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	c := start(t, steadySpec(t, 3))
	for _, id := range []string{"n3", "n1", "n1", "n2"} {
		if err := c.Transfer(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if leader, _, err := c.Leader(t.Context()); err != nil || leader.ID() != id {
			t.Fatalf("leader is %v (%v), wanted %s", leader, err, id)
		}
	}
	if err := c.Transfer(t.Context(), "n9"); err == nil {
		t.Error("transferred to nobody")
	}
}

// Without a majority there is no leader, and the wait for one ends.
func TestNoLeaderWithoutMajority(t *testing.T) {
	c := start(t, quickSpec(t, 3))
	leader, term, err := c.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range c.Members() {
		if m != leader {
			if _, err := m.Kill(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The leader steps down when its lease is over.
	for ctx := within(t, 10*time.Second); ; {
		if s, err := leader.Stats(ctx); err != nil || s.State != stateLeader {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	var wait *WaitError
	if _, _, err := c.Leader(within(t, 300*time.Millisecond)); !errors.As(err, &wait) {
		t.Errorf("got %v, wanted a WaitError", err)
	}
	if current, _ := c.Current(); current != nil {
		t.Errorf("%s leads without a majority", current.ID())
	}
	for _, m := range c.Members() {
		if !m.Alive() {
			if err := m.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, again, err := c.Leader(t.Context()); err != nil || again <= term {
		t.Errorf("after the restart: term %d, was %d (%v)", again, term, err)
	}
}
