package bench

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// harmed boots a cluster to do faults to, outside any window.
func harmed(t *testing.T, text string) *harm {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	job := Job{Setup: setups(t, text)[0], Kind: results.Measure, Trial: 1, Seed: 1}
	r, err := boot(ctx, job, starter(t), filepath.Join(t.TempDir(), "data"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	h, err := (&trial{job: job, rig: r}).newHarm(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *harm) must(t *testing.T, action, target string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := h.do(ctx, configs.TimedFault{Action: action, Target: target}); err != nil {
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
	h := harmed(t, `
nodes: 3
network: {profile: none}
raft: {heartbeat_timeout: 500ms, election_timeout: 500ms, leader_lease_timeout: 400ms}
storage: {power_loss: true}
workload: {load: {mode: calm}, calm: {rate: 100/s, duration: 600ms}}
faults: [{at: 100ms, action: isolate, target: n3}]
`)
	n3 := h.rig.cluster.Member("n3")
	for _, faults := range [][]string{{"isolate", "power-loss"}, {"heal", "kill", "partition", "restart"}} {
		for _, action := range faults {
			h.must(t, action, "n3")
		}
		if leader := become(t, n3, "Candidate"); leader != "" {
			t.Errorf("%v: n3 knows the leader %s", faults, leader)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := h.recover(ctx); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.rig.cluster.Leader(ctx); err != nil {
		t.Errorf("after the end of all faults: %v", err)
	}
}

// What was cut and killed is up and healed when the faults are over.
func TestRecoverHealsTheDead(t *testing.T) {
	h := harmed(t, quickly+"faults: [{at: 100ms, action: isolate, target: n3}]\n")
	for _, action := range []string{"isolate", "kill"} {
		h.must(t, action, "n3")
	}
	h.must(t, "partition", "n3->n1")
	h.must(t, "pause", "n2")
	h.must(t, "isolate", "n2") // nobody waits for its answer
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := h.recover(ctx); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.rig.cluster.Leader(ctx); err != nil {
		t.Errorf("after the end of all faults: %v", err)
	}
}
