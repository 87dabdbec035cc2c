package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
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
