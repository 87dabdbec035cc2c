package check

import (
	"slices"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// ballot is what a candidate heard of a voter.
func ballot(candidate, voter string, term uint64, granted bool) results.Event {
	return results.Event{Node: candidate, Kind: results.EventBallot, Peer: voter, Term: term, Granted: granted}
}

func yes(candidate, voter string, term uint64) results.Event {
	return ballot(candidate, voter, term, true)
}

func preBallot(candidate, voter string, term uint64) results.Event {
	e := yes(candidate, voter, term)
	e.PreVote = true
	return e
}

func dropped(node string) results.Event {
	return results.Event{Node: node, Kind: results.EventDropped, Count: 1}
}

func TestVotesAgainstRaft(t *testing.T) {
	const noVote = "unelected: n1: got n1 led in term 2 with 1 votes, its own included, want at least 2"
	for name, c := range map[string]struct {
		voters int
		events []results.Event
		want   []string
	}{
		"nothing": {3, nil, nil},
		"one election after another": {3, []results.Event{
			opening("n1"), stored("n1", 0), preBallot("n1", "n2", 2), preBallot("n3", "n2", 2), stored("n1", 2), yes("n1", "n2", 2), elected("n1", 2, 1), ballot("n1", "n3", 2, false),
			stored("n3", 2), stored("n3", 3), yes("n3", "n2", 3), yes("n3", "n1", 3), elected("n3", 3, 5),
		}, nil},
		"two that stood in one term, of which one led": {5, []results.Event{
			stored("n1", 2), stored("n2", 2), yes("n2", "n4", 2), yes("n1", "n3", 2), ballot("n1", "n2", 2, false), yes("n1", "n5", 2), elected("n1", 2, 1),
		}, nil},
		"one node alone":          {1, []results.Event{stored("n1", 2), elected("n1", 2, 1)}, nil},
		"an answer that is twice": {3, []results.Event{stored("n1", 2), yes("n1", "n2", 2), yes("n1", "n2", 2), elected("n1", 2, 1)}, nil},
		"a vote for two": {5, []results.Event{
			stored("n1", 2), stored("n2", 2), yes("n1", "n3", 2), yes("n2", "n3", 2), yes("n2", "n3", 2), yes("n1", "n3", 2),
		}, []string{"two-votes: n3: got n3 voted for n2 in term 2, as it had for n1, want one vote a term"}},
		"a vote that was forgotten in a restart": {3, []results.Event{
			stored("n2", 3), yes("n2", "n1", 3), opening("n1"), stored("n1", 3), stored("n3", 3), yes("n3", "n1", 3),
		}, []string{"two-votes: n1: got n1 voted for n3 in term 3, as it had for n2, want one vote a term"}},
		"a leader's vote for another": {3, []results.Event{
			stored("n1", 2), stored("n2", 2), yes("n1", "n3", 2), elected("n1", 2, 1), yes("n2", "n1", 2),
		}, []string{"two-votes: n1: got n1 voted for n2 in term 2, as it had for n1, want one vote a term"}},
		"a candidate's vote for itself, which nobody saw": {3, []results.Event{stored("n1", 2), stored("n2", 2), ballot("n1", "n3", 2, false), yes("n2", "n1", 2), elected("n2", 2, 1)}, nil},
		"data that was removed on purpose": {3, []results.Event{
			stored("n1", 2), yes("n1", "n2", 2), wiped("n2"), stored("n3", 2), yes("n3", "n2", 2), stored("n3", 3), yes("n3", "n2", 3), elected("n3", 3, 1),
		}, nil},
		"a vote for two after that": {3, []results.Event{
			stored("n1", 2), wiped("n2"), stored("n1", 3), yes("n1", "n2", 3), stored("n3", 3), yes("n3", "n2", 3),
		}, []string{"two-votes: n2: got n2 voted for n3 in term 3, as it had for n1, want one vote a term"}},
		"a leader without votes":               {3, []results.Event{stored("n1", 2), ballot("n1", "n2", 2, false), elected("n1", 2, 1), yes("n1", "n2", 2)}, []string{noVote}},
		"of pre-votes alone":                   {3, []results.Event{stored("n1", 2), preBallot("n1", "n2", 2), elected("n1", 2, 1)}, []string{noVote}},
		"of an earlier term's votes":           {3, []results.Event{stored("n1", 1), yes("n1", "n2", 1), stored("n1", 2), elected("n1", 2, 1)}, []string{noVote}},
		"of one voter's, twice":                {5, []results.Event{stored("n1", 2), yes("n1", "n2", 2), yes("n1", "n2", 2), elected("n1", 2, 1)}, []string{"unelected: n1: got n1 led in term 2 with 2 votes, its own included, want at least 3"}},
		"a configuration that is not known":    {0, []results.Event{stored("n1", 2), elected("n1", 2, 1)}, nil},
		"a leader that does not know its term": {3, []results.Event{stored("n1", 2), elected("n1", 0, 1)}, nil},
		"a candidate that stored nothing of its term": {5, []results.Event{
			stored("n1", 1), yes("n1", "n2", 2), yes("n1", "n3", 2), elected("n1", 2, 1), stored("n1", 2),
		}, []string{"term-unstored: n1: got n1 asked for votes in term 2, want that term stored before"}},
		"a leader that stored nothing of its term": {1, []results.Event{stored("n1", 1), elected("n1", 2, 1)}, []string{
			"term-unstored: n1: got n1 led in term 2, want that term stored before",
		}},
		"a leader whose events were lost":     {3, []results.Event{stored("n1", 1), elected("n1", 2, 1), dropped("n1")}, nil},
		"a leader that tells of no terms":     {3, []results.Event{yes("n1", "n2", 1), elected("n1", 2, 1)}, nil},
		"what others lost does not excuse it": {3, []results.Event{stored("n1", 2), elected("n1", 2, 1), dropped("n2")}, []string{noVote}},
		"what was lost does not excuse a second": {3, []results.Event{stored("n1", 2), yes("n1", "n3", 2), yes("n2", "n3", 2), dropped("n2")}, []string{
			"two-votes: n3: got n3 voted for n2 in term 2, as it had for n1, want one vote a term",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range Votes(c.events, c.voters) {
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
