package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/node"
	"github.com/raftbench/raftbench/results"
)

// Where several hold: 130, then 4, 6, 3, 5, 1; and whatever the code, a broken
// promise is told.
func TestVerdict(t *testing.T) {
	full, charts := errors.New("disk full"), errors.New("no charts")
	bySignal := fail(exitInterrupted, errors.New("interrupted"), "")
	lost := []string{"an acknowledged write is gone, n1"}
	loss := []results.Finding{{Class: results.Safety, Rule: results.RuleLost, Node: "n1", Got: "version 3", Want: "4"}}
	late := []string{"n2"}
	slow := []results.Finding{{Class: results.Liveness, Rule: results.RuleApplied, Node: "n2", Got: "index 7", Want: "index 9"}}
	for name, c := range map[string]struct {
		end  ending
		code int
		told []string
	}{
		"all well":                   {ending{outcome: bench.Outcome{Settled: 2}}, exitOK, nil},
		"some failed":                {ending{outcome: bench.Outcome{Settled: 2, Failed: 1}}, exitOK, nil},
		"all failed":                 {ending{outcome: bench.Outcome{Settled: 2, Failed: 2, Starved: []string{"n3"}}}, exitFailed, []string{"no trial"}},
		"starved":                    {ending{outcome: bench.Outcome{Settled: 2, Starved: []string{"n3"}}}, exitInconclusive, []string{"n3"}},
		"one not judged":             {ending{outcome: bench.Outcome{Settled: 500, Failed: 499, Unjudged: []configs.Replay{{Cell: "n3", Seed: 5}}}}, exitInconclusive, []string{"no pass"}},
		"starved, no report":         {ending{outcome: bench.Outcome{Settled: 2, Starved: []string{"n3"}}, report: charts}, exitInconclusive, []string{"n3", "no charts"}},
		"no report":                  {ending{outcome: bench.Outcome{Settled: 2}, report: charts}, exitFailed, []string{"no charts"}},
		"cut off":                    {ending{outcome: bench.Outcome{Settled: 1, Starved: []string{"n3"}}, run: full}, exitFailed, []string{"disk full"}},
		"unsafe":                     {ending{outcome: bench.Outcome{Settled: 1, Findings: loss}}, exitSafety, lost},
		"unsafe, cut off":            {ending{outcome: bench.Outcome{Settled: 1, Findings: loss}, run: full}, exitSafety, append(lost, "disk full")},
		"unsafe, no report":          {ending{outcome: bench.Outcome{Settled: 1, Findings: loss}, report: charts}, exitSafety, append(lost, "no charts")},
		"unsafe, starved, failed":    {ending{outcome: bench.Outcome{Settled: 1, Failed: 1, Findings: loss, Starved: []string{"n3"}}}, exitSafety, lost},
		"a laggard":                  {ending{outcome: bench.Outcome{Settled: 1, Findings: slow}}, exitLiveness, late},
		"a laggard, starved":         {ending{outcome: bench.Outcome{Settled: 1, Failed: 1, Findings: slow, Starved: []string{"n3"}}}, exitLiveness, late},
		"a laggard and a loss":       {ending{outcome: bench.Outcome{Settled: 1, Findings: append(slow, loss...)}}, exitSafety, append(late, lost...)},
		"interrupted":                {ending{stopped: bySignal}, exitInterrupted, []string{"interrupted"}},
		"nobody reads":               {ending{stopped: fail(exitFailed, errors.New("closed"), "")}, exitFailed, []string{"closed"}},
		"nobody reads, unsafe":       {ending{stopped: fail(exitFailed, errors.New("closed"), ""), outcome: bench.Outcome{Findings: loss}}, exitSafety, append(lost, "closed")},
		"interrupted, unsafe before": {ending{stopped: bySignal, outcome: bench.Outcome{Findings: loss}}, exitInterrupted, append(lost, "interrupted")},
	} {
		err := c.end.verdict()
		code, text := exitOK, ""
		var f *failure
		if errors.As(err, &f) {
			code, text = f.code, f.Error()
		}
		if code != c.code {
			t.Errorf("%s: exit code %d, want %d", name, code, c.code)
		}
		for _, part := range c.told {
			if !strings.Contains(text, part) {
				t.Errorf("%s: want %q in %q", name, part, text)
			}
		}
	}
}

// That nothing was lost is said only where every trial was looked at for it.
func TestNothingIsSaidToBeKeptUnread(t *testing.T) {
	slow := []results.Finding{{Class: results.Liveness, Rule: results.RuleDied, Node: "n2"}}
	for unread, want := range map[int]string{0: "nothing was lost; ", 1: "whether anything was lost was not looked at in 1 of 2 trials; "} {
		err := ending{outcome: bench.Outcome{Settled: 2, Unread: unread, Findings: slow}}.verdict()
		if got := hintFor(err); !strings.HasPrefix(got, want) {
			t.Errorf("%d unread: got %q, want %q", unread, got, want)
		}
	}
}

// What ended a run is named once, the rest stands in the report; the hint names the
// evidence, and plays a proof again, too, and broken nodes by the program that has them.
func TestAnUnsafeRunSaysWhereToLookAndHowToPlayItAgain(t *testing.T) {
	found := make([]results.Finding, 13)
	for i := range found {
		found[i] = results.Finding{Class: results.Safety, Rule: results.RuleLost, Key: "k7", Got: "version 3", Want: "4"}
	}
	o := bench.Outcome{Settled: 1, Findings: found, Evidence: []string{"trials/n3-2"}}
	tested := o
	tested.Unsafe = []configs.Replay{{Cell: "n3", Seed: 5}}
	for name, c := range map[string]struct {
		end  ending
		hint string
	}{
		"proof":  {ending{dir: "r", outcome: o}, "the nodes' logs: r/trials/n3-2; play it again with: raftbench run r/experiment.yaml"},
		"safety": {ending{dir: "r", outcome: tested}, "history, picture and logs: r/trials/n3-2; play it again with: raftbench run r/experiment.yaml --replay n3:5"},
		"mutant": {ending{dir: "r", outcome: o, host: results.Environment{Versions: map[string]string{results.BrokenNodes: "no-barrier"}}},
			"the nodes' logs: r/trials/n3-2; play it again with: RAFTBENCH_MUTANT=no-barrier " + quoted(ownPath()) + " run r/experiment.yaml"},
		"no mutant": {ending{dir: "r", outcome: o, host: results.Environment{Versions: map[string]string{results.BrokenNodes: node.NoneChosen}}},
			"the nodes' logs: r/trials/n3-2; play it again with: " + quoted(ownPath()) + " run r/experiment.yaml"},
	} {
		var f *failure
		if err := c.end.verdict(); !errors.As(err, &f) || f.hint != c.hint || f.Error() != "safety violated: 13 findings, the first: an acknowledged write is gone, key k7" {
			t.Errorf("%s: got %v and the hint %q, want %q", name, err, f.hint, c.hint)
		}
	}
}

// A run of broken nodes is gone on with by the program that has them, and by the same
// mutant. Where no mutant was chosen, none is named.
func TestAMutantIsResumedByItsOwnProgram(t *testing.T) {
	broken := func(how string) results.Environment {
		return results.Environment{Versions: map[string]string{results.BrokenNodes: how}}
	}
	elsewhere := broken("no-barrier")
	elsewhere.Endpoints = []string{"host:2379"}
	for want, got := range map[string]string{
		"raftbench run --resume r": resumeCommand("r", results.Environment{}),
		"RAFTBENCH_MUTANT=no-barrier " + quoted(ownPath()) + " run --resume r": resumeCommand("r", broken("no-barrier")),
		quoted(ownPath()) + " run --resume r":                                  resumeCommand("r", broken(node.NoneChosen)),
		"RAFTBENCH_MUTANT=no-barrier " + quoted(ownPath()) + " aa --resume r":  resumeCommand("r", broken("no-barrier"), "aa"),
		"raftbench run --resume r ":                                            resumeCommand("r", elsewhere) + " ",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A mistake in what was typed is 2; what goes wrong while a command runs is 1.
func TestPlainErrorsAreNoMistakeOfUsage(t *testing.T) {
	run := failing(func(*cobra.Command, []string) error { return errors.New("disk full") })
	var f *failure
	if err := run(nil, nil); !errors.As(err, &f) || f.code != exitFailed || f.hint != "" {
		t.Errorf("got %+v, want exit code %d and no hint about usage", f, exitFailed)
	}
	for _, args := range [][]string{{"nosuch"}, {"run", "--nosuch"}, {"run", "a", "b"}, {"version", "a"}, {"gate"}} {
		var said bytes.Buffer
		if code := Main(t.Context(), args, &said, &said); code != exitUsage {
			t.Errorf("%v: exit code %d, want %d\n%s", args, code, exitUsage, said.String())
		}
	}
}

// A fault of the host stops a run at once, with what to do about it; then it
// is gone on with.
func TestAFaultOfTheHostStopsTheRun(t *testing.T) {
	// Of one file more than a program needs it dies as it starts; of four it starts, and
	// has none left for whoever connects.
	for _, more := range []int{1, 4} {
		t.Run(fmt.Sprintf("%d files more", more), func(t *testing.T) { stoppedForWantOfFiles(t, more) })
	}
}

// stoppedForWantOfFiles runs nodes that have so many files more than a program needs that
// only tells its version.
func stoppedForWantOfFiles(t *testing.T, more int) {
	work := t.TempDir()
	few := filepath.Join(work, "few files")
	self, err := exec.LookPath("raftbench")
	if err != nil {
		t.Fatal(err)
	}
	// How many those are here is tried: the Go runtime itself holds more of them open in a
	// container.
	version := quoted(self) + " version"
	script := "#!/bin/sh\nif [ ! -e " + quoted(filepath.Join(work, "mended")) + " ]; then\n" +
		"for n in $(seq 4 64); do (ulimit -n $n; exec " + version + ") 2>&1 | grep -q hashicorp/raft && break; done\n" +
		"[ \"$1\" = version ] || ulimit -n $((n+" + strconv.Itoa(more) + "))\nfi\nexec " + quoted(self) + ` "$@"` + "\n"
	if err := os.WriteFile(few, []byte(script), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	dir := filepath.Join(work, "r")
	code, _, stderr := command(t, "run", "--nodes", "1", "--profile", "none", "--trials", "5", "--proofs", "0", "--rate", "50/s",
		"--duration", "100ms", "--set", "retries=0", "--node-binary", few, "--out", dir)
	resume := "raftbench run --resume " + dir + " --node-binary " + quoted(few)
	if code != exitFailed || !strings.Contains(stderr, "error: stopped: ") || !strings.Contains(stderr, "too many open files") ||
		!strings.Contains(stderr, "\nhint: raise the limit of open files: ulimit -n; then go on with: "+resume+"\n") {
		t.Errorf("got %d and\n%s\nwant %d, the cause and how to go on", code, stderr, exitFailed)
	}
	if n := len(trialsIn(t, dir)); n > 0 {
		t.Errorf("%d trials were burnt", n)
	}
	if err := os.WriteFile(filepath.Join(work, "mended"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", resume)
	cmd.Env = append(os.Environ(), "CI=true", "RAFTBENCH_OUTPUT=json")
	out, err := cmd.CombinedOutput()
	if n := len(trialsIn(t, dir)); n != 5 {
		t.Errorf("got %d trials, want 5 (%v)\n%s", n, err, out)
	}
}

// Why a size has no valid trial is told in words, not in the record.
func TestAStarvedRunPointsToItsReport(t *testing.T) {
	err := ending{dir: "r", outcome: bench.Outcome{Settled: 2, Starved: []string{"n3"}}}.verdict()
	var f *failure
	if !errors.As(err, &f) || !strings.Contains(f.hint, "r/report/report.md") {
		t.Errorf("got %v, want a hint that names the page", err)
	}
}
