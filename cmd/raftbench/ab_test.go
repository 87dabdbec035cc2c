package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// smallAB is a comparison of some 20 seconds: six blocks are the fewest that find
// anything, and on a busy host some are not valid.
var smallAB = []string{
	"--nodes", "1", "--profile", "none", "--trials", "9", "--proofs", "0", "--rate", "40/s", "--duration", "400ms",
	"--set", "workload.warmup=50ms", "--quiet",
}

// A state machine that takes 40 ms longer for each write, where a write takes some
// 2 ms, is told on any host; and the rule that allows little does not pass.
func TestABTellsAndFailsASlowerArm(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	rules := rulesFile(t, "rules: [write_latency_p50 <= 1.05x baseline]")
	code, stdout, stderr := finished(t, append([]string{"ab", "--b-set", "storage.apply_delay=40ms", "--rules", rules, "--out", dir, "-o", "json"},
		append(smallAB, "--rate", "10/s", "--duration", "1s")...)...)
	var got comparison
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v:\n%s\n%s", err, stdout, stderr)
	}
	if len(got.Setups) != 1 {
		t.Fatalf("got %+v, want one pair", got.Setups)
	}
	m := got.Setups[0].Metrics["write_latency_p50_ns"]
	const decides = 6 // pairs, for one question (stats.PairsNeeded)
	if want := map[bool]summary.ArmVerdict{true: summary.Worse, false: summary.Undecided}[m.N >= decides]; m.Verdict != want {
		t.Errorf("got %+v, want b %s", m, want)
	}
	// A host so busy that what was remarked may have moved the ratio by all of it
	// leaves the rule open; it never passes.
	if code != exitGate && code != exitInconclusive || got.Gate == nil || got.Gate.Answer == "pass" {
		t.Errorf("got exit code %d and %+v, want the gate to fail: %s", code, got.Gate, stderr)
	}
	// What is on record is judged alike by a gate that comes later.
	_, text, _ := command(t, "compare", dir, "--by", "arm")
	if !strings.Contains(text, "write_latency_p50") && !strings.Contains(text, "write p50") {
		t.Errorf("compare --by arm: got\n%s", text)
	}
	if code, _, stderr := finished(t, "ab", "--resume", dir, "-o", "markdown", "--quiet"); code != exitOK {
		t.Errorf("resumed when it is over: got %d: %s", code, stderr)
	}
}

// build writes a program that says what a build says, and runs this one's nodes,
// each with a mark.
func build(t *testing.T, protocol, marks string) string {
	t.Helper()
	self := program(t).Path
	path := filepath.Join(t.TempDir(), "raftbench-other")
	script := "#!/bin/sh\nif [ \"$1\" = version ]; then echo 'raftbench devel (cafe), node protocol " + protocol + ", go1'; exit 0; fi\n" +
		"echo \"$1\" >> '" + marks + "'\nexec '" + self + "' \"$@\"\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return path
}

func TestEachArmRunsItsOwnBuild(t *testing.T) {
	t.Parallel()
	work := t.TempDir()
	marks := filepath.Join(work, "marks")
	other := build(t, "3", marks)
	dir := filepath.Join(work, "run")
	code, _, stderr := finished(t, append([]string{"ab", "--b", other, "--out", dir}, append(smallAB, "--trials", "6")...)...)
	if code != exitOK && code != exitInconclusive { // on a busy host nothing may be valid
		t.Fatalf("got exit code %d: %s", code, stderr)
	}
	text, err := os.ReadFile(marks)
	if got := strings.Count(string(text), "node\n"); err != nil || got != 6 {
		t.Errorf("%v: the other build ran %d nodes, want 6, one a block", err, got)
	}
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if arms := run.Environment.Arms; len(arms) != 2 || arms[1].Binary != other || arms[1].Build != "raftbench devel (cafe)" {
		t.Errorf("on record: %+v", arms)
	}
	for _, args := range [][]string{{"ab", "--resume", dir}, {"ab", "--resume", dir, "--b", build(t, "3", marks)}, {"run", "--resume", dir}} {
		if code, _, stderr := command(t, args...); code != exitUsage || !strings.Contains(stderr, other) {
			t.Errorf("%v: got %d: %s; want it refused", args, code, stderr)
		}
	}
}

func TestABRefusesWhatItCannotCompare(t *testing.T) {
	old := build(t, "2", "/dev/null")
	for _, c := range []struct {
		want string
		args []string
	}{
		{"got nothing that tells b from a", nil},
		{"not a program that can be run", []string{"--b", "/no/such"}},
		{"names no node protocol: it is no raftbench", []string{"--b", "/bin/true"}},
		{"its nodes speak version 2 of the control protocol, and this raftbench version 3", []string{"--a", old}},
		{`no key is called "fast" here`, []string{"--b-set", "raft.fast=1"}},
		{"--b-set: got nodes, in which arms cannot differ", []string{"--b-set", "nodes=5"}},
		{"the arm b changes what the experiment varies", []string{"--b-set", "raft.max_rpcs_in_flight=1,2"}},
		{"6 blocks, the fewest that give an interval", []string{"--b-set", "raft.max_rpcs_in_flight=1", "--budget", "40s"}},
		{"2 questions can be decided by 7 blocks at the least", []string{"--b-set", "raft.max_rpcs_in_flight=1", "--budget", "82s"}},
		{"got 3 trials, but 2 questions can be decided by 7 blocks at the least", []string{"--b-set", "raft.max_rpcs_in_flight=1", "--trials", "3"}},
		{"rules.yaml", []string{"--b-set", "raft.max_rpcs_in_flight=1", "--rules", "/no/rules.yaml"}},
	} {
		if code, _, stderr := command(t, append([]string{"ab"}, c.args...)...); code != exitUsage || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "hint: ") {
			t.Errorf("%v: got %d: %s; want %q and a hint", c.args, code, stderr, c.want)
		}
	}
}

// A floor that two copies show is left beside the run.
func TestAALeavesTheFloor(t *testing.T) {
	t.Parallel()
	work := t.TempDir()
	code, stdout, stderr := finished(t, append([]string{"aa", "--out", filepath.Join(work, "run")}, smallAB...)...)
	if code == exitInconclusive { // too few blocks are valid on a host so busy
		if !strings.Contains(stderr, "holds too few valid blocks") {
			t.Fatalf("got exit code %d: %s", code, stderr)
		}
		return
	}
	if code != exitOK {
		t.Fatalf("got exit code %d: %s", code, stderr)
	}
	files, err := filepath.Glob(filepath.Join(work, "floor-*.json"))
	if err != nil || len(files) != 1 || !strings.Contains(stdout, files[0]) {
		t.Fatalf("%v: got %q, want one floor's file, and it named in\n%s", err, files, stdout)
	}
	if f, err := summary.ReadFloor(files[0]); err != nil || f.Metrics["write_latency_p50_ns"].N < 6 {
		t.Errorf("got %+v, %v", f, err)
	}
}

// A build that does not start is a defect of its own, and no noise of the host's: it
// fails the run, whatever could not be compared.
func TestABuildThatDoesNotStartFailsTheComparison(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "broken")
	script := "#!/bin/sh\nif [ \"$1\" = version ]; then echo 'raftbench devel (bad), node protocol 3, go1'; exit 0; fi\necho broken >&2; exit 1\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	rules := rulesFile(t, "rules: [write_latency_p50 <= 1.5x baseline]")
	code, _, stderr := finished(t, append([]string{"ab", "--b", path, "--rules", rules, "--out", filepath.Join(t.TempDir(), "run")}, append(smallAB, "--trials", "6")...)...)
	if code != exitFailed || !strings.Contains(stderr, "n1-hashicorp-none-b failed in 6 of 6 blocks, and n1-hashicorp-none-a beside it in 0") {
		t.Errorf("got exit code %d: %s", code, stderr)
	}
}

func TestTheHeavierExitCodeStands(t *testing.T) {
	of := func(code int) error { return fail(code, errors.New("x"), "do y") }
	for _, c := range [][3]int{
		{exitInconclusive, exitGate, exitGate}, {exitSafety, exitGate, exitSafety}, {exitLiveness, exitSafety, exitSafety},
		{exitFailed, exitInconclusive, exitFailed}, {exitInterrupted, exitSafety, exitInterrupted}, {exitGate, exitFailed, exitGate},
	} {
		for _, got := range []error{heavier(of(c[0]), of(c[1])), heavier(of(c[1]), of(c[0]))} {
			if codeOf(got) != c[2] || hintFor(got) != "do y" {
				t.Errorf("%d and %d: got %d, want %d", c[0], c[1], codeOf(got), c[2])
			}
		}
	}
	if heavier(nil, nil) != nil || codeOf(heavier(nil, of(3))) != exitGate || codeOf(heavier(of(3), nil)) != exitGate {
		t.Error("one alone does not stand")
	}
}

func TestRulesAreHeldAgainstThePlanFirst(t *testing.T) {
	for rule, want := range map[string]string{
		`{rule: "write_latency_p50 < 1s", where: {nodes: 5}}`: "matches no setup",
		"write_latency_p50[n=5] <= 2x write_latency_p50[n=3]": "n=5",
	} {
		code, _, stderr := command(t, "ab", "--b-set", "raft.max_rpcs_in_flight=1", "--rules", rulesFile(t, "rules: ["+rule+"]"))
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: got %d: %s; want it refused before anything is measured", rule, code, stderr)
		}
	}
	if code, _, stderr := command(t, "ab", "--b-set", "raft.max_rpcs_in_flight=1", "--trials", "12", "--apart"); code != exitUsage || !strings.Contains(stderr, "side by side") {
		t.Errorf("--apart: got %d: %s", code, stderr)
	}
}

// A floor that lies beside a run takes back what a gate would claim below it.
func TestAGateHeedsTheFloorBesideTheRun(t *testing.T) {
	t.Parallel()
	dir := variedRun(t, summary.ArmAxis, map[string]float64{"a": 1, "b": 0.95}, nil)
	rules := rulesFile(t, "rules: [throughput >= 0.97x baseline]")
	if _, stdout, stderr := command(t, "gate", dir, "--rules", rules); !strings.Contains(stdout, "FAIL: throughput >= 0.97x baseline") {
		t.Fatalf("without a floor: got\n%s%s", stdout, stderr)
	}
	twins, err := results.Open(variedRun(t, summary.ArmAxis, map[string]float64{"a": 1, "b": 0.93}, nil))
	if err != nil {
		t.Fatal(err)
	}
	floor, err := summary.FloorOf(twins)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := floor.Write(filepath.Dir(dir)); err != nil {
		t.Fatal(err)
	}
	_, stdout, stderr := command(t, "gate", dir, "--rules", rules)
	if strings.Contains(stdout, "FAIL") || !strings.Contains(strings.Join(strings.Fields(stdout), " "), "two copies of one build may differ by") {
		t.Errorf("with a floor of 7 %%: got\n%s%s", stdout, stderr)
	}
}
