package cluster

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

func restartAll(t *testing.T, members []*Member) {
	t.Helper()
	for _, m := range members {
		if _, err := m.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var all errgroup.Group
	for _, m := range members {
		all.Go(func() error { return m.Restart(within(t, 15*time.Second)) })
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
}

// knowsAll checks that a fake node was last told where every member listens
// now.
func knowsAll(t *testing.T, m *Member) {
	t.Helper()
	s, err := m.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, l := range s.Links {
		told[l.From] = l.To
	}
	for _, other := range m.cluster.Members() {
		if at := other.Listen().Raft; told[other.ID()] != at {
			t.Errorf("%s believes that %s listens at %q, it does at %q", m.ID(), other.ID(), told[other.ID()], at)
		}
	}
}

// A member that is being started is asked nothing, and nobody waits for it.
// When it has started it learns what it missed, and the others learn of it.
func TestStartingMemberIsLeftAlone(t *testing.T) {
	gate := filepath.Join(t.TempDir(), "gate")
	spec := quickSpec(t, 2)
	spec.Start = fake(map[string]string{"n1": sound, "n2": waitsForGate + gate}, nil)
	c := start(t, spec)
	n1, n2 := c.Members()[0], c.Members()[1]
	for _, m := range c.Members() {
		if _, err := m.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(gate, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	restarted := make(chan error, 1)
	go func() { restarted <- n2.Restart(within(t, 15*time.Second)) }()
	for ctx := within(t, 10*time.Second); !n2.Alive(); time.Sleep(time.Millisecond) {
		if ctx.Err() != nil {
			t.Fatal("n2 is not being started")
		}
	}
	if err := n1.Restart(within(t, 5*time.Second)); err != nil {
		t.Errorf("restart of n1 while n2 is starting: %v", err)
	}
	if leader, _, err := c.Leader(within(t, 5*time.Second)); err != nil || leader != n1 {
		t.Errorf("leader while n2 is starting: %v (%v)", leader, err)
	}
	if err := os.Remove(gate); err != nil {
		t.Fatal(err)
	}
	if err := <-restarted; err != nil {
		t.Fatal(err)
	}
	knowsAll(t, n1)
	knowsAll(t, n2)
}

// However restarts overlap, in the end everybody knows where everybody is.
func TestParallelRestartsLoseNoAddress(t *testing.T) {
	spec := quickSpec(t, 5)
	flaws := map[string]string{}
	for _, n := range spec.Nodes {
		flaws[n.ID] = startsSlowly
	}
	spec.Start = fake(flaws, nil)
	c := start(t, spec)
	for range 10 {
		restartAll(t, c.Members())
		for _, m := range c.Members() {
			knowsAll(t, m)
		}
	}
}

// Real nodes that are all killed and restarted at once find each other.
func TestParallelRestarts(t *testing.T) {
	t.Parallel()
	c := start(t, quickSpec(t, 5))
	for range 3 {
		restartAll(t, c.Members())
		leaderOf(t, c)
	}
}
