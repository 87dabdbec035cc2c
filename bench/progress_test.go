package bench

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// Nodes tell of their progress where faults are done, and nowhere else.
func TestWhoTellsOfProgress(t *testing.T) {
	faults := configs.Setup{}
	faults.Faults = []configs.TimedFault{{}}
	for _, c := range []struct {
		job  Job
		want bool
	}{
		{Job{Kind: results.Measure}, false},
		{Job{Kind: results.Measure, Setup: faults}, true},
		{Job{Kind: results.Proof}, true},
		{Job{Kind: results.Outages}, true},
		{Job{Kind: results.Watch}, false},
		{Job{Kind: results.SafetyTest, Setup: faults}, false},
	} {
		nodes := make([]control.Options, 2)
		tellProgress(nodes, c.job)
		for _, n := range nodes {
			if got := n.TellProgress > 0; got != c.want {
				t.Errorf("%s with %d faults: told %v, want %v", c.job.Kind, len(c.job.Setup.Faults), got, c.want)
			}
		}
	}
}

// Of more progress than a trial's line has room for, each node keeps every second event,
// and no other event is lost.
func TestProgressIsThinned(t *testing.T) {
	var all []results.Event
	for i := range int64(40) {
		all = append(all,
			results.Event{AtNS: 3 * i, Node: "n1", Kind: results.EventProgress},
			results.Event{AtNS: 3*i + 1, Node: "n2", Kind: results.EventProgress},
			results.Event{AtNS: 3*i + 2, Node: "n1", Kind: results.EventRole})
	}
	if got := thinnedProgress(all, 80); !cmp.Equal(got, all) {
		t.Errorf("left %d of %d, and there was room for all", len(got), len(all))
	}
	count := map[string]int{}
	for _, e := range thinnedProgress(all, 50) {
		count[e.Node+" "+string(e.Kind)]++
	}
	if want := map[string]int{"n1 progress": 20, "n2 progress": 20, "n1 role": 40}; !cmp.Equal(count, want) {
		t.Errorf("left %v, want %v", count, want)
	}
}

// Writes are on record in the order of their sending, with what became of each, and of
// too many every second one.
func TestWritesOneByOne(t *testing.T) {
	got := writesOf([]witnessed{
		{"n2", 7_000_000, 9_000_000, errors.New("lost")},
		{"n1", 5_000_000, 5_400_000, nil},
		{"n1", 8_000_000, 8_000_900, loadgen.ErrRejected},
	})
	want := &results.Writes{StartNS: 5_000_000, Every: 1, SentUS: []int64{0, 2000, 1000}, TookUS: []int64{400, 2000, 0}, Outcomes: "auf"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if writesOf(nil) != nil {
		t.Error("writes of no load")
	}
	many := make([]witnessed, 2*mostWrites+2)
	for i := range many {
		many[i].sentNS = int64(i) * 1000
	}
	if w := writesOf(many); w.Every != 4 || len(w.SentUS) != len(w.Outcomes) || len(w.SentUS) > mostWrites {
		t.Errorf("of %d writes every %d-th is kept, %d of them", len(many), w.Every, len(w.SentUS))
	}
}

// replayable tells what a trial's replay would lack.
func replayable(t *testing.T, r results.Trial) {
	t.Helper()
	told := map[string]bool{}
	for _, e := range r.Events {
		if e.Kind == results.EventProgress && e.Index > 0 && e.Commit > 0 {
			told[e.Node] = true
		}
	}
	if len(told) != r.Nodes {
		t.Errorf("progress of %v is on record, want that of %d nodes", told, r.Nodes)
	}
	if w := r.Writes; w == nil || len(w.SentUS) == 0 {
		t.Error("no write is on record")
	}
	isolated := slices.IndexFunc(r.Faults, func(f results.Fault) bool { return f.Action == "isolate" })
	if isolated >= 0 && len(r.Faults[isolated].Cut) != 2*(r.Nodes-1) {
		t.Errorf("isolate cut %v, want all links of a node, both ways", r.Faults[isolated].Cut)
	}
}
