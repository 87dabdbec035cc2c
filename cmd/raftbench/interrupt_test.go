package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Ctrl-C while the disk is probed leaves no file and no folder of a run.
func TestInterruptedProbeLeavesNothing(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		cmd := program(t, "run", "--nodes", "1", "--out", filepath.Join(dir, "r"))
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		seen := awaitProbe(dir)
		_ = cmd.Process.Signal(os.Interrupt)
		err := cmd.Wait()
		if !seen {
			continue // a disk as quick as memory: the probe was over too soon
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
			t.Errorf("got %v, want exit code %d\n%s", err, exitInterrupted, said.String())
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		return
	}
	t.Skip("the probe was never seen at work")
}

func awaitProbe(dir string) bool {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if found, _ := filepath.Glob(filepath.Join(dir, "fsync-probe-*")); len(found) > 0 {
			return true
		}
		if _, err := os.Stat(filepath.Join(dir, "r")); err == nil {
			return false
		}
	}
	return false
}
