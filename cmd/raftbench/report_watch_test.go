package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// What is predicted of a watch is predicted from what the run was asked for: the longer
// its timeouts beside the jitter the rarer, and of what is not on record nothing.
func TestFalseElectionsArePredictedFromTheRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := `nodes: 3
trials: 0
proofs: 0
precision: 0%
network: {profile: none, links: [{delay: 60ms, jitter: 40ms}]}
watch: {duration: 1s, rate: [20/s, 40/s]}
arms:
  - {name: short, set: "raft.heartbeat_timeout=400ms; raft.election_timeout=400ms; raft.leader_lease_timeout=160ms"}
  - {name: long, set: "raft.heartbeat_timeout=4s; raft.election_timeout=4s; raft.leader_lease_timeout=2s"}
`
	if err := os.WriteFile(filepath.Join(dir, results.ExperimentFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	plan, err := recordedPlan(dir)
	if err != nil {
		t.Fatal(err)
	}
	predict := falseForecasts(&results.Run{Dir: dir})
	for _, s := range plan.Setups {
		f := predict(s.Cell)
		switch long := strings.HasSuffix(s.Cell, "long"); {
		case f.Unknown != "":
			t.Errorf("%s: not predicted: %s", s.Cell, f.Unknown)
		case long && f.PerHour != 0:
			t.Errorf("%s: got %v an hour, want none: no silence is as long as the lease", s.Cell, f)
		case !long && f.UpperPerHour <= 0:
			t.Errorf("%s: got %v, want a rate, or the bound of none seen", s.Cell, f)
		}
	}
	if f := predict("n9-other"); f.Unknown == "" {
		t.Errorf("got %v of a setup that is not there", f)
	}
	if f := falseForecasts(&results.Run{Dir: t.TempDir()})("n3"); f.Unknown == "" {
		t.Errorf("got %v of a run without an experiment", f)
	}
}

// Where traces were asked for, it is said where they are and what opens them; the last
// line on stdout stays the table's.
func TestReportTellsWhereTracesAre(t *testing.T) {
	t.Parallel()
	dir, out := changed(t, func(tr *results.Trial) {
		tr.Events = []results.Event{{AtNS: 1, Node: "n1", Kind: results.EventRole, State: results.StateLeader, Term: 1}}
	}), t.TempDir()
	code, stdout, stderr := raftbench("report", dir, "--out", out, "--trace", "-o", "json")
	if code != exitOK || strings.Contains(stdout, "perfetto") {
		t.Fatalf("exit code %d: %s; want the traces told on stderr alone", code, stderr)
	}
	traces, _ := filepath.Glob(filepath.Join(out, "*.perfetto-trace"))
	if len(traces) < 2 {
		t.Fatalf("got %d traces, want several", len(traces))
	}
	for _, want := range []string{"traces: " + filepath.Join(out, "trace-*.perfetto-trace"), "https://ui.perfetto.dev opens one at a time", out + string(filepath.Separator) + "trace-n"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("stderr lacks %q:\n%s", want, stderr)
		}
	}
	var one, none strings.Builder
	tellTraces(&one, []string{"a/report.md", "a/trace-n3-1.perfetto-trace"})
	tellTraces(&none, []string{"a/report.md"})
	if one.String() != "trace: a/trace-n3-1.perfetto-trace (https://ui.perfetto.dev opens it)\n" || !strings.HasPrefix(none.String(), "trace: none") {
		t.Errorf("got %q and %q", one.String(), none.String())
	}
}
