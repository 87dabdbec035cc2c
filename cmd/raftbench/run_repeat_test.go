package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/summary"
)

// Whole runs, their trials repeated until they are valid on whatever host tests
// run on, are done one after another, what is missing is gone on with, and
// what they leave beside their folder answers a comparison.
func TestRepeatedRunsTellTheSpread(t *testing.T) {
	work := t.TempDir()
	dir := filepath.Join(work, "base")
	experiment := filepath.Join(work, "tiny.yaml")
	if err := os.WriteFile(experiment, []byte(strings.Replace(tiny, "retries: 0", "retries: 20", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := finished(t, "run", experiment, "--repeat", "3", "--out", dir)
	files, err := filepath.Glob(filepath.Join(work, summary.SpreadPrefix+"*.json"))
	if code != exitOK || err != nil || len(files) != 1 || !strings.HasSuffix(stdout, "\nspread:  "+strings.Join(files, "")+"\nresults: "+dir+"\n") {
		t.Fatalf("got %d, %v:\n%s%s", code, files, stdout, stderr)
	}
	for _, want := range []string{"run 1 of 3: " + dir + "/1\n", "run 3 of 3: "} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is missing:\n%s", want, stderr)
		}
	}
	if !strings.Contains(stdout, "n1-hashicorp-none  write_latency_p50") {
		t.Errorf("the spread is not told:\n%s", stdout)
	}
	if code, stdout, _ := command(t, "compare", filepath.Join(dir, "1"), filepath.Join(dir, "2")); code != exitOK || strings.Contains(stdout, "spread unknown") {
		t.Errorf("the spread is not found:\n%s", stdout)
	}

	first := len(trialsIn(t, filepath.Join(dir, "1")))
	// The third run is lost, and made again with --resume of them all.
	if err := os.RemoveAll(filepath.Join(dir, "3")); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr = finished(t, "run", "--resume", dir, "--repeat", "3", "-o", "json")
	var s summary.Spread
	if err := json.Unmarshal([]byte(stdout), &s); code != exitOK || err != nil || len(s.Runs) != 3 || len(trialsIn(t, filepath.Join(dir, "3"))) == 0 {
		t.Errorf("got %d, %v, %+v:\n%s", code, err, s, stderr)
	}
	if n := len(trialsIn(t, filepath.Join(dir, "1"))); n != first {
		t.Errorf("the first run was made again: %d trials, want %d", n, first)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"the folder is used":  {[]string{"--out", dir, experiment}, "go on with: raftbench run --resume " + dir + " --repeat 4"},
		"more than is asked":  {[]string{"--resume", work}, "no repeated runs to go on with"},
		"another experiment":  {[]string{"--resume", dir, "--nodes", "3"}, "--nodes"},
		"an unknown output":   {[]string{"-o", "csv"}, "want one of table, json"},
		"a plan that is none": {[]string{"--nodes", "x"}, "--nodes"},
	} {
		args := append([]string{"run", "--repeat", "4"}, c.args...)
		if code, _, stderr := command(t, args...); code != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: got %d, want %q in\n%s", name, code, c.want, stderr)
		}
	}
	if code, _, stderr := command(t, "run", "--repeat", "3", "--resume", dir+"/1"); code != exitUsage || !strings.Contains(stderr, "leave out --repeat") {
		t.Errorf("a single run: got %d: %s", code, stderr)
	}
}

// finished runs the real program, whose nodes are its own.
func finished(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := program(t, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killLater(t, cmd)
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func TestRepeatTakesNumbersOnly(t *testing.T) {
	for _, bad := range []string{"", "x", "-1", "0", "1", "2", "101", "6.5", "999999999999999999999"} {
		code, _, stderr := command(t, "run", "--repeat", bad)
		if code != exitUsage || !strings.Contains(stderr, "--repeat") || !strings.Contains(stderr, "from 3 to 100") {
			t.Errorf("%q: got %d: %s", bad, code, stderr)
		}
	}
}

// What would be refused after hours, or after it was said that a run begins, is
// refused first.
func TestRepeatsAreCheckedBeforeAnythingIsMeasured(t *testing.T) {
	if _, err := os.Stat("/proc/self/cwd"); err != nil {
		t.Skip("there is no /proc")
	}
	t.Chdir(t.TempDir()) // an empty folder, beside which (in /proc) nothing can be written
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a spread that cannot be kept": {[]string{"--out", "/proc/self/cwd", "--preset", "quick"}, "kept beside their folder, and /proc/self cannot be written"},
		"kept nowhere when resumed":    {[]string{"--resume", "/proc/self/cwd"}, "kept beside their folder, and /proc/self cannot be written"},
		"what is recorded is changed":  {[]string{"--resume", ".", "--trials", "5"}, "got --trials with --resume"},
	} {
		code, _, stderr := command(t, append([]string{"run", "--yes", "--repeat", "3"}, c.args...)...)
		if code != exitUsage || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "run 1 of 3") {
			t.Errorf("%s: got %d, want %q in\n%s", name, code, c.want, stderr)
		}
	}
}

func TestTheHelpSaysHowOftenARunIsRepeated(t *testing.T) {
	if _, stdout, _ := command(t, "run", "--help"); !strings.Contains(stdout, "N times, 3 to 100") {
		t.Errorf("got\n%s", stdout)
	}
}
