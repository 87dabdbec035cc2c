package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/powerloss"
	"github.com/raftbench/raftbench/results"
)

// spaced is a new folder whose name a shell would tear apart.
func spaced(t *testing.T) string {
	t.Helper()
	work := filepath.Join(t.TempDir(), "a run's folder")
	if err := os.Mkdir(work, 0o755); err != nil {
		t.Fatal(err)
	}
	return work
}

// testedIn runs a safety trial of three nodes in a folder, into "first run", and wants this
// exit code; meanwhile, where it is not nil, is called while the trial goes on.
func testedIn(t *testing.T, work string, code int, meanwhile func(dir string), flags ...string) (stdout, stderr string) {
	t.Helper()
	cmd := program(t, append([]string{"run", "--preset", "safety", "--nodes", "3", "--set", "safety.trials=1", "--out", "first run"}, flags...)...)
	var out, said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = work, &out, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killLater(t, cmd)
	if meanwhile != nil {
		meanwhile(filepath.Join(work, "first run"))
	}
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("got %d and\n%s%s\nwant %d", got, out.String(), said.String(), code)
	}
	return out.String(), said.String()
}

// commandOf is the command in an error's hint, as whoever copies the line gets it.
var commandOf = regexp.MustCompile(`(?m): (raftbench .*)$`)

// runPrinted runs the one command that an error printed, as it stands there, in a folder.
func runPrinted(t *testing.T, work, stderr string) (code int, said string) {
	t.Helper()
	found := commandOf.FindAllStringSubmatch(stderr, -1)
	if len(found) != 1 {
		t.Fatalf("got %d commands, want one:\n%s", len(found), stderr)
	}
	cmd := exec.Command("sh", "-c", found[0][1])
	cmd.Dir, cmd.Env = work, append(os.Environ(), "CI=true")
	text, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(text)
}

// playedAgain runs the printed command, which makes a folder of its own, and wants the
// same trial in it: its seed, and the same faults.
func playedAgain(t *testing.T, work, stderr string, first results.Trial) (code int, said string) {
	t.Helper()
	code, said = runPrinted(t, work, stderr)
	runs, err := filepath.Glob(filepath.Join(work, "results", "*", results.TrialsFile))
	if err != nil || len(runs) != 1 {
		t.Fatalf("got %d, the runs %v, %v and\n%s\nwant one run", code, runs, err, said)
	}
	trials := trialsIn(t, filepath.Dir(runs[0]))
	if len(trials) != 1 || trials[0].Seed != first.Seed || timelineOfFaults(trials[0]) != timelineOfFaults(first) {
		t.Errorf("played again: got %d trials, seed %d and\n%s\nwant seed %d and\n%s",
			len(trials), trials[0].Seed, timelineOfFaults(trials[0]), first.Seed, timelineOfFaults(first))
	}
	return code, said
}

// evidence wants a trial's history and its nodes' logs kept.
func evidence(t *testing.T, dir string, first results.Trial) {
	t.Helper()
	for _, file := range []string{first.Tested.History, filepath.Join(results.TrialsDir, first.Cell+"-1", "n1.log")} {
		if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Size() == 0 {
			t.Errorf("the evidence %s: %v", file, err)
		}
	}
}

// A store that never syncs loses its tail when all lose their power, and where no power
// can be cut one in memory loses all: exit code 4, the evidence is there, and the command
// that is printed does the same trial again.
func TestALossIsFoundKeptAndPlayedAgain(t *testing.T) {
	t.Parallel()
	flags := []string{"--set", "safety.duration=4s", "--set", "nemesis.actions=blackout", "--set", "nemesis.every=1500ms"}
	if powerloss.Available() == nil {
		flags = append(flags, "--set", "storage.sync=real", "--set", "storage.store=boltdb-nosync", "--set", "storage.power_loss=true")
	} else {
		flags = append(flags, "--set", "storage.store=memory")
	}
	work := spaced(t)
	stdout, stderr := testedIn(t, work, exitSafety, nil, flags...)
	if !strings.Contains(stderr, "error: safety violated: ") || !strings.Contains(stdout, "SAFETY VIOLATED in 1 of 1 trial") {
		t.Errorf("got\n%s%s\nwant it told in the report and in the error", stdout, stderr)
	}
	dir := filepath.Join(work, "first run")
	first := trialsIn(t, dir)[0]
	evidence(t, dir, first)
	if code, said := playedAgain(t, work, stderr, first); code != exitSafety {
		t.Errorf("played again: got %d and\n%s\nwant %d", code, said, exitSafety)
	}
}

// mortal writes a program that runs this one's nodes, the first of which is killed in each
// run when clients were answered: where its history is newer than the first node.
func mortal(t *testing.T, work string) string {
	t.Helper()
	self, path := program(t).Path, filepath.Join(work, "a node's program")
	script := `#!/bin/sh
self=` + quoted(self) + `
first=` + quoted(work) + `/"first of $PPID"
if [ "$1" = node ] && mkdir "$first" 2>/dev/null; then
	node=$$
	(
		until [ "$(find ` + quoted(work) + ` -name history.jsonl -newer "$first" -exec grep -q '"outcome":"ok"' {} \; -print)" ]; do
			kill -0 $node || exit
			sleep 0.1
		done
		kill -9 $node
	) </dev/null >/dev/null 2>&1 &
fi
exec "$self" "$@"
`
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return path
}

// A node that ends unasked is a matter of liveness: exit code 6, the evidence is there,
// and the command that is printed does the same trial again, with the same nodes.
func TestADeathIsFoundKeptAndPlayedAgain(t *testing.T) {
	t.Parallel()
	work := spaced(t)
	stdout, stderr := testedIn(t, work, exitLiveness, nil, "--set", "safety.duration=4s", "--set", "nemesis.actions=transfer", "--node-binary", mortal(t, work))
	if !strings.Contains(stderr, "error: liveness: ") || !strings.Contains(stderr, "hint: nothing was lost; ") {
		t.Errorf("got\n%s%s\nwant a death that is told, and that nothing was lost", stdout, stderr)
	}
	dir := filepath.Join(work, "first run")
	first := trialsIn(t, dir)[0]
	evidence(t, dir, first)
	if code, said := playedAgain(t, work, stderr, first); code != exitLiveness {
		t.Errorf("played again: got %d and\n%s\nwant %d", code, said, exitLiveness)
	}
}

// A trial whose history nobody could judge is no pass: exit code 5, the history is kept,
// and the command that is printed judges it again. No cluster leaves a history undecided
// for sure, so that one that nobody can decide is put into the place of the recorded one
// while it is still written.
func TestAnUndecidedTrialIsNoPassAndJudgedAgain(t *testing.T) {
	t.Parallel()
	work := spaced(t)
	hard := recorded(t, "undecided.jsonl", 0)
	stdout, stderr := testedIn(t, work, exitInconclusive, func(dir string) {
		for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(time.Millisecond) {
			written, err := filepath.Glob(filepath.Join(dir, results.TrialsDir, "*", "history.jsonl"))
			if err == nil && len(written) == 1 {
				if err := os.Rename(hard, written[0]); err != nil {
					t.Error(err)
				}
				return
			}
		}
	}, "--set", "safety.duration=8s", "--set", "nemesis.actions=transfer")
	const undecided = "error: whether 1 safety trial kept to an order was not decided, which is no pass\n"
	if !strings.Contains(stderr, undecided) || !strings.Contains(stdout, "not decided in 1 of 1 trial, which is no pass (") {
		t.Errorf("got\n%s%s\nwant it told in the report and in the error", stdout, stderr)
	}
	dir := filepath.Join(work, "first run")
	first := trialsIn(t, dir)[0]
	evidence(t, dir, first)
	if code, said := runPrinted(t, work, stderr); code != exitInconclusive || !strings.HasPrefix(said, "UNDECIDED: ") {
		t.Errorf("judged again: got %d and\n%s\nwant %d", code, said, exitInconclusive)
	}
	if code, stdout, _ := command(t, "gate", dir); code != exitInconclusive {
		t.Errorf("the gate: got %d and\n%s\nwant %d", code, stdout, exitInconclusive)
	}
}

// timelineOfFaults is what was done to whom, as it was asked for.
func timelineOfFaults(t results.Trial) string {
	var b strings.Builder
	for _, f := range t.Faults {
		b.WriteString(f.Action + " " + f.Target + "\n")
	}
	return b.String()
}

// A variable that a shell holds for every run does not keep a trial from being played
// again; one that a flag contradicts is named.
func TestVariablesBesideReplay(t *testing.T) {
	replay := []string{"run", "--preset", "safety", "--replay", "n9-hashicorp-none:1"} // refused once the experiment is looked at
	for name, value := range map[string]string{"RAFTBENCH_TRIALS": "2", "RAFTBENCH_PROOFS": "2", "RAFTBENCH_REPEAT": "3"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			code, _, stderr := command(t, replay...)
			if code != exitUsage || !strings.HasPrefix(stderr, "warning: "+name+"="+value+" is left out of account: ") || !strings.Contains(stderr, "which this experiment does not have") {
				t.Errorf("got %d and\n%s", code, stderr)
			}
		})
	}
	t.Run("both by variables", func(t *testing.T) {
		t.Setenv("RAFTBENCH_PROOFS", "2")
		t.Setenv("RAFTBENCH_REPLAY", "n9-hashicorp-none:1")
		if code, _, stderr := command(t, "run", "--preset", "safety"); code != exitUsage || !strings.Contains(stderr, "which this experiment does not have") {
			t.Errorf("got %d and\n%s", code, stderr)
		}
		if code, _, stderr := command(t, "run", "--preset", "safety", "--trials", "2"); code != exitUsage || !strings.Contains(stderr, "got RAFTBENCH_REPLAY, which does one safety trial, and --trials\n") {
			t.Errorf("got %d and\n%s", code, stderr)
		}
	})
}

// What is done again has to be there, and is a matter of this experiment's setups.
func TestReplayIsRefusedWhereThereIsNothingToReplay(t *testing.T) {
	for args, want := range map[string]string{
		"--preset safety --replay n9-hashicorp-none:1": "which this experiment does not have",
		"--preset safety --replay n3-hashicorp-none":   "want a setup's name and a seed",
		"--preset safety --replay=":                    `got --replay "", want a setup's name and a seed`,

		"--preset safety --replay n3-hashicorp-none:1 --trials 2": "got --replay, which does one safety trial, and --trials",
		"--preset safety --replay n3-hashicorp-none:1 --proofs 2": "and --proofs",
		"--preset safety --replay n3-hashicorp-none:1 --repeat 3": "and --repeat",
	} {
		code, _, stderr := command(t, append([]string{"run"}, strings.Fields(args)...)...)
		if code != exitUsage || !strings.Contains(stderr, want) || !strings.Contains(stderr, "\nhint: ") {
			t.Errorf("run %s: got %d and\n%s\nwant %d, a hint and %q", args, code, stderr, exitUsage, want)
		}
	}
}
