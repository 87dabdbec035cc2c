package main

import (
	"os/exec"
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
