package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

func advised(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(t.Context(), append([]string{"advise"}, args...), &out, &errs)
	return code, out.String(), errs.String()
}

// Of a run, downtime stands beside what its writes cost; without one, both are
// predictions and said to be.
func TestAdviseSizeWeighsDowntimeAgainstWrites(t *testing.T) {
	t.Parallel()
	const reference = "../../results/reference"
	code, text, stderr := advised(t, "size", reference, "--mtbf", "30d", "--mttr", "10m", "--zone-mtbf", "1y", "--zone-mttr", "1h")
	if code != exitOK || !strings.HasPrefix(text, "Run 3: ") || !strings.Contains(text, "write p50") || !strings.Contains(text, "over 3") {
		t.Errorf("exit %d, %s\n%s", code, stderr, text)
	}
	code, text, stderr = advised(t, "size", reference, "--mtbf", "30d", "--mttr", "10m", "--nodes", "3,5", "-o", "json")
	var d summary.Downtimes
	if err := json.Unmarshal([]byte(text), &d); err != nil || code != exitOK {
		t.Fatalf("exit %d, %v, %s\n%s", code, err, stderr, text)
	}
	if len(d.Sizes) != 2 || d.Advised != 3 || d.Sizes[0].Write == nil || d.Sizes[1].WriteRatio == nil || d.Sizes[1].Minutes >= d.Sizes[0].Minutes {
		t.Errorf("got %+v", d)
	}
	code, text, stderr = advised(t, "size", "--mtbf", "30d,10d", "--mttr", "10m", "--profile", "multi-az")
	if code != exitOK || !strings.Contains(text, "a prediction, simulated") || !strings.Contains(text, "floor by theory") || !strings.Contains(text, "n2 and every later one") {
		t.Errorf("exit %d, %s\n%s", code, stderr, text)
	}
}

// A run of safety trials has neither costs nor outages: it is said what it proves, and what
// measures the rest. That its messages were harmed is no reason to say nothing.
func TestAdviseSizeOfSafetyTrialsSaysWhatTheyProve(t *testing.T) {
	t.Parallel()
	tested := changedRun(t, func(run *results.Run) {
		run.Trials = slices.DeleteFunc(run.Trials, func(tr results.Trial) bool { return tr.Kind != results.Measure || tr.Trial > 1 })
		for i := range run.Trials {
			tr := &run.Trials[i]
			tr.Kind, tr.MessageFaults, tr.Windows = results.SafetyTest, true, nil
			tr.Tested = &results.Tested{Answer: results.Holds, Operations: []results.OperationCount{{Kind: "put", OK: 10}}}
			tr.Timeouts = results.Timeouts{HeartbeatNS: 1e9, ElectionNS: 1e9, LeaseNS: 5e8}
		}
	})
	code, text, stderr := advised(t, "size", tested, "--mtbf", "30d", "--mttr", "10m")
	flat := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{"safety trials alone, of which 5 of 5 hold", "measure neither what a write costs nor how long it is out", "raftbench run --nodes 1,3,4,5,7 --profile multi-az --set outages.repeat=30."} {
		if code != exitOK || !strings.Contains(flat, want) {
			t.Errorf("exit %d, want %q: %s\n%s", code, want, stderr, text)
		}
	}
	if strings.Count(flat, "outages.repeat=30") != 1 {
		t.Errorf("the command stands there more than once:\n%s", text)
	}
}

func TestAdviseSizeRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want, hint string }{
		{"", `got advise on nothing`, "--help"},
		{"sizes", `got advise on "sizes", want it on: size`, "--help"},
		{"size", "got no --mtbf", "--mtbf 30d"},
		{"size --mtbf 30d", "got no --mttr", "--mttr 10m"},
		{"size --mtbf 30 --mttr 10m", `--mtbf: got "30"`, "--mtbf 30d"},
		{"size --mtbf 30d,0 --mttr 10m", "--mtbf: got 0", "--mtbf 30d"},
		{"size --mtbf 1h --mttr 2h", "got a mean of 2 h away after a mean of 1 h of running", "time of a repair"},
		{"size --mtbf 10s --mttr 1s", "lives at least 10 times as long", "--mtbf 30d"},
		{"size --mtbf 30d --mttr 10m --zone-mtbf 1y", "got no --zone-mttr", "--zone-mttr 1h"},
		{"size --mtbf 30d --mttr 10m --zone-mttr 1h", "got no --zone-mtbf", "--zone-mtbf 1y"},
		{"size --mtbf 30d --mttr 10m --zone-mtbf 1y,2y --zone-mttr 1h", "one time for all zones", "--zone-mtbf 1y"},
		{"size --mtbf 30d --mttr 10m --zones 2", "zones that do not fail change nothing", "--zone-mtbf 1y"},
		{"size --mtbf 30d --mttr 10m --zone-mtbf 1y --zone-mttr 1h --zones 0", "got --zones 0, want a number from 1 to 26", "--zones 3"},
		{"size --mtbf 30d,20d,10d --mttr 10m --nodes 1", "got times of 3 nodes, want at most 1", "--mtbf"},
		{"size --mtbf 30d --mttr 10m --nodes 0", "--nodes: got 0", "--nodes 3"},
		{"size ../../results/reference --mtbf 30d --mttr 10m --nodes 6", "none of that size: want of 1, 3, 4, 5, 7", "leave out --nodes"},
		{"size ../../results/reference --mtbf 30d --mttr 10m --profile lan", `no setup of the profile "lan", want one of ["multi-az"]`, "--profile"},
		{"size nowhere --mtbf 30d --mttr 10m", "nowhere", "folder"},
		{"size --mtbf 30d --mttr 10m -o csv", `output format "csv"`, "-o table"},
	} {
		code, stdout, stderr := advised(t, strings.Fields(c.args)...)
		said, hint, _ := strings.Cut(stderr, "hint: ")
		if code != exitUsage || stdout != "" || !strings.Contains(said, c.want) || !strings.Contains(hint, c.hint) {
			t.Errorf("advise %s: exit %d, want %d with %q and a hint of %q:\n%s%s", c.args, code, exitUsage, c.want, c.hint, stdout, stderr)
		}
	}
}

// Of a run with several setups of one size the hint names what it varies, and a profile
// only where there are several.
func TestAdviseSizeNamesWhatTheRunVaries(t *testing.T) {
	t.Parallel()
	twice := func(of func(tr *results.Trial, second bool)) string {
		return changedRun(t, func(run *results.Run) {
			for _, tr := range slices.Clone(run.Trials) {
				again := tr
				again.Cell += "-b"
				of(&again, true)
				run.Trials = append(run.Trials, again)
			}
			for i := range len(run.Trials) / 2 {
				of(&run.Trials[i], false)
			}
		})
	}
	actions := twice(func(tr *results.Trial, second bool) {
		tr.Params = map[string]string{"outages.action": map[bool]string{false: "kill", true: "pause"}[second]}
	})
	profiles := twice(func(tr *results.Trial, second bool) {
		if second {
			tr.Profile = "lan"
		}
	})
	for dir, want := range map[string]string{
		actions: "name a run that varies nothing but its nodes: this one also varies outages.action", profiles: "name one profile of the run with --profile",
	} {
		code, _, stderr := advised(t, "size", dir, "--mtbf", "30d", "--mttr", "10m")
		if code != exitUsage || !strings.Contains(stderr, "want one setup of each size") || !strings.Contains(strings.Join(strings.Fields(stderr), " "), "hint: "+want) {
			t.Errorf("exit %d, want a hint of %q:\n%s", code, want, stderr)
		}
	}
}

// A folder that cannot take the run is refused before anything is predicted.
func TestAdviseRefusesAFolderThatHoldsNoRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := command(t, "advise", "timeouts", "--draws", "10", "--measure", dir)
	if want := "error: " + dir + ": is not empty and holds no run\nhint: name a new folder with --measure\n"; code != exitUsage || stdout != "" || stderr != want {
		t.Errorf("got %d and\n%s%s\nwant %d and\n%s", code, stdout, stderr, exitUsage, want)
	}
}
