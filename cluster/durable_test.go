package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	raftboltdb "github.com/hashicorp/raft-boltdb/v2"

	"github.com/raftbench/raftbench/control"
)

// underLoad writes to the member until stopped, whatever becomes of the writes.
func underLoad(t *testing.T, m *Member) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := connect(t, m)
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for ctx.Err() == nil {
				_, _ = c.Put(ctx, "k", make([]byte, 256))
			}
		})
	}
	return func() { cancel(); writers.Wait() }
}

// durableFrom waits until the member reports an index from this one on.
func durableFrom(t *testing.T, m *Member, least uint64) {
	t.Helper()
	for ctx := within(t, time.Minute); ; time.Sleep(time.Millisecond) {
		if index, ok := m.Durable(); ok && index >= least {
			return
		}
		if ctx.Err() != nil {
			index, ok := m.Durable()
			t.Fatalf("%s reports %d (%v), wanted %d", m.ID(), index, ok, least)
		}
	}
}

// killAll leaves nobody alive who could fill in what another has lost, and
// returns what each had reported.
func killAll(t *testing.T, c *Cluster) map[*Member]uint64 {
	t.Helper()
	reported := map[*Member]uint64{}
	for _, m := range c.Members() {
		if _, err := m.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
		reported[m], _ = m.Durable()
	}
	return reported
}

// found restarts the member and tells up to where its disk reached.
func found(t *testing.T, m *Member) uint64 {
	t.Helper()
	if err := m.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	disk, ok := m.OnDisk()
	if !ok {
		t.Fatalf("%s does not say what it found", m.ID())
	}
	return disk.Last()
}

// Whenever a node is killed, its disk holds what it has reported, through
// compaction and snapshots too.
func TestHonestDisksHoldWhatWasReported(t *testing.T) {
	t.Parallel()
	spec := steadySpec(t, 3)
	for i := range spec.Nodes {
		spec.Nodes[i].Raft.TrailingLogs, spec.Nodes[i].Raft.SnapshotThreshold = 10, 50
		spec.Nodes[i].Raft.SnapshotInterval = 20 * time.Millisecond
	}
	c := start(t, spec)
	for round := range 3 {
		stop := underLoad(t, leaderOf(t, c))
		for _, m := range c.Members() {
			before, _ := m.Durable()
			durableFrom(t, m, before+100)
		}
		reported := killAll(t, c)
		stop()
		for m, index := range reported {
			if got := found(t, m); got < index {
				t.Errorf("round %d: %s found its disk to reach to %d, it had reported %d", round, m.ID(), got, index)
			}
		}
	}
}

// What is wiped, or cut off at the end, shows at the next start.
func TestLossShows(t *testing.T) {
	t.Parallel()
	c := start(t, steadySpec(t, 3))
	stop := underLoad(t, leaderOf(t, c))
	for _, m := range c.Members() {
		durableFrom(t, m, 100)
	}
	stop()
	for _, m := range c.Members() { // the last reports may still be on their way
		s, err := m.Stats(t.Context())
		if err != nil || s.DurableIndex == nil {
			t.Fatalf("%s: %+v, %v", m.ID(), s, err)
		}
		durableFrom(t, m, *s.DurableIndex)
	}
	reported := killAll(t, c)
	wiped, cut, whole := c.Members()[0], c.Members()[1], c.Members()[2]
	if err := os.RemoveAll(wiped.DataDir()); err != nil {
		t.Fatal(err)
	}
	forgetLast(t, cut, 20)
	for m, lost := range map[*Member]bool{wiped: true, cut: true, whole: false} {
		if got := found(t, m); (got < reported[m]) != lost {
			t.Errorf("%s found %d on its disk and had reported %d, lost some: %v", m.ID(), got, reported[m], lost)
		}
	}
}

// forgetLast deletes the last entries of a log that nobody has open.
func forgetLast(t *testing.T, m *Member, entries uint64) {
	t.Helper()
	store, err := raftboltdb.New(raftboltdb.Options{Path: filepath.Join(m.DataDir(), "raft.db")})
	if err != nil {
		t.Fatal(err)
	}
	last, err := store.LastIndex()
	if err == nil {
		err = store.DeleteRange(last-entries+1, last)
	}
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
}

// reports keeps what each member reports to be durable.
type reports struct {
	mu sync.Mutex
	of map[string][]uint64
}

func (r *reports) hear(id string, e control.Event) {
	if e.Kind == control.EventDurable {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.of[id] = append(r.of[id], e.Index)
	}
}

// wentBack tells whether a member has ever reported less than before.
func (r *reports) wentBack(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !slices.IsSorted(r.of[id])
}

// The log of a deposed leader is truncated by its successor, lawfully: the
// report goes back with it, and the disk is held against that.
func TestTruncationIsReported(t *testing.T) {
	t.Parallel()
	spec := steadySpec(t, 3)
	told := &reports{of: map[string][]uint64{}}
	spec.OnEvent = told.hear
	c := start(t, spec)
	var deposed *Member
	for ctx := within(t, 2*time.Minute); deposed == nil || !told.wentBack(deposed.ID()); {
		if ctx.Err() != nil {
			t.Fatalf("nobody was truncated: %v", told.of)
		}
		deposed = depose(t, c)
	}
	reported := killAll(t, c)
	for m, index := range reported {
		if got := found(t, m); got < index {
			t.Errorf("%s found its disk to reach to %d, it had reported %d", m.ID(), got, index)
		}
	}
}

// depose cuts the leader off under load, so that it logs what nobody else
// gets, and lets it come back to another.
func depose(t *testing.T, c *Cluster) *Member {
	t.Helper()
	leader := leaderOf(t, c)
	stop := underLoad(t, leader)
	durableFrom(t, leader, 1)
	ownLinks(t, leader, control.FaultCut)
	for ctx := within(t, time.Minute); ; time.Sleep(time.Millisecond) {
		if next, _ := c.Current(); next != nil && next != leader {
			break
		}
		if ctx.Err() != nil {
			t.Fatal("nobody else leads")
		}
	}
	stop()
	ownLinks(t, leader, control.FaultHeal)
	caughtUp(t, leader, written(t, leaderOf(t, c)))
	return leader
}
