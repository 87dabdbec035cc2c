package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// A store that never syncs loses its tail when all lose their power: exit code 4, the
// evidence is there, and the command that is printed does the same trial again.
func TestALossIsFoundKeptAndPlayedAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "lost")
	cmd := program(t, "run", "--preset", "safety", "--nodes", "3", "--set", "safety.trials=1", "--set", "safety.duration=4s",
		"--set", "storage.sync=real", "--set", "storage.store=boltdb-nosync", "--set", "storage.power_loss=true",
		"--set", "nemesis.actions=blackout", "--set", "nemesis.every=1500ms", "--out", dir)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	_ = cmd.Run()
	code, stdout, stderr := cmd.ProcessState.ExitCode(), out.String(), said.String()
	if code != exitSafety || !strings.Contains(stderr, "error: safety violated: ") || !strings.Contains(stdout, "SAFETY VIOLATED in 1 of 1 trial") {
		t.Fatalf("got %d and\n%s%s\nwant %d, told in the report and in the error", code, stdout, stderr, exitSafety)
	}
	first := trialsIn(t, dir)[0]
	for _, file := range []string{first.Tested.History, filepath.Join(results.TrialsDir, first.Cell+"-1", "n1.log")} {
		if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Size() == 0 {
			t.Errorf("the evidence %s: %v", file, err)
		}
	}
	again := regexp.MustCompile(`play it again with: (raftbench run \S+ --replay \S+)`).FindStringSubmatch(stderr)
	if again == nil {
		t.Fatalf("no command plays it again:\n%s", stderr)
	}
	second := filepath.Join(t.TempDir(), "again")
	cmd = exec.Command("sh", "-c", again[1]+" --out "+quoted(second))
	cmd.Env = append(os.Environ(), "CI=true")
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != exitSafety {
		t.Fatalf("%s: got %v and\n%s\nwant exit code %d", again[1], err, text, exitSafety)
	}
	trials := trialsIn(t, second)
	if len(trials) != 1 || trials[0].Seed != first.Seed || timelineOfFaults(trials[0]) != timelineOfFaults(first) {
		t.Errorf("played again: got %d trials, seed %d and\n%s\nwant seed %d and\n%s",
			len(trials), trials[0].Seed, timelineOfFaults(trials[0]), first.Seed, timelineOfFaults(first))
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
