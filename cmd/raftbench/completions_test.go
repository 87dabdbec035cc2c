package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/configs"
)

// completed is what a shell is told may follow a command line.
func completed(t *testing.T, args ...string) []string {
	t.Helper()
	var out, said bytes.Buffer
	if code := Main(t.Context(), append([]string{"__complete"}, args...), &out, &said); code != exitOK {
		t.Fatalf("completion of %q: exit code %d: %s", args, code, said.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[:len(lines)-1] // the last is a directive
}

func TestCompletions(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"run", "--preset", ""}, "safety"},
		{[]string{"predict", "--profile", ""}, "multi-az"},
		{[]string{"profiles", ""}, "multi-az"},
		{[]string{"report", "-o", ""}, "csv"},
		{[]string{"profiles", "-o", ""}, "yaml"},
		{[]string{"run", "--set", "raft.max_r"}, "raft.max_rpcs_in_flight="},
		{[]string{"run", "--set", "storage.store=b"}, "storage.store=boltdb-nosync"},
		{[]string{"run", "--set", "storage.store=inmem,bo"}, "storage.store=inmem,boltdb"},
		{[]string{"ab", "--b-set", "storage.sy"}, "storage.sync="},
	} {
		if got := completed(t, c.args...); !slices.Contains(got, c.want) {
			t.Errorf("after %q come %q, want %q among them", c.args, got, c.want)
		}
	}
	if got := completed(t, "run", "--set", "nonsense"); len(got) != 0 {
		t.Errorf("a key that is none is completed as %q", got)
	}
}

// TestSettableKeysCanBeSet: what is offered is taken, be its value right or not.
func TestSettableKeysCanBeSet(t *testing.T) {
	for _, key := range configs.SettableKeys() {
		_, err := configs.Default().Apply(configs.Overrides{Set: []string{key + "="}})
		if err != nil && (strings.Contains(err.Error(), "unknown") || strings.Contains(err.Error(), "no plain value")) {
			t.Errorf("--set %s=: %v", key, err)
		}
	}
}

// TestManualPages: one for each command that help lists, with its flags.
func TestManualPages(t *testing.T) {
	dir := t.TempDir()
	var out, said bytes.Buffer
	if code := Main(t.Context(), []string{"man", dir}, &out, &said); code != exitOK {
		t.Fatalf("exit code %d: %s", code, said.String())
	}
	for _, cmd := range newRoot(&out, &said).Commands() {
		_, err := os.Stat(dir + "/raftbench-" + cmd.Name() + ".1")
		if listed := cmd.IsAvailableCommand(); listed != (err == nil) {
			t.Errorf("%s: listed in help is %t, its page: %v", cmd.Name(), listed, err)
		}
	}
	if page := read(t, dir+"/raftbench-run.1"); !strings.Contains(page, "preset") || !strings.Contains(page, "RAFTBENCH_TRIALS") {
		t.Errorf("the page of run lacks its flags or its words: %s", page)
	}
}
