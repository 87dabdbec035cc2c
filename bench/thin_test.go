package bench

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// restlessHolds are the events of a watch in which processes were held up so often that
// a trial's line has no room for all of them.
func restlessHolds(n int) []results.Event {
	rng := rand.New(rand.NewPCG(1, 2))
	var out []results.Event
	at := int64(1e15)
	for i := range n {
		at += 1e7 + rng.Int64N(1e7)
		node := []string{"n1", "n2", "n3"}[i%3]
		out = append(out, results.Event{AtNS: at, Node: node, Kind: results.EventHeld, Count: 1e6 + rng.Int64N(9e6)})
		if rng.IntN(20_000) == 0 {
			out = append(out, results.Event{AtNS: at + rng.Int64N(1e6), Node: node, Kind: results.EventRole, State: results.StateCandidate, Term: 2})
		}
	}
	return out
}

// longestHold before an instant, of those that ended since another.
func longestHold(events []results.Event, since, until int64) (longest int64) {
	for i := range events {
		if e := &events[i]; e.Kind == results.EventHeld && e.AtNS >= since && e.AtNS-e.Count <= until {
			longest = max(longest, e.Count)
		}
	}
	return longest
}

// A watch with more holds than its line has room for is on record all the same. What is
// left out is counted, and whoever looks back from a change of leadership, however far,
// finds the same longest hold as before.
func TestAVeryLongWatchIsOnRecord(t *testing.T) {
	text := quickly + "watch: {duration: 1s}\n"
	runner := testRunner(t, text, nil)
	tr := runner.newTrial(Job{Setup: setups(t, text)[0], Kind: results.Watch, Trial: 1}, 1)
	all := restlessHolds(600_000)
	tr.events.events = all
	if err := tr.conclude(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := runner.Writer.Append(tr.record.Trial); err != nil {
		t.Fatal(err)
	}
	kept := tr.record.Events
	said, found := says(tr.record.Remarks, results.CodeHeldThinned)
	if !found || said.Severity != results.Note || said.Of != 600_000 || int(said.Count) != len(all)-len(kept) || said.Count == 0 {
		t.Errorf("of %d events %d are on record, and it says %+v", len(all), len(kept), said)
	}
	for i := range all {
		if e := &all[i]; e.Kind == results.EventHeld {
			continue
		} else if !slices.Contains(kept, *e) {
			t.Fatalf("%+v is not on record", *e)
		}
		for _, back := range []int64{1e7, 1e8, 1e9, 1e10} {
			since, until := all[i].AtNS-back, all[i].AtNS
			if got, want := longestHold(kept, since, until), longestHold(all, since, until); got != want {
				t.Errorf("the longest hold in the %d ns before %d: got %d, want %d", back, until, got, want)
			}
		}
	}
	if few, left := thinned(all[:100], mostHeld); len(few) != 100 || left.Count > 0 {
		t.Errorf("of 100 events %d are left, and %+v", len(few), left)
	}
}
