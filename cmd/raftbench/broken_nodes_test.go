package main

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// A run whose nodes were broken on purpose says so with every report, and is refused by
// whatever judges, compares or learns from runs, also where only one arm's build, or
// another program's, was broken.
func TestARunOfBrokenNodesIsNoResult(t *testing.T) {
	t.Parallel()
	how := map[string]string{results.BrokenNodes: "no-barrier"}
	for name, env := range map[string]results.Environment{
		"own build":    {Versions: how},
		"node binary":  {NodeBinary: "/bin/other", Versions: modulesIn("raftbench devel\n  " + results.BrokenNodes + " no-barrier\n")},
		"one arm's":    {Arms: []results.ArmBuild{{Arm: "a"}, {Arm: "b", Versions: how}}},
		"honest build": {Versions: versions()},
	} {
		got := labelOf(configs.Plan{Label: "mine"}, env)
		if honest := name == "honest build"; honest != (got == "mine") || !honest && !strings.Contains(got, "no-barrier") {
			t.Errorf("%s: labelled %q", name, got)
		}
	}
	broken := changedRun(t, func(run *results.Run) { run.Environment.Versions = how })
	for _, args := range [][]string{
		{"gate", broken}, {"gate", tinyRun, "--baseline", broken}, {"compare", tinyRun, broken}, {"compare", broken, "--by", "nodes"},
		{"trend", tinyRun, broken}, {"advise", "size", broken, "--mtbf", "30d", "--mttr", "1h"},
	} {
		if code, _, stderr := command(t, args...); code != exitUsage || !strings.Contains(stderr, "broken on purpose (no-barrier)") {
			t.Errorf("%s exits with %d and says %q, want a refusal (%d)", strings.Join(args, " "), code, stderr, exitUsage)
		}
	}
}
