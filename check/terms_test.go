package check

import (
	"slices"
	"testing"

	"github.com/raftbench/raftbench/results"
)

func elected(node string, term, last uint64) results.Event {
	return results.Event{Node: node, Kind: results.EventRole, State: results.StateLeader, Term: term, Index: last}
}

func stored(node string, term uint64) results.Event {
	return results.Event{Node: node, Kind: results.EventTerm, Term: term}
}

func acked(node string, term, index uint64) results.Event {
	return results.Event{Node: node, Kind: results.EventAcked, Term: term, Index: index}
}

func opening(node string) results.Event { return results.Event{Node: node, Kind: results.EventOpening} }

func wiped(node string) results.Event { return results.Event{Node: node, Kind: results.EventWiped} }

// A term that goes back while a node runs is raft's own doing, and is remarked.
func TestTermRaces(t *testing.T) {
	got := TermRaces([]results.Event{
		opening("n2"), stored("n2", 0), stored("n2", 3), stored("n1", 4), stored("n2", 2), stored("n2", 3), stored("n2", 2),
		wiped("n1"), opening("n1"), stored("n1", 1), opening("n3"), stored("n3", 2), opening("n3"), stored("n3", 1),
	})
	want := []results.Remark{{Code: results.CodeTermRace, Severity: results.Note, Node: "n2", Got: 2, Want: 3, Count: 2, Unit: results.UnitCount}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTermsAgainstRaft(t *testing.T) {
	follower := results.Event{Node: "n1", Kind: results.EventRole, State: results.StateFollower, Term: 2}
	answered := func(node string, term uint64) results.Event {
		return results.Event{Node: node, Kind: results.EventNoop, Peer: "n3", Term: term, Index: 9}
	}
	for name, c := range map[string]struct {
		events []results.Event
		want   []string
	}{
		"nothing": {nil, nil},
		"one leader a term, and one term after another": {[]results.Event{
			stored("n1", 0), stored("n1", 2), elected("n1", 2, 1), answered("n1", 2), answered("n1", 2), acked("n1", 2, 9), follower,
			stored("n2", 3), stored("n1", 3), elected("n2", 3, 9), acked("n2", 3, 20), stored("n1", 4), elected("n1", 4, 21),
			stored("n1", 4), // as found after a restart
		}, nil},
		"two leaders in one term": {[]results.Event{elected("n1", 2, 1), elected("n2", 2, 1), elected("n3", 2, 1), elected("n2", 2, 1)}, []string{
			"two-leaders: n2: got n2 led in term 2, as n1 had, want one leader a term",
			"two-leaders: n3: got n3 led in term 2, as n1 had, want one leader a term",
		}},
		"one of them did not say that it leads": {[]results.Event{answered("n1", 2), elected("n2", 2, 1)}, []string{
			"two-leaders: n2: got n2 led in term 2, as n1 had, want one leader a term",
		}},
		"leaders that do not know their term": {[]results.Event{elected("n1", 0, 1), elected("n2", 0, 1)}, nil},
		"a restart in an older term": {[]results.Event{opening("n1"), stored("n1", 2), stored("n2", 5), stored("n1", 3), opening("n1"), stored("n1", 2), stored("n1", 3)}, []string{
			"term-back: n1: got term 2 after a restart, want at least term 3, in which it had been",
		}},
		"data that is gone": {[]results.Event{stored("n1", 2), opening("n1"), stored("n1", 0)}, []string{
			"term-back: n1: got term 0 after a restart, want at least term 2, in which it had been",
		}},
		"data that was removed on purpose": {[]results.Event{stored("n1", 2), wiped("n1"), opening("n1"), stored("n1", 0), stored("n1", 3)}, nil},
		"what others' removal does not excuse": {[]results.Event{stored("n1", 2), wiped("n2"), opening("n1"), stored("n1", 0)}, []string{
			"term-back: n1: got term 0 after a restart, want at least term 2, in which it had been",
		}},
		"a restart in the term that a race left": {[]results.Event{stored("n1", 3), stored("n1", 2), opening("n1"), stored("n1", 2)}, nil},
		"a leader without what was acknowledged": {[]results.Event{acked("n1", 2, 9), acked("n2", 3, 7), elected("n3", 4, 8)}, []string{
			"incomplete-log: n3: got a log up to index 8 when it became leader of term 4, want at least index 9, which n1 acknowledged by term 2",
		}},
		"acknowledged by an earlier leader, and told later": {[]results.Event{elected("n3", 4, 8), acked("n1", 2, 9)}, []string{
			"incomplete-log: n3: got a log up to index 8 when it became leader of term 4, want at least index 9, which n1 acknowledged by term 2",
		}},
		"acknowledged by a later leader, or by itself":      {[]results.Event{elected("n3", 4, 8), acked("n3", 4, 30), acked("n1", 5, 90), elected("n1", 5, 31)}, nil},
		"a leader of another build, which tells no index":   {[]results.Event{acked("n1", 2, 9), elected("n3", 4, 0)}, nil},
		"whoever is told what it lacks may lack it no more": {[]results.Event{acked("n1", 2, 9), elected("n2", 3, 9), elected("n3", 4, 30)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range Terms(c.events) {
				if f.Class != results.Safety {
					t.Errorf("class %s, want %s", f.Class, results.Safety)
				}
				got = append(got, line(f))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
