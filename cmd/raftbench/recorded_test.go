package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// A folder that somebody else made may name any file as its profile, also by a
// symbolic link: none from outside is read, be it for a message.
func TestARecordedExperimentReadsNoFileOutside(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret.yaml")
	if err := os.WriteFile(secret, []byte("root: the-secret\n  - x: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, harm := range map[string]func(dir string) error{
		"absolute": func(dir string) error {
			return damage(filepath.Join(dir, results.ExperimentFile), "profile: multi-az", "profile: "+secret)
		},
		"upwards": func(dir string) error {
			up, err := filepath.Rel(dir, secret)
			return errors.Join(err, damage(filepath.Join(dir, results.ExperimentFile), "profile: multi-az", "profile: "+up))
		},
		"a link": func(dir string) error {
			return errors.Join(os.Symlink(secret, filepath.Join(dir, "linked.yaml")),
				damage(filepath.Join(dir, results.ExperimentFile), "profile: multi-az", "profile: linked.yaml"))
		},
		"the experiment a link": func(dir string) error {
			path := filepath.Join(dir, results.ExperimentFile)
			return errors.Join(os.Remove(path), os.Symlink(secret, path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyRun(t)
			if err := harm(dir); err != nil {
				t.Fatal(err)
			}
			for _, verb := range []string{"report", "gate", "explain"} {
				_, stdout, stderr := raftbench(verb, dir)
				if said := stdout + stderr; strings.Contains(said, "the-secret") || !strings.Contains(stderr, "cannot be read: ") {
					t.Errorf("%s: got %s%s, want that the file cannot be read, and no line of it", verb, stdout, stderr)
				}
			}
			page, err := os.ReadFile(filepath.Join(dir, "report", "index.html"))
			if strings.Contains(string(page), "the-secret") || err == nil && !strings.Contains(string(page), "cannot be read") {
				t.Errorf("%v: the page quotes the file, or does not tell of it", err)
			}
		})
	}
}

// A damaged file of histograms costs what a missing one does: its trial is left out of
// what is pooled, and the page stands.
func TestADamagedHistogramIsTreatedAsMissing(t *testing.T) {
	t.Parallel()
	for why, harm := range map[string]func(path string) error{
		"is empty":           func(path string) error { return os.Truncate(path, 0) },
		"cannot be read":     func(path string) error { return os.Truncate(path, 700) },
		"not a regular file": func(path string) error { return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)) },
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			dir := copyRun(t)
			if err := harm(filepath.Join(dir, "trials", "n3-hashicorp-multi-az-1.hlog")); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := raftbench("report", dir)
			if code != exitOK || !strings.Contains(stdout, "survives losing") || strings.Count(stderr, "warning: ") != 1 ||
				!strings.Contains(stderr, why) || !strings.Contains(stderr, "pooled percentiles leave these trials out") {
				t.Errorf("got %d and %s, want the page, and one warning of what is left out and why", code, stderr)
			}
			page, err := os.ReadFile(filepath.Join(dir, "report", "index.html"))
			if err != nil || !strings.Contains(string(page), why) {
				t.Errorf("%v: the page does not tell why", err)
			}
			if code, _, stderr := raftbench("predict", "--nodes", "3", "--from", dir); strings.Contains(stderr, "hlog") {
				t.Errorf("predict: got %d and %s, want nothing of histograms: it needs none", code, stderr)
			}
		})
	}
}

// An experiment that is not the one its trials were made by is told of.
func TestAnExperimentOfOtherTrialsIsToldOf(t *testing.T) {
	t.Parallel()
	for want, harm := range map[string]func(path string) error{
		"asks for no 7 nodes with the profile multi-az": func(path string) error {
			return damage(path, "nodes: [1, 3, 4, 5, 7]", "nodes: [1, 3, 4, 5]")
		},
		"with the profile multi-az, of which trials": func(path string) error {
			return damage(path, "profile: multi-az", "profile: aws-us-3")
		},
		"ends within a line": func(path string) error { return os.Truncate(path, 61) },
	} {
		dir := copyRun(t)
		if err := harm(filepath.Join(dir, results.ExperimentFile)); err != nil {
			t.Fatal(err)
		}
		if code, _, stderr := raftbench("report", dir); code != exitOK || !strings.Contains(stderr, want) {
			t.Errorf("got %d and %s, want the page and the warning that it %s", code, stderr, want)
		}
	}
}

// A full load that wrote nothing has no cost to compare, and no advice rests on it.
func TestAThroughputOfNothingIsNoDifference(t *testing.T) {
	t.Parallel()
	dir := copyRun(t)
	path := filepath.Join(dir, results.TrialsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`"throughput_ops":[0-9.e+]+`).ReplaceAll(text, []byte(`"throughput_ops":0`))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := raftbench("report", dir, "-o", "json")
	var s struct {
		Differences []struct{ Metric string }
	}
	if err := json.Unmarshal([]byte(stdout), &s); code != exitOK || err != nil || len(s.Differences) == 0 {
		t.Fatalf("got %d, %v and %s", code, err, stderr)
	}
	for _, d := range s.Differences {
		if strings.HasSuffix(d.Metric, "throughput_ops") {
			t.Errorf("got a difference in %s of setups that wrote nothing", d.Metric)
		}
	}
}
