package bench

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// bootSystem boots a cluster of an experiment's first setup, outside any window.
func bootSystem(t *testing.T, text string) (*ownCluster, *timeline, configs.Setup) {
	t.Helper()
	start := starter(t) // builds the program the first time
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	job := Job{Setup: setups(t, text)[0], Kind: results.Measure, Trial: 1, Seed: 1}
	events := &timeline{}
	c, err := startCluster(ctx, job, start, nil, filepath.Join(t.TempDir(), "data"), t.TempDir(), events)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c, events, job.Setup
}

// harmed boots a cluster to do faults to.
func harmed(t *testing.T, text string) (*ownCluster, *faults) {
	t.Helper()
	c, events, setup := bootSystem(t, text)
	f, err := newFaults(context.Background(), setup, c, events, &record{})
	if err != nil {
		t.Fatal(err)
	}
	return c, f
}

func (f *faults) must(t *testing.T, action, target string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if _, err := f.do(ctx, configs.TimedFault{Action: action, Target: target}); err != nil {
		t.Fatalf("%s %s: %v", action, target, err)
	}
}

// become waits until a member is in this state of raft's.
func become(t *testing.T, m *cluster.Member, state string) (leader string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		s, err := m.Stats(ctx)
		if err != nil {
			t.Fatalf("%s never became a %s: %v", m.ID(), state, err)
		}
		if s.State == state {
			return s.Leader
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// A member that loses its power inside a partition comes back inside it, and
// so does one that is cut off while it is down: it stands for election and
// finds nobody, which one that hears of a leader never does. In the end all
// are one cluster again.
func TestAPartitionOutlastsAPowerLoss(t *testing.T) {
	c, f := harmed(t, `
nodes: 3
network: {profile: none}
raft: {heartbeat_timeout: 500ms, election_timeout: 500ms, leader_lease_timeout: 400ms}
storage: {power_loss: true}
workload: {load: {mode: calm}, calm: {rate: 100/s, duration: 600ms}}
faults: [{at: 100ms, action: isolate, target: n3}]
`)
	n3 := c.cluster.Member("n3")
	for _, faults := range [][]string{{"isolate", "power-loss"}, {"heal", "kill", "isolate", "restart"}} {
		for _, action := range faults {
			f.must(t, action, "n3")
		}
		if leader := become(t, n3, "Candidate"); leader != "" {
			t.Errorf("%v: n3 knows the leader %s", faults, leader)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := f.undoAll(ctx); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.cluster.Leader(ctx); err != nil {
		t.Errorf("after the end of all faults: %v", err)
	}
}

// What was cut and killed is up and healed when the faults are over.
func TestUndoHealsTheDead(t *testing.T) {
	c, f := harmed(t, quickly+"faults: [{at: 100ms, action: isolate, target: n3}]\n")
	for _, action := range []string{"isolate", "kill"} {
		f.must(t, action, "n3")
	}
	f.must(t, "partition", "n3->n1")
	f.must(t, "pause", "n2")
	f.must(t, "isolate", "n2") // nobody waits for its answer
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := f.undoAll(ctx); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.cluster.Leader(ctx); err != nil {
		t.Errorf("after the end of all faults: %v", err)
	}
}

// The audit finds no message faults: under them replicas might never agree.
func TestMessageFaultsEndBeforeTheAudit(t *testing.T) {
	c, _, _ := bootSystem(t, "nodes: 3\nnetwork: {message_faults: {duplicate: 1%, max_delay: 1ms}}\nstorage: {store: inmem}")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, m := range c.Members() {
		if err := m.MessageFaults(ctx, &control.MessageFaults{Drop: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := stopMessageFaults(ctx, c); err != nil {
		t.Fatal(err)
	}
	// All messages were lost: without the end nobody would be agreed on.
	if _, err := c.Leader(ctx); err != nil {
		t.Fatal(err)
	}
	to, err := c.Servers()[0].Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close() //nolint:errcheck // the test is over
	for {
		if _, err := to.Put(ctx, "k", nil); err == nil {
			return
		} else if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}
