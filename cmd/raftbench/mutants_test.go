//go:build mutants

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
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
	// by are the rules that what is wrong with it breaks: one of them has to be found,
	// since another's finding would be of something else. docs/track-record.md names the same.
	by []string
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
	{mutant: "early-acknowledgement", script: "leader-cut-off", by: []string{"order", "stale-read"}},
	{mutant: "quorum-too-small", script: "no-majority", by: []string{"order", "stale-read", "incomplete-log"}},
	{mutant: "never-proposed", script: "leader-cut-off", by: []string{"order"}},
	{mutant: "skipped-applies", script: "leader-cut-off", by: []string{"hash", "order", "stale-read", "applied-twice"}},
	{mutant: "local-reads", script: "leader-cut-off", by: []string{"stale-read"}},
	{mutant: "double-applies", script: "leader-cut-off", by: []string{"applied-twice", "version"}},
	{mutant: "no-verify-leader", script: "paused-leader", by: []string{"stale-read"}},
	{mutant: "no-barrier", script: "slow-follower", by: []string{"stale-read"}},
	{mutant: "retried-forwards", script: "forwards-in-flight", by: []string{"applied-twice", "compare"}},
	{mutant: "loss-told-as-rejection", script: "leader-cut-off", by: []string{"aborted-read", "version"}},
	{mutant: "dropped-entries", script: "stale-follower", by: []string{"unreadable"}},
	{mutant: "lost-tail", script: "stale-follower", by: []string{"order", "stale-read", "incomplete-log"}},
	{mutant: "wiped-data", script: "stale-follower", by: []string{"order", "stale-read", "term-back", "incomplete-log"}},
	{mutant: "forgotten-vote", script: "forgotten-vote", by: []string{"two-leaders", "two-votes", "hash"}},
	{mutant: "votes-for-everybody", script: "split-votes", by: []string{"two-leaders", "two-votes"}},
	{mutant: "any-log-elected", script: "constrained-election", by: []string{"order", "stale-read", "incomplete-log"}},
	{mutant: "snapshot-misses-keys", script: "snapshots", by: []string{"lost-write", "read-skew", "applied-twice"}},
	{mutant: "bolt-without-sync", script: powerCut, by: []string{"durability", "term-back"}},
}

// explains tells whether one of the rules found is broken by what is wrong with it.
func (p provoked) explains(found string) bool {
	return slices.ContainsFunc(strings.Split(found, ", "), func(rule string) bool { return slices.Contains(p.by, rule) })
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
				if code == exitSafety && p.explains(found) {
					t.Logf("caught with seed %d: %s", seed, found)
					return
				}
				all = append(all, fmt.Sprintf("seed %d: exit code %d %s", seed, code, found))
			}
			t.Errorf("%s is not caught (%s), want exit code %d by %q", p.mutant, strings.Join(all, "; "), exitSafety, p.by)
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
	for _, p := range suite {
		row := regexp.MustCompile("(?m)^\\| `" + p.mutant + "` \\|.*$").FindString(record)
		for _, rule := range p.by {
			if !strings.Contains(row, "`"+rule+"`") {
				t.Errorf("docs/track-record.md does not say that %s is caught by %s: %s", p.mutant, rule, row)
			}
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

// TestAMutantGoesOnWithNoHonestRun: what is left of an honest run is not done by nodes
// that are broken on purpose, nor the other way round.
func TestAMutantGoesOnWithNoHonestRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ first, then string }{{"", "never-proposed"}, {"never-proposed", ""}} {
		dir := filepath.Join(t.TempDir(), "run")
		runAs(t, c.first, "run", "--nodes", "1", "--profile", "none", "--trials", "1", "--proofs", "0", "--rate", "100/s", "--duration", "1s", "--out", dir)
		if code, said := runAs(t, c.then, "run", "--resume", dir); code != exitUsage || !strings.Contains(said, "broken on purpose") {
			t.Errorf("a run of %q is gone on with by %q: exit code %d: %s", c.first, c.then, code, said)
		}
	}
}

// TestAMutantThatRunsIsOnRecord: a cluster that somebody keeps running warns, and a run
// that measures it by its endpoints says what it is of.
func TestAMutantThatRunsIsOnRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	up := program(t, "up", "--nodes", "1", "-o", "json", "--out", filepath.Join(dir, "up"))
	up.Env = append(up.Env, node.MutantVariable+"=never-proposed")
	var said bytes.Buffer
	up.Stderr = &said
	out, err := up.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	var cluster struct {
		Nodes []struct{ Client string }
	}
	decoded := json.NewDecoder(out).Decode(&cluster)
	run := filepath.Join(dir, "run")
	if decoded == nil && len(cluster.Nodes) == 1 {
		runAs(t, "", "run", "--endpoints", cluster.Nodes[0].Client, "--clients", "2", "--duration", "1s", "--trials", "1", "--out", run)
	}
	_ = up.Process.Signal(os.Interrupt)
	if err := up.Wait(); err != nil || decoded != nil || !strings.Contains(said.String(), "NODES BROKEN ON PURPOSE (never-proposed)") {
		t.Errorf("up ended with %v and said %v %s, want a warning", err, decoded, said.String())
	}
	var env results.Environment
	if err := json.Unmarshal([]byte(read(t, filepath.Join(run, results.EnvironmentFile))), &env); err != nil || env.Broken() != "never-proposed" {
		t.Errorf("the record tells of nodes broken as %q (%v), want never-proposed", env.Broken(), err)
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
