package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/export"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// operation is a setup whose outage trials did one operation again and again.
func operation(n int, action string, silentMS float64, notDone int) summary.Cell {
	c := cell(n, 1, 0)
	c.Cell = fmt.Sprintf("n%d-hashicorp-multi-az-action-%s", n, action)
	c.Params = map[string]string{"outages.action": action}
	c.Metrics = map[string]summary.Metric{figures.Outage: around(silentMS*1e6, 10)}
	c.Trials, c.ValidTrials, c.Proofs, c.ValidProofs, c.OutageTrials, c.ValidOutageTrials = 0, 0, 0, 0, 1, 1
	c.Operations = summary.Operations{}
	o := summary.Operation{Action: action, Times: 8, NotDone: notDone, Failed: 2, Unknown: 1, Metrics: map[string]summary.Metric{
		summary.OperationTook: around(2*silentMS*1e6, 10), summary.OperationSilent: around(silentMS*1e6, 10),
		summary.OperationStop: {Median: p(3 * silentMS * 1e6), N: 8},
		summary.WriteBefore:   around(1.7e6, 5), summary.WriteDuring: around(2.4e6, 5),
		summary.SlowBefore: around(3.1e6, 5), summary.SlowDuring: around(45e6, 5),
	}}
	if notDone > 0 {
		o.Why = "n1 leads again after it handed over, want another"
	}
	if action == "install-snapshot" {
		o.Metrics[summary.SnapshotInstall], o.Metrics[summary.SnapshotBytes] = around(150e6, 5), around(256<<10, 0)
	}
	c.UnderLoad = []summary.Operation{o}
	c.Outages = []summary.Outages{{Kind: results.Outages, Action: action, Hit: summary.HitFollower, Faults: 8, Metrics: c.Metrics}}
	return c
}

// A run of operations and faults closes with whichever stops writes longest.
func TestWhatStopsWritesLongestCloses(t *testing.T) {
	killed := func(ms float64) summary.Cell {
		c := operation(3, "kill", ms, 0)
		c.UnderLoad, c.Outages[0].Hit = nil, summary.HitLeader
		return c
	}
	for _, tt := range []struct {
		kill, transfer float64
		want           string
	}{
		{1900, 42, "A dead leader stops writes for 1.90 s with 3 nodes (median of"},
		{40, 42, "Leadership transfer: writes stop for 42.0 ms with 3 nodes."},
	} {
		s := summary.Summary{SchemaVersion: summary.SchemaVersion, Cells: []summary.Cell{operation(3, "transfer", tt.transfer, 0), killed(tt.kill)}}
		if got := reportOf(s).Closing(); !strings.HasPrefix(got, tt.want) {
			t.Errorf("kills of %v ms and transfers of %v ms end with %q, want %q", tt.kill, tt.transfer, got, tt.want)
		}
	}
}

// A run of operations says first how long each stops writes, and which failed; the
// table has a row for each operation and size.
func TestOperationsAreAnsweredFirst(t *testing.T) {
	s := summary.Summary{SchemaVersion: summary.SchemaVersion, Cells: []summary.Cell{
		operation(3, "transfer", 42, 0), operation(5, "transfer", 51, 1), operation(3, "install-snapshot", 12, 0), operation(5, "install-snapshot", 13, 0),
	}}
	var b strings.Builder
	if err := reportOf(s).Table(&b, Terminal{Width: 150}); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{
		"Leadership transfer: writes stop for 42.0 ms with 3 nodes and 51.0 ms with 5; not done: 1 of 8 with 5 nodes (n1 leads again after it handed over, want another).",
		"Snapshot to a node that was away: writes stop for 12.0 ms with 3 nodes and 13.0 ms with 5.",
		"What an operation under load costs",
		"5 8, 1 failed 51.0 ms 153 ms 1.70 ms 2.40 ms 3.10 ms 45.0 ms 2 1 102 ms",
		"256 KiB",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(text, "without writes for") || strings.Contains(text, "Faults that hit another") || strings.Contains(text, "What each size buys") {
		t.Errorf("an operation stands among the faults, or beside costs that nobody measured:\n%s", b.String())
	}
	b.Reset()
	if err := export.CSV(&b, s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"transfer.write_before_p99_ns,3.1e+06", "transfer.write_during_p99_ns,4.5e+07", "install-snapshot.silent_p50_ns,1.2e+07"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the CSV lacks %s:\n%s", want, b.String())
		}
	}
	if plain := reportOf(typical()).operationSheet(); len(plain.groups) > 0 {
		t.Error("a run without operations has a table of them")
	}
}
