package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"testing"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// besides are two setups that are measured side by side.
const besides = `
nodes: [1, 3]
trials: 2
proofs: 0
network: {profile: none}
raft: {heartbeat_timeout: 150ms, election_timeout: 150ms, leader_lease_timeout: 100ms}
workload:
  warmup: 100ms
  calm: {rate: 50/s, duration: 600ms}
  saturate: {clients: 8, duration: 500ms}
`

// besideRunner runs a whole plan.
func besideRunner(t *testing.T, progress func(Progress)) *Runner {
	t.Helper()
	runner := testRunner(t, besides, nil)
	runner.Plan = somePlan(2, 2, 0, 1)
	runner.Plan.Setups = setups(t, besides)
	runner.Progress = progress
	return runner
}

func recorded(t *testing.T, r *Runner) []results.Trial {
	t.Helper()
	run, err := results.Open(r.Writer.Dir())
	if err != nil {
		t.Fatal(err)
	}
	return run.Trials
}

// Setups of a block live at once, and the record tells what stood beside a
// trial, and what it took without load.
func TestSetupsOfABlockAreMeasuredSideBySide(t *testing.T) {
	runner := besideRunner(t, nil)
	if _, err := runner.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	trials := recorded(t, runner)
	if len(trials) != 4 {
		t.Fatalf("got %d trials, want 4", len(trials))
	}
	for i, r := range trials {
		other := trials[i^1]
		if !slices.Equal(r.Beside, []string{other.Cell}) || r.Block != other.Block || r.Block != r.Trial-1 {
			t.Errorf("%s of block %d stands beside %v, want %s", r.Cell, r.Block, r.Beside, other.Cell)
		}
		light, full := r.Window(results.RoleLight), r.Window(results.RoleFull)
		if light == nil || full == nil || light.Attempted < 25 || light.Completed == 0 || full.Completed == 0 {
			t.Fatalf("%s: light %+v, full %+v; want both", r.Cell, light, full)
		}
		if r.Idle == nil || r.Idle.CPUSeconds <= 0 || (r.Nodes > 1) != (r.Idle.NetworkBytes > 0) {
			t.Errorf("%s of %d nodes takes %+v without load: want CPU, and heartbeats if there is a follower", r.Cell, r.Nodes, r.Idle)
		}
		if r.Audit == nil || r.Audit.Lost != 0 || r.Audit.Acked < light.Completed+full.Completed {
			t.Errorf("%s: audit %+v, want every write of both windows audited", r.Cell, r.Audit)
		}
	}
	// The light windows lie in the same stretch, and full load does not.
	a, b := trials[0].Window(results.RoleLight), trials[1].Window(results.RoleLight)
	if at := abs(a.StartNS - b.StartNS); at > a.DurationNS/2 {
		t.Errorf("the light windows begin %d ns apart, want them together", at)
	}
}

func abs(n int64) int64 { return max(n, -n) }

// A setup whose node dies drops out of its block, and the others stay.
func TestASetupThatFailsDropsOutOfItsBlock(t *testing.T) {
	runner := besideRunner(t, nil)
	var trials []*trial
	for _, job := range Order(runner.Plan)[:2] {
		tr := runner.newTrial(job, 1)
		tr.tell = func(stage Stage) {
			if stage != results.WindowCalm || job.Setup.Nodes != 3 {
				return
			}
			if err := syscall.Kill(tr.system.(*ownCluster).cluster.Member("n2").PID(), syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}
		trials = append(trials, tr)
	}
	if err := newBlock(trials).run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tr := range trials {
		_, failed := says(tr.record.Remarks, results.CodeFailed)
		// A busy host may spoil the other's numbers, which is no failure.
		if want := tr.job.Setup.Nodes == 3; failed != want || want && tr.record.Valid {
			t.Errorf("%d nodes: failed %v, valid %v, remarks %+v; want only the three to fail", tr.job.Setup.Nodes, failed, tr.record.Valid, tr.record.Remarks)
		}
	}
}

// So does one whose nodes do not start at all, such as those of a build that is
// broken.
func TestASetupThatDoesNotStartDropsOutOfItsBlock(t *testing.T) {
	runner := besideRunner(t, nil)
	right := runner.Start
	runner.Start = func(s configs.Setup) Starter {
		if s.Nodes == 3 {
			return cluster.Local("/bin/false")
		}
		return right(s)
	}
	var trials []*trial
	for _, job := range Order(runner.Plan)[:2] {
		tr := runner.newTrial(job, 1)
		tr.tell = func(Stage) {}
		trials = append(trials, tr)
	}
	if err := newBlock(trials).run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tr := range trials {
		_, failed := says(tr.record.Remarks, results.CodeFailed)
		// A busy host may spoil the other's numbers, which is no failure.
		if want := tr.job.Setup.Nodes == 3; failed != want || want && tr.record.Valid {
			t.Errorf("%d nodes: failed %v, valid %v, remarks %+v; want only the three to fail", tr.job.Setup.Nodes, failed, tr.record.Valid, tr.record.Remarks)
		}
	}
}

// A block that is interrupted midway leaves no trial on record, and is repeated
// whole.
func TestAnInterruptedBlockIsRepeatedWhole(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	runner := besideRunner(t, func(p Progress) {
		if p.Job.Block == 1 && p.Stage == results.WindowCalm {
			interrupt()
		}
	})
	if _, err := runner.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the interruption", err)
	}
	done := recorded(t, runner)
	if len(done) != 2 || done[0].Block != 0 || done[1].Block != 0 {
		t.Fatalf("on record: %d trials, want the two of the first block", len(done))
	}
	// One of the two is missing, as when the disk filled up between them.
	if left := remaining(runner.Plan, done[:1]); len(left) != 4 {
		t.Errorf("with half a block on record %d trials are left, want all 4", len(left))
	}
	runner.Done, runner.Progress = done, nil
	if out, err := runner.Run(t.Context()); err != nil || out.Settled != 4 {
		t.Errorf("resumed: got %+v, %v, want all four", out, err)
	}
}

// What does not fit side by side is split into neighbours, and neighbours are
// always together where they fit at all.
func TestABlockIsSplitByItsProcesses(t *testing.T) {
	plan := somePlan(0, 3, 1, 1)
	for _, n := range []int{9, 9, 9, 30, 3, 4} {
		s := setups(t, "nodes: 3")[0]
		s.Nodes, s.Cell = n, string(rune('a'+len(plan.Setups)))
		plan.Setups = append(plan.Setups, s)
	}
	if got := fmt.Sprint(groups(plan)); got != "[[0 1] [1 2] [3] [2 4 5]]" {
		t.Errorf("groups are %s", got)
	}
	numbered := map[trialID]bool{}
	for _, j := range Order(plan) {
		if numbered[id(j)] {
			t.Errorf("%s has two trials %d", j.Setup.Cell, j.Trial)
		}
		numbered[id(j)] = true
	}
	if want := 3*8 + 6; len(numbered) != want {
		t.Errorf("got %d jobs, want %d: two setups are in two parts", len(numbered), want)
	}
	var seen []Job
	for _, j := range Order(plan) {
		if last := len(seen) - 1; last >= 0 && !together(j, seen[last]) && slices.ContainsFunc(seen, func(o Job) bool { return together(o, j) }) {
			t.Errorf("%s of block %d stands apart from its group", j.Setup.Cell, j.Block)
		}
		seen = append(seen, j)
	}
}

// The memory that there is bounds what lives at once, and what is measured alone
// is a part by itself.
func TestMemoryAndLoneSetupsSplitABlock(t *testing.T) {
	plan := somePlan(0, 1, 0, 1)
	for _, n := range []int{1, 3, 5, 7} {
		s := setups(t, "nodes: 3")[0]
		s.Nodes, s.Cell = n, string(rune('a'+len(plan.Setups)))
		plan.Setups = append(plan.Setups, s)
	}
	plan.Processes = 12
	plan.Setups[1].Load = configs.ModeCapacity
	if got := fmt.Sprint(groups(plan)); got != "[[0 2] [2 3] [1]]" {
		t.Errorf("groups are %s", got)
	}
	plan.Apart = true
	if got := fmt.Sprint(groups(plan)); got != "[[0 1 2 3]]" {
		t.Errorf("apart, groups are %s", got)
	}
}
