package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// inflightRun holds three nodes at several settings in each of eight blocks, on a
// host that gets slower by a fifth from block to block.
func inflightRun(t *testing.T, factors map[string]float64) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "settings")
	w, err := results.Create(dir, results.Environment{}, []byte("name: made-up\n"))
	if err != nil {
		t.Fatal(err)
	}
	drift := 1.0
	for block := range 8 {
		drift *= 1.2
		for value, factor := range factors {
			rate := 9000 * factor / drift * (1 + 0.001*float64(block%3))
			err = errors.Join(err, w.Append(results.Trial{
				Cell: "n3-x-" + value, Trial: block + 1, Block: block, Attempt: 1, Kind: results.Measure, Nodes: 3, Valid: true, Durable: true,
				Engine: "hashicorp", Profile: "none", Load: "saturate", Params: map[string]string{"raft.max_rpcs_in_flight": value},
				Windows: []results.Window{{
					Name: results.WindowSaturate, Role: results.RoleFull, Mode: results.ModeClosed, Clients: 64, DurationNS: 1e9,
					Attempted: int64(rate), Completed: int64(rate), Writes: int64(rate), ThroughputOps: rate,
					Latency: results.Latency{P50NS: results.Nanos(64e9 / rate), P90NS: 2e9, P99NS: 3e9, P999NS: 4e9, MaxNS: 5e9, Count: int64(rate)},
				}},
			}))
		}
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Which setting helps is answered by the run itself, whose host's drift is far
// larger than the difference.
func TestARunTellsWhichOfItsSettingsHelps(t *testing.T) {
	dir := inflightRun(t, map[string]float64{"2": 1, "16": 1.1, "1": 0.9})
	code, stdout, stderr := raftbench("compare", dir, "--by", "raft.max_rpcs_in_flight")
	if code != exitOK {
		t.Fatalf("got exit code %d: %s", code, stderr)
	}
	for _, want := range []string{
		"3 nodes: raft.max_rpcs_in_flight 1 → 2", "3 nodes: raft.max_rpcs_in_flight 1 → 16", "+11 % [+11, +11]", "2 helps: ", "16 helps: ", "+22 % throughput",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("lacks %q:\n%s", want, stdout)
		}
	}
	for _, format := range []string{"markdown", "csv", "json"} {
		if code, stdout, stderr := raftbench("compare", dir, "--by", "raft.max_rpcs_in_flight", "-o", format); code != exitOK || !strings.Contains(stdout, "throughput") {
			t.Errorf("%s: exit code %d, %s\n%s", format, code, stderr, stdout)
		}
	}
}

func TestARunIsComparedAlongItsOwnAxesOnly(t *testing.T) {
	dir, single := inflightRun(t, map[string]float64{"2": 1, "16": 1.1}), inflightRun(t, map[string]float64{"2": 1})
	for _, c := range []struct{ args, want string }{
		{dir + " --by raft.commit_timeout", "its setups differ in raft.max_rpcs_in_flight"},
		{single + " --by raft.max_rpcs_in_flight", "has one value of it, 2: there is nothing to compare"},
		{single + " --by nothing", "a run varies a setting where it is given several values"},
		{dir, "one run and --by"},
		{fmt.Sprintf("%s %s --by raft.max_rpcs_in_flight", dir, single), "give two runs, or one run"},
	} {
		code, _, stderr := raftbench(append([]string{"compare"}, strings.Fields(c.args)...)...)
		if code != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("compare %s: exit code %d, %s\nwant %d and %q", c.args, code, stderr, exitUsage, c.want)
		}
	}
}
