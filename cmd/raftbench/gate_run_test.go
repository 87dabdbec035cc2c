package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
)

func experimentOf(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, results.ExperimentFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A gate that measures first finishes what was asked for, and then judges it.
func TestGateRunFinishesAndJudges(t *testing.T) {
	dir := recordedRun(t, tiny, func(*results.Environment) {})
	rules := rulesFile(t, "rules: [nodes == 1, 'write_latency_p50 <= 1.05x baseline']")
	code, stdout, stderr := finished(t, "gate", dir, "--run", "--rules", rulesFile(t, "rules: [nodes == 1]"))
	// One trial may be invalid on a busy host; that it was done is what is asked.
	if code != exitOK && code != exitInconclusive || len(trialsIn(t, dir)) != 1 || !strings.Contains(stdout, "gate: ") {
		t.Errorf("got %d, %d trials:\n%s%s", code, len(trialsIn(t, dir)), stdout, stderr)
	}
	// Nothing is left to measure, and a mistake is told.
	code, _, stderr = finished(t, "gate", dir, "--run", "--quiet", "--rules", rules)
	if code != exitUsage || !strings.Contains(stderr, "the run has no arms") {
		t.Errorf("got %d: %s", code, stderr)
	}
}

// A precision and a budget replace the recorded ones, and the folder says so.
func TestGateRunTakesAnotherPrecision(t *testing.T) {
	t.Parallel()
	const two = `{name: two, nodes: [1, 3], precision: 2%, budget: 5m, proofs: 0, network: {profile: none},
raft: {heartbeat_timeout: 300ms, election_timeout: 300ms, leader_lease_timeout: 200ms},
workload: {warmup: 50ms, load: {mode: calm}, calm: {rate: 50/s, duration: 300ms}}}`
	dir := recordedRun(t, two, func(*results.Environment) {})
	code, stdout, stderr := finished(t, "gate", dir, "--run", "--precision", "50%", "--budget", "2m", "--yes",
		"--rules", rulesFile(t, "rules: ['write_latency_p50[n=3] <= 1000x write_latency_p50[n=1]']"))
	if code != exitOK && code != exitInconclusive || !strings.Contains(stdout, "gate: ") {
		t.Errorf("got %d:\n%s%s", code, stdout, stderr)
	}
	if want := "write_latency_p50[n=3] <= 1000x write_latency_p50[n=1] sees about "; !strings.Contains(stderr, want) {
		t.Errorf("it does not say what the rule can see:\n%s", stderr)
	}
	text := experimentOf(t, dir)
	for _, want := range []string{"\nprecision: 50%\n", "\nbudget: 2m\n", "# precision was 2% until ", "# budget was 5m until "} {
		if !strings.Contains(text, want) {
			t.Errorf("the folder's experiment has no %q:\n%s", want, text)
		}
	}
	if len(trialsIn(t, dir)) < 2 {
		t.Errorf("got %d trials", len(trialsIn(t, dir)))
	}
}

// What cannot be measured so is refused, and the folder stays as it is.
func TestGateRunMistakes(t *testing.T) {
	dir := recordedRun(t, strings.Replace(tiny, "nodes: 1", "nodes: [1, 3]", 1), func(*results.Environment) {})
	before := experimentOf(t, dir)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a budget alone":            {[]string{"--run", "--budget", "3m"}, "a budget for a run of a fixed number of trials"},
		"a precision alone":         {[]string{"--run", "--precision", "2%"}, "which has no budget"},
		"no precision":              {[]string{"--run", "--precision", "often", "--budget", "3m"}, "precision"},
		"a budget too small":        {[]string{"--run", "--precision", "2%", "--budget", "1s"}, "the fewest that give an interval"},
		"nothing is measured":       {[]string{"--precision", "2%"}, "give --run, too"},
		"a program of the folder's": {[]string{"--run", "--a", "/no/such"}, "/no/such"},
		"a mistake among the rules": {[]string{"--run", "--rules", rulesFile(t, "rules: [nodess == 3]")}, "unknown metric"},
	} {
		code, _, stderr := command(t, append([]string{"gate", dir}, c.args...)...)
		if code != exitUsage || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "hint: ") {
			t.Errorf("%s: got %d, want %q: %s", name, code, c.want, stderr)
		}
	}
	if after := experimentOf(t, dir); after != before {
		t.Errorf("the folder's experiment was changed:\n%s", after)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 4 {
		t.Errorf("got %v, %v; want the four of a new folder", entries, err)
	}
}
