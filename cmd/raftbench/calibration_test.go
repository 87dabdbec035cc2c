package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

const referenceRun = "../../results/reference"

// What is predicted from a run of the sizes that it has is what its report predicts, and
// a plan's clients beside the leader get what is predicted of that placement.
func TestPredictionsFromARun(t *testing.T) {
	run, err := results.Open(referenceRun)
	if err != nil {
		t.Fatal(err)
	}
	s, err := summary.Build(run)
	if err != nil {
		t.Fatal(err)
	}
	var all []predicted
	from(t, &all, "predict", "--profile", "multi-az", "--nodes", "1,3,4,5,7")
	for i, th := range s.Theories {
		if p := all[i]; math.Abs(float64(*p.Here)-*th.PredictedNS) > 10 || math.Abs(float64(*p.Own)-*th.OwnMachines) > 10 {
			t.Errorf("%d nodes: got %v here and %v on own machines, want %.0f and %.0f ns", p.Nodes, *p.Here, *p.Own, *th.PredictedNS, *th.OwnMachines)
		}
	}
	for _, p := range all { // the floor is of the run's disk, whatever this one does now
		if p.Write.P50 > *p.Own {
			t.Errorf("%d nodes: got a floor of %v above the %v that are predicted", p.Nodes, p.Write.P50, *p.Own)
		}
	}
	var far []predicted
	from(t, &far, "predict", "--profile", "aws-us-3", "--nodes", "3,5")
	for _, p := range far {
		if *p.Own > *p.Here {
			t.Errorf("%d nodes far apart: got %v on machines of their own, more than the %v on one host", p.Nodes, *p.Own, *p.Here)
		}
	}
	var plan plannedFor
	from(t, &plan, "plan", "--profile", "multi-az", "--tolerate", "0", "--nodes", "1", "--leader", "a")
	if got := plan.Answer.Commit.P50; math.Abs(float64(got)/float64(*all[0].Own)-1) > 0.05 {
		t.Errorf("a plan of one node: got %v, want about the %v that are predicted", got, *all[0].Own)
	}
	if got := plan.Basis.FullLoad; got < 7000 || got > 7600 {
		t.Errorf("one node at full load: got %.0f/s, want what the run's report has, 7,290/s", got)
	}
	if code, text, _ := command(t, "plan", "--profile", "multi-az", "--from", referenceRun); code != exitOK || !strings.Contains(strings.Join(strings.Fields(text), " "), "did 7,290/s at full load") {
		t.Errorf("a plan's notes: exit code %d, want what one node did at full load; got\n%s", code, text)
	}
	from(t, &plan, "plan", "--profile", "aws-us-3", "--nodes", "3", "--tolerate-zones", "1", "--leader", "us-east-2")
	from(t, &all, "predict", "--profile", "aws-us-3", "--nodes", "3", "--leader", "us-east-2")
	if got, want := plan.Answer.Commit.P50, *all[0].Own; (got-want).Abs() > 10*time.Nanosecond || want < time.Millisecond {
		t.Errorf("a plan's commit: got %v, want %v as predicted", got, want)
	}
}

// from the reference run, as JSON.
func from(t *testing.T, into any, args ...string) {
	t.Helper()
	code, out, stderr := command(t, append(args, "--from", referenceRun, "-o", "json")...)
	if code != 0 || json.Unmarshal([]byte(out), into) != nil {
		t.Fatalf("%v: exit code %d and\n%s\n%s", args, code, out, stderr)
	}
}

// A run that lacks what it takes is refused, and says what that is.
func TestNoPredictionFromAnyRun(t *testing.T) {
	lame := filepath.Join(t.TempDir(), "lame")
	if err := os.CopyFS(lame, os.DirFS(referenceRun)); err != nil {
		t.Fatal(err)
	}
	trials := filepath.Join(lame, results.TrialsFile)
	data, err := os.ReadFile(trials)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(data)) {
		if !strings.Contains(line, `"cell":"n1-`) {
			kept = append(kept, line)
		}
	}
	if err := os.WriteFile(trials, []byte(strings.Join(kept, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		told string
	}{
		"no one node":  {[]string{"plan", "--profile", "multi-az", "--from", lame}, "got no setup that has valid trials of 1 and of 3 nodes"},
		"no run":       {[]string{"predict", "--from", t.TempDir()}, "not a run's folder"},
		"other disk":   {[]string{"predict", "--set", "storage.sync=2ms", "--from", referenceRun}, "storage.sync is real in that run, and 2ms is asked for"},
		"other engine": {[]string{"plan", "--profile", "multi-az", "--engine", "etcd", "--from", referenceRun}, "engine is hashicorp in that run, and etcd is asked for"},
		"slow code":    {[]string{"predict", "--set", "storage.apply_delay=50ms", "--from", referenceRun}, "storage.apply_delay is 0s in that run, and 50ms is asked for"},
		"large values": {[]string{"predict", "--set", "workload.value_size=1MiB", "--from", referenceRun}, "workload.value_size is 256 in that run"},
		"in memory":    {[]string{"predict", "--set", "storage.store=inmem", "--from", referenceRun}, "storage.store is boltdb in that run, and inmem is asked for"},
		"two disks":    {[]string{"predict", "--fsync", "1ms", "--from", referenceRun}, "got --from and --fsync, want one of them"},
		"both":         {[]string{"plan", "--profile", "multi-az", "--fsync", "1ms", "--from", referenceRun}, "got --from and --fsync, want one of them"},
	} {
		if code, _, stderr := command(t, c.args...); code != exitUsage || !strings.Contains(stderr, c.told) || !strings.Contains(stderr, "hint: ") {
			t.Errorf("%s: got %d and\n%s\nwant %d and %q", name, code, stderr, exitUsage, c.told)
		}
	}
}
