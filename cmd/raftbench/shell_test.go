package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What is shown as a command can be pasted: a shell gives the same words back.
func TestCommandLinesCanBePasted(t *testing.T) {
	words := []string{"run", "--resume", "my results/it's", "--set", "workload.load.limit=p99 < 20ms", "$HOME", "", "~", "a*b", "-x"}
	out, err := exec.Command("sh", "-c", `raftbench() { printf '%s\n' "$@"; }; `+commandLine(words...)).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for _, w := range words {
		want += w + "\n"
	}
	if string(out) != want {
		t.Errorf("got %q, want %q", out, want)
	}
	if got := commandLine("run", "--resume", "results/quick-1"); got != "raftbench run --resume results/quick-1" {
		t.Errorf("got %s", got)
	}
}

// A hint on how a value is written is taken by a shell as it stands.
func TestHintsCanBePasted(t *testing.T) {
	for _, key := range []string{"workload.load.limit", "nodes", "raft.election_timeout", "storage.sync"} {
		_, _, stderr := command(t, "validate", "--set", key+"=<what?")
		_, hint, found := strings.Cut(stderr, "write it like ")
		if !found {
			t.Errorf("%s: no way to write it in\n%s", key, stderr)
			continue
		}
		cmd := exec.Command("sh", "-c", "raftbench validate "+strings.TrimSpace(hint))
		cmd.Env = append(os.Environ(), "CI=true")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", hint, err, out)
		}
	}
}
