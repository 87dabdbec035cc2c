package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/raftbench/raftbench/results"
)

// A launcher that is killed without warning leaves no running node behind and
// loses no finished trial; the resumed run repeats none of them.
func TestAKilledRunLeavesNothingRunningAndResumes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	args := []string{
		"run", "--nodes", "1,3", "--profile", "none", "--trials", "2", "--proofs", "0",
		"--rate", "50/s", "--duration", "300ms", "--set", "retries=0",
	}
	first := program(t, append(args, "--out", dir)...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	nodes := awaitTrialAndNodes(t, dir, first.Process.Pid)
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	awaitEnd(t, nodes)

	before := trialsIn(t, dir)
	var said bytes.Buffer
	second := program(t, "run", "--resume", dir)
	second.Stderr = &said
	// A busy host may leave trials invalid (5), or all of them (1).
	var exit *exec.ExitError
	if err := second.Run(); err != nil && (!errors.As(err, &exit) || !slices.Contains([]int{exitInconclusive, exitFailed}, exit.ExitCode())) {
		t.Fatalf("resume: %v\n%s", err, said.String())
	}
	after := trialsIn(t, dir)
	if len(after) != 4 {
		t.Errorf("got %d trials after the resumed run, want 4", len(after))
	}
	for i, b := range before {
		if a := after[i]; a.Cell != b.Cell || a.Trial != b.Trial || !a.StartedAt.Equal(b.StartedAt) {
			t.Errorf("trial %d was %s-%d of %v, is %s-%d of %v", i, b.Cell, b.Trial, b.StartedAt, a.Cell, a.Trial, a.StartedAt)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the nodes' data was left behind: %v", err)
	}
}

// program is this test binary as the real program (see TestMain).
func program(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("raftbench")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), "CI=true")
	return cmd
}

// awaitTrialAndNodes returns the nodes that run when at least one trial is on
// record and more are to come.
func awaitTrialAndNodes(t *testing.T, dir string, launcher int) []*process.Process {
	t.Helper()
	parent, err := process.NewProcess(int32(launcher)) //nolint:gosec // a PID fits
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		record, _ := os.ReadFile(filepath.Join(dir, "trials.jsonl"))
		children, _ := parent.Children()
		if n := strings.Count(string(record), "\n"); n >= 1 && n < 4 && len(children) > 0 {
			return children
		}
	}
	t.Fatalf("no trial was recorded within %v", patience)
	return nil
}

// awaitEnd waits for nodes to end, which they do within two seconds of their
// launcher where the host has time for them.
func awaitEnd(t *testing.T, nodes []*process.Process) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if !slices.ContainsFunc(nodes, runs) {
			return
		}
	}
	t.Errorf("a node outlived its launcher by %v", patience)
}

// runs tells a running process from one that ended and waits to be reaped.
func runs(p *process.Process) bool {
	status, err := p.Status()
	return err == nil && !slices.Contains(status, process.Zombie)
}

func trialsIn(t *testing.T, dir string) []results.Trial {
	t.Helper()
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return run.Trials
}
