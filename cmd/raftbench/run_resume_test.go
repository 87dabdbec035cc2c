package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// recordedRun is a run's folder that no trial was done of yet.
func recordedRun(t *testing.T, experiment string, change func(*results.Environment)) string {
	t.Helper()
	e, err := configs.Parse([]byte(experiment))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	env := results.Environment{SchemaVersion: 1, RunID: "r", Hostname: name, Version: version, Commit: commit, Versions: versions()}
	change(&env)
	dir := filepath.Join(t.TempDir(), "r")
	w, err := results.Create(dir, env, plan.YAML)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

const tiny = "{name: tiny, nodes: 1, trials: 1, proofs: 0, retries: 0, network: {profile: none}, workload: {load: {mode: calm}, calm: {rate: 50/s, duration: 100ms}}}"

// What is not as it was recorded is refused, or at least told.
func TestResumeHoldsTheRecord(t *testing.T) {
	same := func(*results.Environment) {}
	for name, c := range map[string]struct {
		experiment string
		change     func(*results.Environment)
		refused    bool
		want       string
	}{
		"another host":     {tiny, func(e *results.Environment) { e.Hostname = "elsewhere" }, true, "of host elsewhere"},
		"another commit":   {tiny, func(e *results.Environment) { e.Commit = "cafe" }, false, "warning: commit: the run began with cafe"},
		"another module":   {tiny, func(e *results.Environment) { e.Versions = map[string]string{"x/raft": "v9"} }, false, "warning: modules: the run began with map[x/raft:v9]"},
		"endpoints afar":   {tiny, func(e *results.Environment) { e.Endpoints = []string{"192.0.2.1:2379"} }, true, "not an address of this machine"},
		"endpoints gone":   {tiny, func(e *results.Environment) { e.Endpoints = []string{"127.0.0.1:1"} }, true, "refuses connections"},
		"a binary":         {tiny, func(e *results.Environment) { e.NodeBinary = "/no/such build" }, true, "--node-binary '/no/such build'"},
		"no such engine":   {strings.Replace(tiny, "nodes: 1", "nodes: 1, engine: etcd", 1), same, true, "starts hashicorp nodes only"},
		"what is left":     {tiny, same, false, "0 trials on record, 1 left, about 2 s"},
		"a long remainder": {strings.Replace(tiny, "trials: 1", "trials: 5000", 1), same, true, "that is over 30 min; start?"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := recordedRun(t, c.experiment, c.change)
			before := files(t, dir)
			var said bytes.Buffer
			if !c.refused {
				prepareOnly(t, dir, &said)
			} else if code := Main(t.Context(), []string{"run", "--resume", dir}, &bytes.Buffer{}, &said); code != exitUsage {
				t.Errorf("exit code %d, want %d", code, exitUsage)
			}
			if !strings.Contains(said.String(), c.want) {
				t.Errorf("want %q in\n%s", c.want, said.String())
			}
			if after := files(t, dir); after != before {
				t.Errorf("the folder held %s, holds %s", before, after)
			}
		})
	}
}

func prepareOnly(t *testing.T, dir string, stderr *bytes.Buffer) {
	t.Helper()
	run, err := prepareRun(t.Context(), stderr, strings.NewReader(""), runOptions{resume: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := run.writer.Close(); err != nil {
		t.Error(err)
	}
}

func files(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

// Another build's nodes are not told by the launcher's modules.
func TestNodeBinaryTellsItsOwnVersions(t *testing.T) {
	silent := filepath.Join(t.TempDir(), "silent")
	if err := os.WriteFile(silent, []byte("#!/bin/sh\nexit 3\n"), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("#!/bin/sh\necho 'raftbench v2 (abc), node protocol 1'\necho '  example.org/raft v9.9'\n"), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	if _, err := findSystem(t.Context(), runOptions{nodeBinary: silent}); err == nil {
		t.Error("a program that says nothing of itself is taken for a raftbench")
	}
	n, err := findSystem(t.Context(), runOptions{nodeBinary: other})
	if err != nil {
		t.Fatal(err)
	}
	env := results.Environment{Versions: versions()}
	n.record(&env)
	if got, want := env.Versions, map[string]string{"example.org/raft": "v9.9"}; !maps.Equal(got, want) || env.NodeBinary != other {
		t.Errorf("got versions %s of %s, want %s", got, env.NodeBinary, want)
	}
}

// A folder that somebody sent says which program ran its nodes: it is run only
// where whoever resumes names it, too.
func TestARecordedProgramIsNotRunUnasked(t *testing.T) {
	ran := filepath.Join(t.TempDir(), "ran")
	binary := filepath.Join(t.TempDir(), "nodes")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\ntouch "+ran+"\nexit 3\n"), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	dir := recordedRun(t, tiny, func(e *results.Environment) { e.NodeBinary = binary })
	code, _, stderr := command(t, "run", "--resume", dir)
	if want := "hint: if you trust that program, name it: raftbench run --resume " + dir + " --node-binary " + binary; code != exitUsage || !strings.Contains(stderr, want) {
		t.Errorf("got %d, want %d and %q in\n%s", code, exitUsage, want, stderr)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("it was run")
	}
	if code, _, stderr := command(t, "run", "--resume", dir, "--node-binary", binary); code == exitOK {
		t.Errorf("named: a program that is no node ran the trials\n%s", stderr)
	}
	if _, err := os.Stat(ran); err != nil {
		t.Error("named, it was not run")
	}
}
