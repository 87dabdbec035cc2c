package bench

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// restless are three clusters under jitter, as many as are watched at once: their lease
// is too short for it in one, and their timeouts are far above it in two, of which the
// disks of one stall.
const restless = `
nodes: 3
trials: 0
proofs: 0
precision: 0%
network: {profile: none, links: [{jitter: 20ms, distribution: normal}]}
storage: {store: inmem, stall_every: 100ms}
workload: {warmup: 100ms}
watch: {duration: 1s, rate: 50/s}
arms:
  - {name: short, set: "raft.heartbeat_timeout=60ms; raft.election_timeout=120ms; raft.leader_lease_timeout=30ms"}
  - {name: long, set: "raft.heartbeat_timeout=60s; raft.election_timeout=60s; raft.leader_lease_timeout=50s"}
  - {name: long-stalls, set: "raft.heartbeat_timeout=60s; raft.election_timeout=60s; raft.leader_lease_timeout=50s; storage.stall_length=30ms"}
`

// electedIn counts who became leader in the trial's watch.
func electedIn(t results.Trial) (n int) {
	w := t.Window(results.RoleWatch)
	for _, e := range t.Events {
		if e.Kind == results.EventRole && e.State == results.StateLeader && e.AtNS > w.StartNS && e.AtNS < w.StartNS+w.DurationNS {
			n++
		}
	}
	return n
}

func heldWrites(t results.Trial) (n int64) {
	for _, r := range t.Resources {
		n += r.HeldWrites
	}
	return n
}

// TestAWatchSeesWhatUnsettlesALeader: a lease below the jitter ends, timeouts far
// above it hold; writes are held by a disk that stalls, and by no other. Since all
// come at random, it is watched until each was seen.
func TestAWatchSeesWhatUnsettlesALeader(t *testing.T) {
	deadline := time.Now().Add(3 * time.Minute)
	elected, held := 0, int64(0)
	for seed := 1; elected == 0 || held == 0; seed++ {
		if time.Now().After(deadline) {
			t.Fatalf("in 3 minutes %d elections and %d held writes, want some of each", elected, held)
		}
		for _, trial := range watchAll(t, restless, seed) {
			if trial.Kind != results.Watch || trial.Window(results.RoleWatch) == nil {
				t.Fatalf("%s: kind %s, windows %+v, remarks %+v; want a watch with its window", trial.Cell, trial.Kind, trial.Windows, trial.Remarks)
			}
			if strings.Contains(trial.Cell, "long") && (electedIn(trial) > 0 || !trial.Valid) {
				t.Errorf("%s: %d elections, valid %v: %+v; want a leader that nothing unsettles", trial.Cell, electedIn(trial), trial.Valid, trial.Remarks)
			}
			if !strings.Contains(trial.Cell, "stalls") && heldWrites(trial) > 0 {
				t.Errorf("%s: a disk without stalls held %d writes", trial.Cell, heldWrites(trial))
			}
			if strings.Contains(trial.Cell, "short") && trial.Valid {
				elected += electedIn(trial)
			}
			held += heldWrites(trial)
		}
	}
}

// watchAll runs a plan's watches, and wants all of them to have lived at once.
func watchAll(t *testing.T, text string, seed int) []results.Trial {
	t.Helper()
	e, err := configs.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	e.Seed = seed
	runner := testRunner(t, text, nil)
	if runner.Plan, err = e.Plan(); err != nil {
		t.Fatal(err)
	}
	var out []results.Trial
	runner.Progress = func(p Progress) {
		if p.Finished != nil {
			out = append(out, *p.Finished)
		}
	}
	if _, err := runner.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := len(runner.Plan.Setups); len(out) != n || slices.ContainsFunc(out, func(t results.Trial) bool { return len(t.Beside) != n-1 }) {
		t.Fatalf("%d trials of %d setups, want one of each, all at once", len(out), n)
	}
	return out
}

// TestWatchesComeLastAndInGroups: after proofs, as many processes at once as leave
// the host room; what was interrupted is watched again as a whole group.
func TestWatchesComeLastAndInGroups(t *testing.T) {
	p := somePlan(6, 2, 1, 1)
	p.Watch = time.Minute
	for i := range p.Setups {
		p.Setups[i].Nodes = 3
	}
	jobs := Order(p)
	watches := jobs[6*3:]
	at := map[int]int{}
	for _, j := range watches {
		if j.Kind != results.Watch || j.Trial != 4 || j.Block != 3 {
			t.Errorf("got %+v, want a watch: the cell's trial 4, behind 2 blocks and a proof", j)
		}
		at[j.Group]++
	}
	if len(watches) != 6 || at[0] != configs.MostWatched/3 || at[1] != 6-at[0] {
		t.Errorf("got %d watches in groups of %v, want 6, at most %d processes at once", len(watches), at, configs.MostWatched)
	}
	var done []results.Trial
	for _, j := range jobs[:len(jobs)-1] { // the second group lacks one
		done = append(done, results.Trial{Cell: j.Setup.Cell, Trial: j.Trial, Kind: j.Kind, Block: j.Block, Group: j.Group, Valid: true, Attempt: 1})
	}
	left := remaining(p, done)
	if len(left) != at[1] || slices.ContainsFunc(left, func(j Job) bool { return j.Kind != results.Watch || j.Group != 1 }) {
		t.Errorf("left are %+v, want all watches of the second group", left)
	}
}
