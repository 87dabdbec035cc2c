package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A report that is stopped while it writes says so, and leaves no file half written.
func TestAReportIsStoppedCleanly(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	cmd := program(t, "report", "../../results/reference", "--trace", "--out", out)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killLater(t, cmd)
	for began := time.Now(); time.Since(began) < patience; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(out); err == nil {
			break
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Log(err) // it may have ended
	}
	_ = cmd.Wait()
	switch code := cmd.ProcessState.ExitCode(); {
	case code == exitOK: // it had written everything
	case code != exitInterrupted || !strings.Contains(said.String(), "error: interrupted; "):
		t.Errorf("got %d and %s, want %d and why", code, said.String(), exitInterrupted)
	}
	left, err := filepath.Glob(filepath.Join(out, ".new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%q, %v were left", left, err)
	}
}

// What a killed report left is nobody's file: the next one removes it, in the run's own
// folder and in one that the user named, be it the only file there.
func TestAReportRemovesWhatAKilledOneLeft(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(run, os.DirFS(tinyRun)); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	for _, c := range []struct {
		dirs []string
		args []string
	}{
		{[]string{run, filepath.Join(run, "report")}, nil},
		{[]string{out}, []string{"--out", out}},
		{[]string{out}, []string{"--out", out, "--only", "tradeoff"}},
	} {
		for _, dir := range c.dirs {
			if err := os.MkdirAll(dir, 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, ".new-1a2b3c"), []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var said bytes.Buffer
		if code := Main(t.Context(), append([]string{"report", run}, c.args...), &bytes.Buffer{}, &said); code != exitOK {
			t.Errorf("%q: got %d and %s", c.args, code, said.String())
		}
		for _, dir := range c.dirs {
			if left, err := filepath.Glob(filepath.Join(dir, ".new-*")); err != nil || len(left) > 0 {
				t.Errorf("%q: %q, %v were left", c.args, left, err)
			}
		}
	}
}
