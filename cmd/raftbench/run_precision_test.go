package main

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/raftbench/raftbench/bench"
)

func TestAnOutlookSaysHowManyMoreBlocks(t *testing.T) {
	base := bench.Outlook{Precision: 0.015, Budget: 4 * time.Minute, Takes: 10 * time.Second}
	for _, c := range []struct {
		name                string
		blocks, needs, fits int
		reached             bool
		metric              string
		halfWidth           float64
		want                string
	}{
		{"two blocks", 2, 20, 14, false, "", 0, ``},
		{"three blocks", 3, 12, 14, false, "", 0, `^±1.5 % in latency and ±3 % in throughput needs about 9 more blocks \(1 min 30 s\)$`},
		{"a budget that will not do", 3, 40, 14, false, "", 0, `the budget of 4 min has room for 11: a longer --budget`},
		{"nobody can say", 3, 0, 14, false, "", 0, `too few pairs of valid trials`},
		{"later", 5, 40, 14, false, "", 0, ``},
		{"reached", 12, 12, 14, true, "", 0, `^precision reached after 12 blocks: ±1.5 %`},
		{"spent", 14, 40, 14, false, "throughput_ops", 0.078, `^the budget of 4 min is spent after 14 blocks: about 26 more blocks .*\(widest: throughput.* from n3 to n4, ±7.8 %\)$`},
		{"spent without an interval", 4, 40, 4, false, "throughput_ops", math.Inf(1), `in throughput$`},
		{"spent with nothing known", 4, 0, 4, false, "", 0, `^the budget of 4 min is spent after 4 blocks$`},
	} {
		o := base
		o.Blocks, o.Needs, o.Fits, o.Reached = c.blocks, c.needs, c.fits, c.reached
		o.Metric, o.From, o.To, o.HalfWidth = c.metric, "n3", "n4", c.halfWidth
		got := outlookText(&o)
		if found := regexp.MustCompile(c.want).MatchString(got); !found || (c.want == "") != (got == "") {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// A real run stops by its own record: when it knows what was asked, with blocks
// enough for its questions, or when its budget is spent on a host that is too busy.
func TestARunStopsByItsOwnRecord(t *testing.T) {
	t.Parallel()
	work := t.TempDir()
	experiment := filepath.Join(work, "two.yaml")
	text := `
name: two
nodes: [1, 3]
precision: 50%
budget: 2m
proofs: 0
network: {profile: none}
raft: {heartbeat_timeout: 300ms, election_timeout: 300ms, leader_lease_timeout: 200ms}
workload: {warmup: 50ms, load: {mode: calm}, calm: {rate: 50/s, duration: 500ms}}
`
	if err := os.WriteFile(experiment, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(work, "run")
	_, _, stderr := finished(t, "run", experiment, "--out", dir)
	reached := regexp.MustCompile(`precision reached after \d+ blocks`).MatchString(stderr)
	spent := regexp.MustCompile(`the budget of 2 min is spent`).MatchString(stderr)
	if reached == spent {
		t.Fatalf("want one reason why it stopped:\n%s", stderr)
	}
	// One question needs 6 pairs (stats.PairsNeeded).
	if blocks := len(trialsIn(t, dir)) / 2; reached && blocks < 6 {
		t.Errorf("reached after %d blocks, want at least 6:\n%s", blocks, stderr)
	}
}
