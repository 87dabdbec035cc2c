package bench

import (
	"context"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// quickly is three nodes that elect fast, with a calm window only.
const quickly = `
nodes: 3
network: {profile: none}
raft: {heartbeat_timeout: 150ms, election_timeout: 150ms, leader_lease_timeout: 100ms}
workload:
  warmup: 100ms
  load: {mode: calm}
  calm: {rate: 100/s, duration: 600ms}
`

// runTrial runs one trial on real nodes; during is called when its calm
// window begins, beside it.
func runTrial(t *testing.T, text string, kind results.TrialKind, during func(*rig)) results.Trial {
	t.Helper()
	w, err := results.Create(filepath.Join(t.TempDir(), "run"), results.Environment{SchemaVersion: results.SchemaVersion}, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	runner := &Runner{Writer: w, Start: starter(t), Host: results.Environment{FsyncReal: true}, capacities: map[string]float64{}}
	trial := runner.newTrial(Job{Setup: setups(t, text)[0], Kind: kind, Trial: 1, Seed: 1}, 1)
	var beside sync.WaitGroup
	trial.stage = func(s string) {
		if s == results.WindowCalm && during != nil {
			beside.Go(func() {
				time.Sleep(200 * time.Millisecond)
				during(trial.rig)
			})
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := trial.run(ctx); err != nil {
		t.Fatal(err)
	}
	beside.Wait()
	return trial.record
}

func says(lines []string, what string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, what) })
}

func TestALeaderThatChangesSpoilsACalmWindow(t *testing.T) {
	r := runTrial(t, quickly, results.Measure, func(r *rig) {
		if err := r.cluster.Transfer(context.Background(), "n2"); err != nil {
			t.Error(err)
		}
	})
	if r.Valid || !says(r.InvalidReasons, "the leader or the term changed") {
		t.Errorf("valid %v, reasons %q; want the change of leader", r.Valid, r.InvalidReasons)
	}
}

// A node that dies unasked fails its trial with how it ended and its last
// words, and the audit still looks at what can be asked.
func TestANodeThatDiesFailsItsTrialWithItsLog(t *testing.T) {
	r := runTrial(t, quickly, results.Measure, func(r *rig) {
		if err := syscall.Kill(r.cluster.Member("n3").PID(), syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	})
	if r.Valid || !says(r.InvalidReasons, "n3") || !says(r.InvalidReasons, "killed") || !says(r.InvalidReasons, "entering follower state") {
		t.Errorf("valid %v, reasons %q; want the death of n3 and the tail of its log", r.Valid, r.InvalidReasons)
	}
	if r.Audit == nil || r.Audit.Lost != 0 || len(r.Audit.Findings) > 0 {
		t.Errorf("audit %+v; want one without objections", r.Audit)
	}
}

func TestASnapshotInAWindowIsFlagged(t *testing.T) {
	r := runTrial(t, quickly, results.Measure, func(r *rig) {
		if err := r.cluster.Member("n1").Snapshot(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if !says(r.Flags, "snapshots fell into it") {
		t.Errorf("flags %q do not tell of the snapshot", r.Flags)
	}
}

// Every core is kept busy by others for the whole trial.
func TestABusyHostIsFlagged(t *testing.T) {
	for range 2 * runtime.NumCPU() {
		spin := exec.Command("sh", "-c", "while :; do :; done")
		if err := spin.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = spin.Process.Kill()
			_ = spin.Wait()
		}()
	}
	// One node under raft's own timeouts: nothing is lost when it starves.
	r := runTrial(t, "nodes: 1\nnetwork: {profile: none}\nworkload: {warmup: 100ms, load: {mode: calm}, calm: {rate: 100/s, duration: 600ms}}", results.Measure, nil)
	if !says(r.Flags, "the host's CPU was") || !says(r.Flags, "other processes took") {
		t.Errorf("flags %q do not tell of the busy host", r.Flags)
	}
}

// A disk that does not sync is said beside every number it made faster.
func TestAnUnrealSyncIsFlagged(t *testing.T) {
	trial := &trial{job: Job{Setup: setups(t, quickly)[0]}, runner: &Runner{Host: results.Environment{Filesystem: "tmpfs", FsyncP50NS: 200}}}
	trial.rig = &rig{}
	trial.flagDisk()
	if len(trial.record.Flags) > 0 {
		t.Error("a cluster elsewhere was judged by this host's disk")
	}
	r := runTrial(t, strings.Replace(quickly, "nodes: 3", "nodes: 1\nstorage: {sync: 1ms}", 1), results.Measure, nil)
	if says(r.Flags, "fsync is not real") {
		t.Errorf("an emulated disk was judged by the real one: %q", r.Flags)
	}
}

// Faults that an experiment asks for are done, survived and audited.
func TestAnExperimentsFaultsAreDone(t *testing.T) {
	text := strings.Replace(quickly, "600ms", "2s", 1) +
		"faults: [{at: 200ms, action: kill, target: leader}, {at: 1s, action: restart, target: leader}, {at: 1200ms, action: isolate, target: follower}, {at: 1500ms, action: heal, target: follower}]\n"
	r := runTrial(t, text, results.Measure, nil)
	if !r.Valid {
		t.Fatalf("invalid: %q", r.InvalidReasons)
	}
	if !says(r.Flags, "fault: kill leader at 200ms") {
		t.Errorf("flags %q do not tell what was done", r.Flags)
	}
	if r.Audit == nil || r.Audit.Nodes != 3 || len(r.Audit.Findings) > 0 || r.Audit.Acked == 0 {
		t.Errorf("audit %+v; want all three nodes without objections", r.Audit)
	}
	if w := r.Windows[0]; w.Completed == w.Due {
		t.Errorf("all %d operations were completed: was the leader killed at all?", w.Due)
	}
}

// A store that keeps nothing shows that writes go on and stop; what a restart
// would show stays unproven, and is no violation.
func TestAProofWithoutDurabilityIsNoViolation(t *testing.T) {
	text := strings.Replace(quickly, "network:", "storage: {store: inmem}\nnetwork:", 1)
	r := runTrial(t, text, results.Proof, nil)
	if !r.Valid || r.Proof.Survived != 1 || r.Proof.BlockedAt != 2 || r.Proof.Restarted {
		t.Errorf("valid %v %q, proof %+v; want survived 1, blocked at 2, no restart", r.Valid, r.InvalidReasons, r.Proof)
	}
	if !says(r.Flags, "not proven") {
		t.Errorf("flags %q do not say what was not proven", r.Flags)
	}
}
