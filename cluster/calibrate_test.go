package cluster

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sync/errgroup"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// calibrateAll has every member probe its links to all others.
func calibrateAll(ctx context.Context, c *Cluster) error {
	var all errgroup.Group
	slot := 0
	for _, m := range c.Members() {
		order := control.Calibrate{
			Slots: map[string]int{}, SlotCount: len(c.Members()) * (len(c.Members()) - 1),
			Probes: 10, Every: 10 * time.Millisecond, Patience: 5 * time.Second,
		}
		for _, other := range m.others() {
			order.Slots[other], slot = slot, slot+1
		}
		all.Go(func() error { return m.Calibrate(ctx, order) })
	}
	return all.Wait()
}

// samples of each link at its receiver, by "from→to", and what it asks for.
func samples(t *testing.T, c *Cluster) (counts map[string]int64, asked map[string]time.Duration) {
	t.Helper()
	counts, asked = map[string]int64{}, map[string]time.Duration{}
	for _, m := range c.Members() {
		s, err := m.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range s.Links {
			h, err := hdrhistogram.Decode([]byte(l.Error))
			if err != nil {
				t.Fatal(err)
			}
			counts[l.From+"→"+l.To], asked[l.From+"→"+l.To] = h.TotalCount(), l.Asked
		}
	}
	return counts, asked
}

// Every directed link is known after its calibration, also those between
// followers, that raft leaves idle; and raft is none the wiser. How many of
// the probes found their reader waiting is the host's affair, so it may take
// more than one.
func TestCalibrationMeasuresEveryLink(t *testing.T) {
	t.Parallel()
	const enough = 5
	spec := quickSpec(t, 3)
	delays := map[string]time.Duration{}
	for i := range spec.Nodes {
		n := &spec.Nodes[i]
		// Nothing but the calibration could move the leader.
		n.Raft.HeartbeatTimeout, n.Raft.ElectionTimeout, n.Raft.LeaderLeaseTimeout = time.Minute, time.Minute, time.Minute
		for j, to := range []string{"n1", "n2", "n3"} {
			if to != n.ID {
				delays[n.ID+"→"+to] = time.Duration(1+3*i+j) * time.Millisecond
				n.Links[to] = netem.Shape{Delay: delays[n.ID+"→"+to]}
			}
		}
	}
	c := start(t, spec)
	leader, term, err := c.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before, _ := samples(t, c)
	ctx := within(t, 30*time.Second)
	for pass := 1; ; pass++ {
		if err := calibrateAll(ctx, c); err != nil {
			t.Fatal(err)
		}
		counts, asked := samples(t, c)
		missing := 0
		for link, delay := range delays {
			if asked[link] != delay && counts[link] > 0 {
				t.Errorf("%s asks for %v, wanted %v", link, asked[link], delay)
			}
			if counts[link]-before[link] < enough {
				missing++
			}
		}
		t.Logf("pass %d: samples %v", pass, counts)
		if missing == 0 {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("%d of %d links have fewer than %d samples: %v", missing, len(delays), enough, counts)
		}
	}
	if now, in, err := c.Leader(t.Context()); err != nil || now != leader || in != term {
		t.Errorf("%v leads in term %d (%v), before it was %s in %d", now, in, err, leader.ID(), term)
	}
	for _, m := range c.Members() {
		log, err := os.ReadFile(m.LogPath())
		if err != nil || bytes.Contains(log, []byte("failed to decode incoming command")) {
			t.Errorf("raft of %s stumbled over its calibration (%v): %s", m.ID(), err, log)
		}
	}
}
