//go:build mutants

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/node"
	"github.com/raftbench/raftbench/powerloss"
	"github.com/raftbench/raftbench/results"
)

// provoked is a mutant with the scripted faults that bring out what is wrong with it:
// an experiment under testdata/mutants, which anybody may run.
type provoked struct {
	mutant, script string
}

// powerCut is the script that needs disks whose power can be cut.
const powerCut = "power-cut"

// unable says why a script cannot be run on this host; nil where it can.
func (p provoked) unable() error {
	if p.script != powerCut {
		return nil
	}
	return powerloss.Available()
}

// skipUnable skips a script that cannot be run on this host.
func skipUnable(t *testing.T, p provoked) {
	t.Helper()
	if err := p.unable(); err != nil {
		t.Skipf("not proven here: %v", err)
	}
}

// tries are how many seeds a mutant has to be caught by: on a host that is busy a script
// may come too late for what it is to bring about.
const tries = 3

// file of the script.
func (p provoked) file() string { return filepath.Join("testdata", "mutants", p.script+".yaml") }

// suite is in the order of docs/track-record.md.
var suite = []provoked{
	{mutant: "early-acknowledgement", script: "leader-cut-off"},
	{mutant: "quorum-too-small", script: "no-majority"},
	{mutant: "never-proposed", script: "leader-cut-off"},
	{mutant: "skipped-applies", script: "leader-cut-off"},
	{mutant: "local-reads", script: "leader-cut-off"},
	{mutant: "double-applies", script: "leader-cut-off"},
	{mutant: "no-verify-leader", script: "paused-leader"},
	{mutant: "no-barrier", script: "slow-follower"},
	{mutant: "retried-forwards", script: "forwards-in-flight"},
	{mutant: "loss-told-as-rejection", script: "leader-cut-off"},
	{mutant: "dropped-entries", script: "stale-follower"},
	{mutant: "lost-tail", script: "stale-follower"},
	{mutant: "wiped-data", script: "stale-follower"},
	{mutant: "forgotten-vote", script: "forgotten-vote"},
	{mutant: "votes-for-everybody", script: "split-votes"},
	{mutant: "any-log-elected", script: "constrained-election"},
	{mutant: "snapshot-misses-keys", script: "snapshots"},
	{mutant: "bolt-without-sync", script: powerCut},
}

// scripts of the suite, each once.
func scripts() []string {
	var all []string
	for _, p := range suite {
		all = append(all, p.script)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestMutants runs every mutant through what a user would run, under the scripted
// faults that provoke it: the checks have to object to it.
func TestMutants(t *testing.T) {
	for _, p := range suite {
		t.Run(p.mutant, func(t *testing.T) {
			t.Parallel()
			skipUnable(t, p)
			var all []string
			for seed := 1; seed <= tries; seed++ {
				code, found := caught(t, p, seed)
				if code == exitSafety {
					t.Logf("caught with seed %d: %s", seed, found)
					return
				}
				all = append(all, fmt.Sprintf("seed %d: exit code %d %s", seed, code, found))
			}
			t.Errorf("%s is not caught (%s), want exit code %d", p.mutant, strings.Join(all, "; "), exitSafety)
		})
	}
}

// TestHonestNodesPass: the same faults with the same seeds find nothing in nodes of the
// same build that are honest. Where a leader is paused raft itself may answer a stale
// read now and then (docs/track-record.md), so that up to three seeds may show it.
func TestHonestNodesPass(t *testing.T) {
	for _, script := range scripts() {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			p := provoked{script: script}
			skipUnable(t, p)
			seeds := 1
			if script == "paused-leader" {
				seeds = 3
			}
			for seed := 1; seed <= seeds; seed++ {
				code, found := caught(t, p, seed)
				if code == exitOK {
					return
				}
				t.Logf("seed %d: honest nodes end with exit code %d: %s", seed, code, found)
			}
			t.Errorf("honest nodes pass with none of %d seeds", seeds)
		})
	}
}

// TestTheSuiteIsWhole: every mutant is run, and stands in the record.
func TestTheSuiteIsWhole(t *testing.T) {
	record := read(t, "../../docs/track-record.md")
	for _, m := range node.Mutants() {
		runs := slices.ContainsFunc(suite, func(p provoked) bool { return p.mutant == m.Name })
		if !runs {
			t.Errorf("%s is run by nothing", m.Name)
		}
		if !strings.Contains(record, "`"+m.Name+"`") {
			t.Errorf("docs/track-record.md has no row for %s", m.Name)
		}
	}
}

// TestAMutantsRunIsNoResult: its record says what it is of, whatever reads it.
func TestAMutantsRunIsNoResult(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	code, said := runAs(t, "never-proposed", "run", "--nodes", "1", "--profile", "none", "--trials", "1", "--proofs", "0", "--rate", "100/s", "--duration", "1s", "--out", dir)
	if !strings.Contains(said, "NODES BROKEN ON PURPOSE (never-proposed)") {
		t.Errorf("the run, which ended with exit code %d, does not warn: %s", code, said)
	}
	var env results.Environment
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, results.EnvironmentFile))), &env); err != nil || env.Broken() != "never-proposed" {
		t.Errorf("%s tells of nodes broken as %q (%v), want never-proposed", results.EnvironmentFile, env.Broken(), err)
	}
	if code, said := runAs(t, "", "report", dir); code != exitOK || !strings.Contains(said, "NODES BROKEN ON PURPOSE") {
		t.Errorf("the report, with exit code %d, does not warn: %s", code, said)
	}
}

// caught runs a mutant, or honest nodes where it has no name, and returns the exit code
// with the rules that were broken.
func caught(t *testing.T, p provoked, seed int) (code int, rules string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), fmt.Sprintf("run-%d", seed))
	code, said := runAs(t, p.mutant, "run", p.file(), "--seed", fmt.Sprint(seed), "--out", dir)
	run, err := results.Open(dir)
	if err != nil || len(run.Trials) == 0 {
		t.Fatalf("%s with seed %d left no trial (%v), exit code %d: %s", p.script, seed, err, code, said)
	}
	if code != exitOK && code != exitSafety {
		t.Logf("%s as %q with seed %d: exit code %d: %s", p.script, p.mutant, seed, code, said)
	}
	return code, rulesOf(run.Trials)
}

// rulesOf are the rules that trials found broken, each once.
func rulesOf(trials []results.Trial) string {
	broken := map[string]bool{}
	for _, tr := range trials {
		for _, f := range tr.Findings {
			broken[f.Rule] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(broken)), ", ")
}

// runAs runs this test binary as a raftbench whose nodes are a mutant.
func runAs(t testing.TB, mutant string, args ...string) (code int, said string) {
	t.Helper()
	cmd := program(t, args...)
	cmd.Env = append(cmd.Env, node.MutantVariable+"="+mutant)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}
