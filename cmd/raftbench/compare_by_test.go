package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// inflightRun holds three nodes at several settings in each of eight blocks, on a
// host that gets slower by a fifth from block to block.
func inflightRun(t *testing.T, factors map[string]float64) string {
	t.Helper()
	return variedRun(t, "raft.max_rpcs_in_flight", factors, nil)
}

// variedRun is the same along any axis; change may do more to a value's trials.
func variedRun(t *testing.T, axis string, factors map[string]float64, change func(value string, tr *results.Trial)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "settings")
	w, err := results.Create(dir, results.Environment{}, []byte("name: made-up\n"))
	if err != nil {
		t.Fatal(err)
	}
	drift := 1.0
	for block := range 8 {
		drift *= 1.2
		for value, factor := range factors {
			rate := 9000 * factor / drift * (1 + 0.001*float64(block%3))
			tr := results.Trial{
				Cell: "n3-x-" + value, Trial: block + 1, Block: block, Attempt: 1, Kind: results.Measure, Nodes: 3, Valid: true, Durable: true,
				Engine: "hashicorp", Profile: "none", Load: "saturate", Params: map[string]string{axis: value},
				Windows: []results.Window{{
					Name: results.WindowSaturate, Role: results.RoleFull, Mode: results.ModeClosed, Clients: 64, DurationNS: 1e9,
					Attempted: int64(rate), Completed: int64(rate), Writes: int64(rate), ThroughputOps: rate,
					Latency: results.Latency{P50NS: results.Nanos(64e9 / rate), P90NS: 2e9, P99NS: 3e9, P999NS: 4e9, MaxNS: 5e9, Count: int64(rate)},
				}},
			}
			if change != nil {
				change(value, &tr)
			}
			err = errors.Join(err, w.Append(tr))
		}
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Which setting helps is answered by the run itself, whose host's drift is far
// larger than the difference.
func TestARunTellsWhichOfItsSettingsHelps(t *testing.T) {
	t.Parallel()
	dir := inflightRun(t, map[string]float64{"2": 1, "16": 1.1, "1": 0.9})
	code, stdout, stderr := raftbench("compare", dir, "--by", "raft.max_rpcs_in_flight")
	if code != exitOK {
		t.Fatalf("got exit code %d: %s", code, stderr)
	}
	for _, want := range []string{
		"3 nodes: raft.max_rpcs_in_flight 1 → 2", "3 nodes: raft.max_rpcs_in_flight 1 → 16", "+11 % [+11, +11]", "2 helps: ", "16 helps: ", "+22 % throughput",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("lacks %q:\n%s", want, stdout)
		}
	}
	for _, format := range []string{"markdown", "csv", "json"} {
		if code, stdout, stderr := raftbench("compare", dir, "--by", "raft.max_rpcs_in_flight", "-o", format); code != exitOK || !strings.Contains(stdout, "throughput") {
			t.Errorf("%s: exit code %d, %s\n%s", format, code, stderr, stdout)
		}
	}
}

// The arms of a run are an axis like any other; what they are is said key by key,
// and a remark stays on its number.
func TestTheArmsOfARunAreCompared(t *testing.T) {
	t.Parallel()
	dir := variedRun(t, "arm", map[string]float64{"a": 1, "b": 1.1}, func(value string, tr *results.Trial) {
		if value == "b" {
			tr.Settings = map[string]string{"raft.max_rpcs_in_flight": "16"}
			tr.Remarks = []results.Remark{{Code: results.CodeHalvesDiffer, Severity: results.Doubtful, Window: results.WindowSaturate, Got: 0.5, Want: 0.05, Unit: results.UnitShare}}
		}
	})
	code, stdout, stderr := raftbench("compare", dir, "--by", "arm")
	flat := strings.Join(strings.Fields(stdout), " ")
	for _, want := range []string{
		"3 nodes: arm a → b Differs: raft.max_rpcs_in_flight the default → 16. a b change", "+10 % [+10, +10] (p=.02 n=8)", "b helps: ", "/s†", "† Full load: the second half's",
	} {
		if code != exitOK || !strings.Contains(flat, want) {
			t.Errorf("got %d, want %q:\n%s%s", code, want, stdout, stderr)
		}
	}
	fits(t, stdout)
	_, stdout, _ = raftbench("compare", dir, "--by", "arm", "-o", "json")
	var figures []struct {
		Metric     string
		A, B       *float64
		Ratio      *float64
		Low        *float64 `json:"ci_low"`
		High       *float64 `json:"ci_high"`
		Verdict    string
		From, Kind string
	}
	if err := json.Unmarshal([]byte(stdout), &figures); err != nil || len(figures) == 0 {
		t.Fatalf("json: %v\n%s", err, stdout)
	}
	for _, f := range figures {
		if f.Metric == "throughput_ops" && (f.A == nil || f.B == nil || f.Low == nil || f.High == nil || *f.Low > *f.Ratio || f.Verdict != string(summary.Better)) {
			t.Errorf("got %+v", f)
		}
	}
}

func TestARunIsComparedAlongItsOwnAxesOnly(t *testing.T) {
	t.Parallel()
	dir, single := inflightRun(t, map[string]float64{"2": 1, "16": 1.1}), inflightRun(t, map[string]float64{"2": 1})
	for _, c := range []struct{ args, want string }{
		{dir + " --by raft.commit_timeout", "its setups differ in raft.max_rpcs_in_flight"},
		{single + " --by raft.max_rpcs_in_flight", "has one value of it, 2: there is nothing to compare"},
		{single + " --by nothing", "a run varies a setting where it is given several values"},
		{dir, "one run and --by"},
		{fmt.Sprintf("%s %s --by raft.max_rpcs_in_flight", dir, single), "give two runs or more, or one run"},
	} {
		code, _, stderr := raftbench(append([]string{"compare"}, strings.Fields(c.args)...)...)
		if code != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("compare %s: exit code %d, %s\nwant %d and %q", c.args, code, stderr, exitUsage, c.want)
		}
	}
}
