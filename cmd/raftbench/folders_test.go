package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Two runs of one name within one second have a folder each.
func TestRunsOfOneSecondHaveFoldersOfTheirOwn(t *testing.T) {
	work := t.TempDir()
	// Whenever the run begins, another one of this second is there already,
	// and a third.
	for second := range 10 * time.Minute / time.Second {
		at := time.Now().UTC().Add((second - 5) * time.Second).Format("20060102-150405")
		for _, other := range []string{"", "-2"} {
			other := filepath.Join(work, "results", "mine-"+at+other, "something")
			if err := os.MkdirAll(other, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := program(t, "run", "--nodes", "1", "--profile", "none", "--trials", "1", "--proofs", "0",
		"--rate", "50/s", "--duration", "100ms", "--set", "name=mine", "--set", "retries=0")
	cmd.Dir = work
	out, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code == exitUsage || !strings.HasSuffix(strings.TrimSpace(string(out)), "-3") {
		t.Errorf("got %v and\n%s\nwant results in a folder of a third name", err, out)
	}
}
