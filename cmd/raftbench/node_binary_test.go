package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// A file that was built anew under the same name and says the same of itself is
// another build all the same.
func TestResumeRefusesAnArmThatWasBuiltAnew(t *testing.T) {
	other := build(t, "3", filepath.Join(t.TempDir(), "marks"))
	arms, err := armBuilds([]arm{{name: "a"}, {name: "b", binary: other}})
	if err != nil {
		t.Fatal(err)
	}
	dir := recordedRun(t, tiny, func(e *results.Environment) { system{arms: arms}.record(e) })
	args := []string{"ab", "--resume", dir, "--a", arms[0].binary, "--b", other, "--yes", "--quiet"}
	f, err := os.OpenFile(other, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("# built anew\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := command(t, args...)
	if code != exitUsage || !strings.Contains(stderr, "--b "+other+": got a file with the SHA-256 ") || !strings.Contains(stderr, arms[1].sha256) {
		t.Errorf("got %d: %s; want it refused", code, stderr)
	}
}

// What another program prints is read as far as a build's text may go.
func TestAnEndlessVersionIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "talkative")
	script := "#!/bin/sh\necho 'raftbench devel (cafe), node protocol 3, go1'\nhead -c 1000000 /dev/zero\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	if modules, err := versionsOf(path); err == nil {
		t.Errorf("a program that tells of no modules is taken for a raftbench of %v", modules)
	}
	if text := versionTextOf(path); text != "" {
		t.Errorf("got %d bytes, want none", len(text))
	}
	if code, _, stderr := command(t, "ab", "--b", path); code != exitUsage || !strings.Contains(stderr, "names no node protocol") {
		t.Errorf("got %d: %s", code, stderr)
	}
}

// A module that another stands in for is not the one that it names.
func TestVersionsTellReplacedModules(t *testing.T) {
	for _, c := range []struct {
		replace *debug.Module
		want    string
	}{
		{nil, "v1.7.3"},
		{&debug.Module{Path: "../raft"}, "v1.7.3 => ../raft"},
		{&debug.Module{Path: "example.org/raft", Version: "v1.8.0"}, "v1.7.3 => example.org/raft v1.8.0"},
	} {
		got := moduleVersion(&debug.Module{Path: "github.com/hashicorp/raft", Version: "v1.7.3", Replace: c.replace})
		text := "raftbench devel (cafe), node protocol 3, go1\n  github.com/hashicorp/raft " + got + "\n"
		if read := modulesIn(text); got != c.want || len(read) != 1 || read["github.com/hashicorp/raft"] != c.want {
			t.Errorf("got %q, read as %q, want %q", got, read, c.want)
		}
	}
}
