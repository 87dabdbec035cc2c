package summary

import (
	"maps"
	"math"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// watchOf is a minute's watch of three members with a heartbeat timeout of 100 ms;
// instants are in milliseconds from its start, and n1 leads in term 2 before it.
func watchOf(events ...results.Event) *results.Trial {
	const start = int64(time.Hour)
	ms := int64(time.Millisecond)
	t := &results.Trial{
		Cell: "n3-hashicorp-none", Kind: results.Watch, Valid: true, Nodes: 3,
		Timeouts: results.Timeouts{HeartbeatNS: 100 * ms, ElectionNS: 100 * ms, LeaseNS: 50 * ms},
		Windows: []results.Window{{Name: results.WindowWatch, Role: results.RoleWatch, StartNS: start, DurationNS: int64(time.Minute),
			OfferedOps: 20, Attempted: 1200, Completed: 1190}},
		Events: []results.Event{{AtNS: start - 1000*ms, Node: "n1", Kind: results.EventRole, State: results.StateLeader, Term: 2}},
	}
	for _, e := range events {
		e.AtNS = start + e.AtNS*ms
		t.Events = append(t.Events, e)
	}
	return t
}

func roleAt(at int64, node, state string, term uint64) results.Event {
	return results.Event{AtNS: at, Node: node, Kind: results.EventRole, State: state, Term: term}
}

func termAt(at int64, node string, term uint64) results.Event {
	return results.Event{AtNS: at, Node: node, Kind: results.EventTerm, Term: term}
}

func heldAt(at, ms int64, node string) results.Event {
	return results.Event{AtNS: at, Node: node, Kind: results.EventHeld, Count: ms * int64(time.Millisecond)}
}

// What costs a leader its place, and what does not.
func TestElectionsOfAHealthyCluster(t *testing.T) {
	candidate, leader, follower := results.StateCandidate, results.StateLeader, results.StateFollower
	votedOut := []results.Event{
		roleAt(1000, "n2", candidate, 2), roleAt(1001, "n3", candidate, 2),
		termAt(1002, "n2", 3), roleAt(1004, "n2", leader, 3), roleAt(1005, "n1", follower, 2), termAt(1005, "n1", 3), roleAt(1006, "n3", follower, 2),
	}
	leaseLost := []results.Event{
		roleAt(2000, "n1", follower, 2), roleAt(2100, "n3", candidate, 2), termAt(2103, "n3", 3), roleAt(2105, "n3", leader, 3),
	}
	for name, c := range map[string]struct {
		events []results.Event
		want   Losses
	}{
		"a quiet minute": {nil, Losses{}},
		"a lone suspicion is refused": {
			[]results.Event{roleAt(500, "n2", candidate, 2), roleAt(540, "n2", follower, 2)}, Losses{Suspicions: 1},
		},
		"two suspect the leader at once, and one is elected": {votedOut, Losses{Elections: 1, VotedOut: 1, Suspicions: 1}},
		"the old leader hears of the term before the new one leads": {
			[]results.Event{
				roleAt(1000, "n2", candidate, 2), termAt(1002, "n2", 3), termAt(1003, "n3", 3), roleAt(1004, "n1", follower, 2), roleAt(1005, "n2", leader, 3),
			}, Losses{Elections: 1, VotedOut: 1},
		},
		"a lease ends, and another is elected":            {leaseLost, Losses{Elections: 1, LeaseLost: 1}},
		"a lease ends, and nobody leads at the end":       {leaseLost[:1], Losses{Elections: 1, LeaseLost: 1}},
		"what happens before and after is no part of it":  {[]results.Event{roleAt(-500, "n1", follower, 2), roleAt(-400, "n1", leader, 3), roleAt(60_001, "n1", follower, 3)}, Losses{}},
		"the host held a follower for most of a timeout":  {append([]results.Event{heldAt(950, 60, "n2")}, votedOut...), Losses{Elections: 1, VotedOut: 1, Suspicions: 1, Host: 1, HeldNS: 60e6}},
		"the host held a follower for a part of it":       {append([]results.Event{heldAt(950, 20, "n2")}, votedOut...), Losses{Elections: 1, VotedOut: 1, Suspicions: 1, Unclear: 1, HeldNS: 20e6}},
		"the host held a follower long before":            {append([]results.Event{heldAt(600, 60, "n2")}, votedOut...), Losses{Elections: 1, VotedOut: 1, Suspicions: 1, HeldNS: 60e6}},
		"a hold that is told after it ended is before it": {append(votedOut[:len(votedOut):len(votedOut)], heldAt(1050, 90, "n3")), Losses{Elections: 1, VotedOut: 1, Suspicions: 1, Host: 1, HeldNS: 90e6}},
	} {
		w := watchOf(c.events...)
		if got := LossesIn(w, w.Windows[0].StartNS, w.Windows[0].StartNS+w.Windows[0].DurationNS); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

// A minute without an election proves fewer than 180 an hour, and no rate is
// given without its bound.
func TestTheRateOfFalseElectionsHasAnExactInterval(t *testing.T) {
	quiet := watched([]*results.Trial{watchOf()})
	if quiet.PerHour != 0 || quiet.Low != 0 || math.Abs(quiet.High-179.7) > 0.1 {
		t.Errorf("a quiet minute: got %v (%v to %v), want 0 (0 to 179.7)", quiet.PerHour, quiet.Low, quiet.High)
	}
	lost := []results.Event{roleAt(1000, "n1", results.StateFollower, 2), roleAt(1200, "n1", results.StateLeader, 3)}
	two := watched([]*results.Trial{watchOf(lost...), watchOf(lost...)})
	if two.Elections != 2 || two.PerHour != 60 || math.Abs(two.Low-7.26) > 0.1 || math.Abs(two.High-216.7) > 0.1 {
		t.Errorf("2 in 2 minutes: got %+v, want 60 an hour (7.3 to 217)", two)
	}
	// What may be the host's is in the upper end alone.
	noisy := watched([]*results.Trial{watchOf(append([]results.Event{heldAt(990, 80, "n1")}, lost...)...)})
	if noisy.PerHour != 0 || noisy.Low != 0 || math.Abs(noisy.High-60*5.572) > 1 {
		t.Errorf("1 in a minute, of the host's: got %+v, want 0 (0 to 334)", noisy)
	}
	broken := watchOf()
	broken.Valid = false
	if w := watched([]*results.Trial{broken}); w.ValidTrials != 0 || w.High != 0 {
		t.Errorf("an invalid watch counts: %+v", w)
	}
}

// What a member did not tell of may have been elections: the upper end has them all.
func TestWhatWasNotToldOfIsInTheUpperEnd(t *testing.T) {
	dropped := func(at int64) results.Event {
		return results.Event{AtNS: at, Node: "n2", Kind: results.EventDropped, Count: 4}
	}
	for name, c := range map[string]struct {
		events []results.Event
		want   int64
	}{
		"within":                   {[]results.Event{dropped(500)}, 4},
		"from before into it":      {[]results.Event{dropped(-500), roleAt(100, "n2", results.StateFollower, 2)}, 4},
		"over before it":           {[]results.Event{dropped(-500), roleAt(-100, "n2", results.StateFollower, 2)}, 0},
		"after it":                 {[]results.Event{dropped(60_001)}, 0},
		"another's event is later": {[]results.Event{dropped(-500), roleAt(-100, "n3", results.StateFollower, 2)}, 4},
	} {
		w := watched([]*results.Trial{watchOf(c.events...)})
		want := map[int64]float64{0: 179.7, 4: 614.5}[c.want]
		if w.Untold != c.want || w.Elections != 0 || w.Low != 0 || math.Abs(w.High-want) > 0.5 {
			t.Errorf("%s: got %+v, want %d untold and an upper end of %v an hour", name, w, c.want, want)
		}
	}
}

// A long watch has some hundred thousand holds and thousands of losses: of each loss
// only those holds are looked at that it may have come of.
func TestALossLooksAtTheHoldsBeforeItAlone(t *testing.T) {
	var events []results.Event
	const losses, holdsEach = 5000, 24
	for i := range int64(losses) {
		at := i * 1000
		for k := range int64(holdsEach) {
			events = append(events, heldAt(at+k*41, 12, []string{"n1", "n2", "n3"}[k%3]))
		}
		events = append(events, roleAt(at+990, "n1", results.StateFollower, uint64(2+i)), roleAt(at+995, "n1", results.StateLeader, uint64(3+i)))
	}
	w := watchOf(events...)
	w.Windows[0].DurationNS = losses * int64(time.Second)
	s := reigns{trial: w, from: w.Windows[0].StartNS, to: w.Windows[0].StartNS + w.Windows[0].DurationNS, standing: map[string]bool{}, held: heldBy(w.Events)}
	for i := range w.Events {
		s.next(&w.Events[i])
	}
	if s.seen.Elections != losses || s.seen.Unclear != losses {
		t.Errorf("got %+v, want %d elections, each after a hold of 12 ms", s.seen, losses)
	}
	if s.held.looked > losses*holdsEach {
		t.Errorf("%d holds were looked at, want at most the %d that there are", s.held.looked, losses*holdsEach)
	}
}

// A cell of which all time is twice another's is held against it, and no other.
func TestWhatDiffersInTimeAloneIsHeldAgainstEachOther(t *testing.T) {
	cell := func(name string, ms int64, rate float64, elections int, settings map[string]string) Cell {
		if settings = maps.Clone(settings); name != "commit" {
			settings[commitTimeout] = time.Duration(ms * 1e5).String()
		}
		return Cell{
			Cell: name, Nodes: 3, Profile: "none", Settings: settings,
			Timeouts: results.Timeouts{HeartbeatNS: ms * 1e6, ElectionNS: ms * 1e6, LeaseNS: ms * 5e5},
			Watched:  &Watched{ValidTrials: 1, WatchedNS: int64(time.Minute), OfferedOps: rate, Losses: Losses{Elections: elections}},
		}
	}
	jitter := func(ms string) map[string]string {
		return map[string]string{"network.links.n1→n2": "jitter " + ms + ", distribution normal"}
	}
	a := cell("a", 50, 40, 60, jitter("10ms"))
	stalling := jitter("20ms")
	stalling[stallLength] = "100ms"
	got := scalings([]Cell{
		a, cell("twice", 100, 20, 28, jitter("20ms")), cell("jitter", 100, 20, 28, jitter("10ms")), cell("commit", 100, 20, 28, jitter("20ms")), cell("rate", 100, 40, 28, jitter("20ms")),
		cell("stalls", 100, 20, 28, stalling), cell("four", 200, 10, 60, jitter("40ms")),
	})
	if len(got) != 3 || got[0].To != "twice" || got[0].Factor != 2 || math.Abs(got[0].Expected-30) > 0.001 || got[0].P < 0.5 {
		t.Fatalf("got %+v, want a against twice and four, and twice against four", got)
	}
	if far := got[1]; far.To != "four" || far.Factor != 4 || math.Abs(far.Expected-15) > 0.001 || far.P > 1e-4 {
		t.Errorf("got %+v, want four times as long and far too many elections", far)
	}
}
