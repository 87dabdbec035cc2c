package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A file that never ends, or is more than a person writes, is refused at once
// and in little memory, whatever takes it.
func TestFilesThatNobodyWroteAreRefused(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := syscall.Mkfifo(path("pipe.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", path("device.yaml")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"long.yaml": "name: " + strings.Repeat("x", 40<<20),
		"deep.yaml": strings.Repeat("[", 50_000),
		"many.yaml": "nodes: [" + strings.Repeat("1,", 450_000) + "1]",
	} {
		if err := os.WriteFile(path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"pipe.yaml", "device.yaml", "long.yaml", "deep.yaml", "many.yaml"} {
		for _, line := range []string{
			"run FILE", "validate FILE", "predict FILE", "gate " + tinyRun + " --rules FILE",
			"profiles FILE", "run --profile FILE", "up --profile FILE",
		} {
			args := strings.Fields(strings.ReplaceAll(line, "FILE", path(file)))
			cmd := program(t, args...)
			var said bytes.Buffer
			cmd.Stderr = &said
			began := time.Now()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			killLater(t, cmd)
			_ = cmd.Wait()
			text := strings.ReplaceAll(said.String(), dir, "")
			if code := cmd.ProcessState.ExitCode(); code != exitUsage || !strings.HasPrefix(text, "error: ") || !strings.Contains(text, "/"+file+":") || !strings.Contains(text, "\nhint: ") {
				t.Errorf("raftbench %s: got %d after %v and\n%.300s", line, code, time.Since(began), text)
			}
			// In KiB on Linux, bytes on macOS, where this is no bound.
			if used := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; used > 1<<19 && used < 1<<26 {
				t.Errorf("raftbench %s: took %d MiB", line, used>>10)
			}
		}
	}
}
