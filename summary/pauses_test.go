package summary

import (
	"math"
	"testing"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// pausedAt is a stop of so many milliseconds that ended at an instant.
func pausedAt(end, ms int64, node string) results.Event {
	return results.Event{AtNS: end, Node: node, Kind: results.EventPaused, Count: ms * int64(time.Millisecond)}
}

// twoKinds of pauses, in a watch with a heartbeat timeout of 100 ms.
var twoKinds = []PauseKind{{LengthNS: 20e6}, {LengthNS: 90e6, Singly: true}}

// A process that was paused says when it wakes that it was held up: that is no doing
// of the host's, and a hold beside it is.
func TestAPauseIsNotTheHosts(t *testing.T) {
	lost := []results.Event{pausedAt(1000, 90, "n1"), heldAt(1003, 95, "n1"), roleAt(1004, "n1", results.StateFollower, 2)}
	if got := follow(watchOf(lost...), 0, math.MaxInt64).seen; got.Elections != 1 || got.Host+got.Unclear != 0 || got.HeldNS != 5e6 {
		t.Errorf("a leader that was paused: got %+v, want a loss that is not the host's, beside a hold of 5 ms", got)
	}
	other := append([]results.Event{heldAt(990, 60, "n2")}, lost...)
	if got := follow(watchOf(other...), 0, math.MaxInt64).seen; got.Host != 1 {
		t.Errorf("and another member that the host held up: got %+v", got)
	}
}

// What cost a leader its place: a pause that stood by itself, one of two that stood
// close, one of the background, or none.
func TestALossIsAPausesThatStood(t *testing.T) {
	loss := roleAt(1001, "n1", results.StateFollower, 2)
	for name, c := range map[string]struct {
		events []results.Event
		want   Provoked
	}{
		"a pause by itself": {
			[]results.Event{pausedAt(1000, 91, "n1"), loss},
			Provoked{Kinds: []ProvokedBy{{}, {Made: 1, Counted: 1, Elections: 1}}},
		},
		"among shorter ones": {
			[]results.Event{pausedAt(960, 20, "n2"), pausedAt(990, 21, "n3"), pausedAt(1000, 91, "n1"), loss},
			Provoked{Kinds: []ProvokedBy{{Made: 2, Counted: 0}, {Made: 1, Counted: 1, Elections: 1}}},
		},
		"two that stood close": {
			[]results.Event{pausedAt(850, 91, "n2"), pausedAt(1000, 91, "n1"), loss},
			Provoked{Kinds: []ProvokedBy{{}, {Made: 2}}, Close: ProvokedBy{Counted: 2, Elections: 1}},
		},
		"beside a host that was busy": {
			[]results.Event{heldAt(990, 60, "n2"), pausedAt(1000, 91, "n1"), loss},
			Provoked{Kinds: []ProvokedBy{{}, {Made: 1, Counted: 1, Elections: 1, Host: 1}}},
		},
		"a short one alone": {
			[]results.Event{pausedAt(1000, 20, "n1"), loss},
			Provoked{Kinds: []ProvokedBy{{Made: 1, Counted: 1, Elections: 1}, {}}},
		},
		"none, or long before": {
			[]results.Event{pausedAt(800, 91, "n1"), loss},
			Provoked{Kinds: []ProvokedBy{{}, {Made: 1, Counted: 1}}, Unprovoked: 1},
		},
		"a pause without a leader tells nothing": {
			[]results.Event{loss, pausedAt(1200, 91, "n2"), roleAt(1300, "n3", results.StateLeader, 3)},
			Provoked{Kinds: []ProvokedBy{{}, {Made: 1}}, Unprovoked: 1},
		},
	} {
		got := ProvokedIn([]results.Trial{*watchOf(c.events...)}, twoKinds)
		for k := range c.want.Kinds {
			c.want.Kinds[k].LengthNS = twoKinds[k].LengthNS
			if got.Kinds[k] != c.want.Kinds[k] {
				t.Errorf("%s: of pauses of %d ns got %+v, want %+v", name, twoKinds[k].LengthNS, got.Kinds[k], c.want.Kinds[k])
			}
		}
		if got.Close != c.want.Close || got.Unprovoked != c.want.Unprovoked || got.Watches != 1 {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

// anHour is once in so many hours, an hour.
func anHour(every float64) float64 { return 1 / every }

// The bound is the number of pauses an hour times the most of them that may cost a
// leader its place: 3 over their number where none did, the rule of three.
func TestTheBoundOnFalseElections(t *testing.T) {
	const year = 8766
	e := quorum.Exposure{Alone: []bool{false, true}, Singly: []bool{false, true}, PerHour: []float64{180, anHour(240)}, Together: 1e-9}
	none := Provoked{Kinds: []ProvokedBy{{Counted: 100}, {Counted: 1000}}, Watches: 1, WatchedNS: int64(time.Hour)}
	b := none.Bound(e, anHour(year), 4)
	if want := e.Together + anHour(240)*-math.Log(0.05)/1000; math.Abs(b.High/want-1) > 1e-9 || b.PerHour != 0 || b.Low != 0 || b.Rest != e.Together {
		t.Errorf("no loss in 1000 pauses: got %+v, want a bound of %v", b, want)
	}
	few := none
	few.Kinds = []ProvokedBy{{Counted: 10}, {Counted: 20}}
	if b := few.Bound(e, anHour(year), 4); b.High < anHour(year) {
		t.Errorf("20 pauses prove %v an hour, which is below the limit %v", b.High, anHour(year))
	}
	longer := few.Longer(e, anHour(year), 4)
	if proof := few.times(longer).Bound(e, anHour(year), 4).High; longer <= 1 || proof > anHour(year) {
		t.Errorf("%v times as long proves %v, want the limit %v", longer, proof, anHour(year))
	}
	// A third of the pauses, the leader's, costs it its place.
	broken := none
	broken.Kinds = []ProvokedBy{{Counted: 100}, {Counted: 90, Elections: 30}}
	if b := broken.Bound(e, anHour(year), 4); b.Low < anHour(year) || b.High < b.PerHour || b.PerHour < b.Low || broken.Longer(e, anHour(year), 4) != 0 {
		t.Errorf("30 losses of 90 pauses: got %+v, want more than the limit for certain, and no length that proves it", b)
	}
	// What this host may have done breaks no limit, and keeps none.
	busy := broken
	busy.Kinds = []ProvokedBy{{Counted: 100}, {Counted: 90, Elections: 30, Host: 30}}
	busy.Host = 30
	if b := busy.Bound(e, anHour(year), 4); b.Low != 0 || b.PerHour != 0 || b.High < anHour(year) {
		t.Errorf("30 losses that a busy host may have caused: got %+v, want none for certain, and a bound above the limit", b)
	}
	// What nothing caused is counted by the time that was watched, at its own scale.
	odd := none
	odd.Unprovoked = 1
	if b := odd.Bound(e, anHour(year), 4); b.High < 0.25 {
		t.Errorf("a loss without a pause in an hour that stands for 4: got %+v, want a bound above one in 4 hours", b)
	}
	// Coincidences above the limit are measured, since as if each cost the leader its
	// place they would break it.
	often := e
	often.Together = anHour(year)
	many := none
	many.Kinds = []ProvokedBy{{Counted: 100_000_000}, {Counted: 1000}}
	if b := many.Bound(often, anHour(year), 4); b.Rest != 0 || b.High > anHour(year) {
		t.Errorf("coincidences that were seen to do nothing: got %+v, want a bound below the limit", b)
	}
}
