package summary

import (
	"testing"

	"github.com/raftbench/raftbench/results"
)

// An operation's figures are those of the times at which it was done; one that was
// not done is counted, and times nothing. A snapshot counts from when the node that
// was away listens again.
func TestOperationsAreTimedWhereTheyWereDone(t *testing.T) {
	ms := func(n int64) int64 { return n * 1e6 }
	trial := &results.Trial{Nodes: 3, Valid: true, Kind: results.Outages,
		Events: []results.Event{
			{AtNS: ms(90), Kind: results.EventRestart, Node: "n2"}, // of an earlier fault
			{AtNS: ms(150), Kind: results.EventRestart, Node: "n2"},
			{AtNS: ms(160), Kind: results.EventInstall, Node: "n3", Bytes: 1},
			{AtNS: ms(190), Kind: results.EventInstall, Node: "n2", Bytes: 4096},
		},
		Faults: []results.Fault{
			{Action: "install-snapshot", Nodes: []string{"n2"}, AtNS: ms(100), DoneNS: ms(200), SilentNS: ms(7),
				Before: &results.Latency{P50NS: 5, Count: 3}, During: &results.Latency{P50NS: 9, MaxNS: 20, Count: 3},
				Probes: []results.Probe{{Node: "n1", Failed: 2}, {Node: "n2", Failed: 9}, {Node: "n3", Unknown: 1}}},
			{Action: "install-snapshot", Nodes: []string{"n2"}, AtNS: ms(300), DoneNS: ms(900), Failed: "caught up from the log"},
			{Action: "kill", Nodes: []string{"n1"}, AtNS: ms(1000), DoneNS: ms(1001)},
		},
	}
	all := operationsOf([]*results.Trial{trial})
	if len(all) != 1 {
		t.Fatalf("got %+v, want the one operation, and no kill", all)
	}
	o := all[0]
	if o.Times != 2 || o.NotDone != 1 || o.Why != "caught up from the log" || o.Failed != 2 || o.Unknown != 1 {
		t.Errorf("%+v: want 2 times, one of them not done, with 2 failed writes and 1 unknown", o)
	}
	for name, want := range map[string]float64{
		OperationTook: 100e6, OperationLong: 100e6, OperationSilent: 7e6, OperationStop: 7e6,
		WriteBefore: 5, WriteDuring: 9, SnapshotInstall: 40e6, SnapshotBytes: 4096,
	} {
		if m := o.Metrics[name]; m.Median == nil || *m.Median != want || m.N != 1 {
			t.Errorf("%s: got %+v, want %v of one", name, m, want)
		}
	}
}
