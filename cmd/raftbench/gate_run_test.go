package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
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
	t.Parallel()
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

// precise makes the tiny run one that was to be measured until a precision is reached
// that six blocks do not reach, with no proofs that would tell that measuring is over.
func precise(run *results.Run) {
	run.Experiment = []byte(strings.Replace(string(run.Experiment), "trials: 6", "precision: 0.1%\nbudget: 10m\nproofs: 0", 1))
	run.Trials = slices.DeleteFunc(run.Trials, func(tr results.Trial) bool { return tr.Kind == results.Proof })
}

// A run that was cut short before its precision was reached or its budget spent has
// not done what it was to do, and does not pass.
func TestAPreciseRunThatWasCutShortIsUnfinished(t *testing.T) {
	rules := rulesFile(t, "rules: ['write_latency_p50[n=3] < 1h']")
	dir := changedRun(t, precise)
	code, stdout, _ := command(t, "gate", dir, "--rules", rules)
	if code != exitInconclusive || !strings.Contains(strings.Join(strings.Fields(stdout), " "), "after 6 trials neither was its precision reached nor its budget spent") {
		t.Errorf("got %d:\n%s", code, stdout)
	}
	if err := results.KeepEnd(dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := command(t, "gate", dir, "--rules", rules); code != exitOK {
		t.Errorf("its budget was spent: got %d:\n%s%s", code, stdout, stderr)
	}
}

// A run ends by its own rule, and leaves a record of that.
func TestARunThatEndsSaysSo(t *testing.T) {
	dir := recordedRun(t, tiny, func(*results.Environment) {})
	finished(t, "run", "--resume", dir, "--quiet")
	run, err := results.Open(dir)
	if err != nil || len(run.Ends) != 1 || run.Ends[0].Blocks != 1 || !run.Ended() || run.Looks() != 1 {
		t.Errorf("got %+v, %v, want one end after a block", run, err)
	}
}

// Measuring on after each verdict, until one pleases, is told and makes each later
// verdict harder to come by, a pass as well as a fail.
func TestEachLookAtARunCounts(t *testing.T) {
	t.Parallel()
	dir := changedRun(t, precise)
	ends := func(blocks ...int) {
		var all []string
		for _, b := range blocks {
			all = append(all, fmt.Sprintf(`{"at":"2026-01-02T03:04:05Z","blocks":%d}`, b))
		}
		text := `{"schema_version":2,"ends":[` + strings.Join(all, ",") + "]}"
		if err := os.WriteFile(filepath.Join(dir, results.EndsFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	shape := func(limit string) string {
		return rulesFile(t, "rules: ['write_latency_p50[n=5] <= "+limit+"x write_latency_p50[n=3]']")
	}
	for _, c := range []struct {
		ends  []int
		limit string
		code  int
		want  string
	}{
		{[]int{6}, "2", exitOK, "gate: pass"},
		{[]int{6, 6}, "2", exitOK, "gate: pass"}, // nothing was measured between the two
		{[]int{5, 6}, "2", exitInconclusive, "look 2 at this run"},
		{[]int{6}, "1.01", exitGate, "gate: fail"},
		{[]int{4, 5, 6}, "1.01", exitInconclusive, "not sure enough for look 3"},
		{[]int{4, 5}, "1.01", exitInconclusive, "not sure enough for look 3"}, // gone on with, and cut short
	} {
		ends(c.ends...)
		code, stdout, stderr := command(t, "gate", dir, "--rules", shape(c.limit))
		if code != c.code || !strings.Contains(strings.Join(strings.Fields(stdout+stderr), " "), c.want) {
			t.Errorf("ends after %v, %s: got %d, want %d with %q:\n%s%s", c.ends, c.limit, code, c.code, c.want, stdout, stderr)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, results.EndsFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "gate", dir); code != exitUsage || !strings.Contains(stderr, results.EndsFile) {
		t.Errorf("a damaged record: got %d: %s", code, stderr)
	}
}

// Stopped by a signal, the command says so by its exit code, and tells what was found
// before all the same.
func TestGateRunInterruptedOnAnUnsafeRun(t *testing.T) {
	t.Parallel()
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	dir := changedRun(t, func(run *results.Run) {
		run.Environment.Hostname = name
		run.Experiment = []byte(strings.Replace(string(run.Experiment), "trials: 6", "trials: 7", 1))
		for i := range run.Trials {
			loseOne(&run.Trials[i])
		}
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&interruption{os.Interrupt})
	var stdout, stderr bytes.Buffer
	code := Main(ctx, []string{"gate", dir, "--run", "--quiet", "--yes"}, &stdout, &stderr)
	if code != exitInterrupted || !strings.Contains(stdout.String(), "gate: unsafe") || !strings.Contains(stderr.String(), "safety is violated") {
		t.Errorf("got %d, want %d:\n%s%s", code, exitInterrupted, stdout.String(), stderr.String())
	}
}

// A run that will be judged stops only where each of the gate's questions can fail.
func TestARunMeasuresForItsGate(t *testing.T) {
	t.Parallel()
	run, err := results.Open(tinyRun)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := recordedPlan(tinyRun)
	if err != nil {
		t.Fatal(err)
	}
	plan.Precision = 0.9
	var texts []string
	for i := range 40 {
		texts = append(texts, fmt.Sprintf("write_latency_p50 < %dms", 100+i))
	}
	rules, err := gate.Load(rulesFile(t, "rules: ["+strings.Join(texts, ", ")+"]"))
	if err != nil {
		t.Fatal(err)
	}
	alone, err := outlookOf(plan, asked(plan, nil))(run.Trials)
	if err != nil {
		t.Fatal(err)
	}
	judged, err := outlookOf(plan, asked(plan, rules))(run.Trials)
	if n := asked(plan, rules); err != nil || n != 200 || judged.Needs < stats.PairsNeeded(n, stats.Alpha) || judged.Needs <= alone.Needs {
		t.Errorf("got %d questions, %+v, %v; alone %+v", n, judged, err, alone)
	}
}
