package summary

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// armsRun makes blocks of two arms, b so many times as slow as a.
func armsRun(t *testing.T, blocks int, slower float64) *results.Run {
	t.Helper()
	var trials []results.Trial
	for block := range blocks {
		for arm, factor := range map[string]float64{"a": 1, "b": slower} {
			wobble := 1 + 0.002*float64((block*3+int(arm[0]))%5-2)
			tr := sized(3, block, time.Duration(wobble*factor*float64(2*time.Millisecond)), 9000*wobble/factor)
			tr.Cell, tr.Params = "n3-x-"+arm, map[string]string{ArmAxis: arm}
			trials = append(trials, tr)
		}
	}
	return recorded(t, trials...)
}

func armsOf(t *testing.T, run *results.Run, floor *Floor) ArmPair {
	t.Helper()
	pairs := build(t, run).Arms(floor)
	if len(pairs) != 1 || pairs[0].Base != "n3-x-a" || pairs[0].Tried != "n3-x-b" {
		t.Fatalf("got %+v, want b against a", pairs)
	}
	return pairs[0]
}

func TestArmsAreJudgedAgainstTheBase(t *testing.T) {
	for _, c := range []struct {
		slower              float64
		latency, throughput ArmVerdict
	}{
		{1.05, Worse, Worse}, {0.95, Better, Better}, {1, Alike, Alike},
	} {
		p := armsOf(t, armsRun(t, 8, c.slower), nil)
		latency, throughput := p.Metrics["write_latency_p50_ns"], p.Metrics["throughput_ops"]
		if latency.Verdict != c.latency || throughput.Verdict != c.throughput || !latency.Primary || !throughput.Primary || p.Blocks != 8 {
			t.Errorf("%v times as slow: got %+v and %+v, want %s and %s", c.slower, latency, throughput, c.latency, c.throughput)
		}
	}
	if p := armsOf(t, armsRun(t, 5, 1.5), nil); p.Metrics["write_latency_p50_ns"].Verdict != Undecided {
		t.Errorf("five blocks: got %+v, want it undecided", p)
	}
}

// With several sizes, the questions that a run of arms is for are those between
// arms.
func TestSizesAreNoQuestionOfARunOfArms(t *testing.T) {
	run := armsRun(t, 8, 1.05)
	for _, tr := range run.Trials {
		tr.Nodes, tr.Cell = 5, strings.Replace(tr.Cell, "n3", "n5", 1)
		run.Trials = append(run.Trials, tr)
	}
	for _, d := range build(t, run).Differences {
		if arms := d.From[:2] == d.To[:2]; d.Primary && !arms {
			t.Errorf("got a primary question from %s to %s", d.From, d.To)
		}
	}
}

func TestWhatIsBelowTheFloorIsNotTold(t *testing.T) {
	twins := armsRun(t, 8, 1.02)
	floor, err := FloorOf(twins)
	if err != nil {
		t.Fatal(err)
	}
	small, large := armsOf(t, armsRun(t, 8, 1.015), &floor), armsOf(t, armsRun(t, 8, 1.05), &floor)
	if m := small.Metrics["write_latency_p50_ns"]; m.Verdict != Undecided || !m.BelowFloor {
		t.Errorf("1.5 %% over a floor of 2 %%: got %+v", m)
	}
	if m := large.Metrics["write_latency_p50_ns"]; m.Verdict != Worse || m.BelowFloor {
		t.Errorf("5 %% over a floor of 2 %%: got %+v", m)
	}
	if m := armsOf(t, armsRun(t, 8, 1/1.015), &floor).Metrics["write_latency_p50_ns"]; !m.BelowFloor {
		t.Errorf("1.5 %% faster: got %+v", m)
	}
}

func TestAFloorIsFoundBesideRunsOfItsHost(t *testing.T) {
	run := armsRun(t, 8, 1.01)
	if f, err := FloorFor(run); f != nil || err != nil {
		t.Fatalf("none there: got %+v, %v", f, err)
	}
	floor, err := FloorOf(run)
	if err != nil {
		t.Fatal(err)
	}
	path, err := floor.Write(filepath.Dir(run.Dir))
	if err != nil {
		t.Fatal(err)
	}
	found, err := FloorFor(run)
	if err != nil || found == nil || found.Blocks() != 8 {
		t.Fatalf("got %+v, %v; want the floor of 8 blocks", found, err)
	}
	run.Environment.Cores = 64
	if f, err := FloorFor(run); f != nil || err != nil {
		t.Errorf("another class of host: got %+v, %v", f, err)
	}
	run.Environment.Cores = 0
	for _, bad := range []string{"", "{}", `{"schema_version":9}`, `{"schema_version":1,"metrics":{"x":{"ratio":1,"ci_low":2,"ci_high":1,"n":3}}}`, `{"schema_version":1,"host":{"cores":3}}`} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := FloorFor(run); err == nil {
			t.Errorf("%s: got no error", bad)
		}
	}
	if _, err := FloorOf(armsRun(t, 3, 1)); err == nil {
		t.Error("three blocks: got a floor")
	}
}

func TestAFloorIsOfTwins(t *testing.T) {
	run := armsRun(t, 8, 1.01)
	run.Environment.Arms = []results.ArmBuild{{Arm: "a", Binary: "/x", Build: "old"}, {Arm: "b", Binary: "/x", Build: "new"}}
	if _, err := FloorOf(run); err == nil || !strings.Contains(err.Error(), "two builds") {
		t.Errorf("two builds: got %v", err)
	}
	run = armsRun(t, 8, 1.01)
	for i := range run.Trials {
		if run.Trials[i].Params[ArmAxis] == "b" {
			run.Trials[i].Settings = map[string]string{"storage.apply_delay": "40ms"}
		}
	}
	if _, err := FloorOf(run); err == nil || !strings.Contains(err.Error(), "different settings") {
		t.Errorf("two settings: got %v", err)
	}
	one := withoutArms([]byte("name: x\nnodes: 3\narms:\n- name: a\n  set: \"\"\n"))
	if other := withoutArms([]byte("name: y\nnodes: 3\narms:\n- name: a\n  set: raft.x=1\n")); one != other {
		t.Error("arms count for the floor's experiment")
	}
	if other := withoutArms([]byte("name: x\nnodes: 5\narms: []\n")); one == other {
		t.Error("sizes do not count for the floor's experiment")
	}
}

func TestAnArmThatFailsByFarMoreOftenIsTold(t *testing.T) {
	for _, c := range []struct {
		a, b int // failed blocks of 8
		want bool
	}{{0, 8, true}, {0, 5, true}, {0, 4, false}, {4, 8, false}, {8, 0, false}, {0, 0, false}} {
		run := armsRun(t, 8, 1)
		for i := range run.Trials {
			tr := &run.Trials[i]
			if n := map[string]int{"a": c.a, "b": c.b}[tr.Params[ArmAxis]]; tr.Block < n {
				tr.Remarks = append(tr.Remarks, results.Remark{Code: results.CodeFailed, Severity: results.Invalid})
				tr.Valid = false
			}
		}
		f := Failures(run)
		if len(f) != 1 || f[0].Blocks != 8 || f[0].TriedFailed != c.b || f[0].Significant() != c.want {
			t.Errorf("a failed in %d, b in %d: got %+v, want it told: %v", c.a, c.b, f, c.want)
		}
	}
}

// Of every load, what a cluster carries and answers is better high, and all else low.
func TestWhatIsBetterHigh(t *testing.T) {
	for metric, want := range map[string]bool{
		"throughput_ops": true, "capacity_ops": true, "availability": true, "saturate_availability": true, "capacity_at_50_availability": true,
		"capacity_at_80_availability": true, "write_latency_p50_ns": false, "capacity_at_50_write_latency_p99_ns": false, "error_ratio": false,
		"marginal_fsyncs_per_write": false,
	} {
		if got := MoreIsBetter(metric); got != want {
			t.Errorf("%s: got %v, want %v", metric, got, want)
		}
	}
}
