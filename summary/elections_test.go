package summary

import (
	"testing"

	"github.com/raftbench/raftbench/results"
)

// script makes events a millisecond apart.
func script(events ...results.Event) []results.Event {
	for i := range events {
		events[i].AtNS = int64(i+1) * ms
	}
	return events
}

func role(node, state string, term uint64) results.Event {
	return results.Event{Kind: results.EventRole, Node: node, State: state, Term: term}
}

func voteFor(candidate, voter string, term uint64) results.Event {
	return results.Event{Kind: results.EventVote, Node: voter, Peer: candidate, Term: term}
}

func ballot(candidate, voter string, term uint64, granted bool) results.Event {
	return results.Event{Kind: results.EventBallot, Node: candidate, Peer: voter, Term: term, Granted: granted}
}

func preVote(e results.Event) results.Event {
	e.PreVote = true
	return e
}

const everAfter = 1 << 60

// Two that won their pre-votes vote for themselves and refuse each other; the next
// term has a leader.
func TestASplitVoteIsATermOfTwoWithoutALeader(t *testing.T) {
	split := script(
		role("n1", results.StateLeader, 2),
		preVote(ballot("n2", "n3", 3, true)), preVote(ballot("n3", "n2", 3, true)),
		voteFor("n2", "n3", 3), ballot("n2", "n3", 3, false), voteFor("n3", "n2", 3), ballot("n3", "n2", 3, false),
		voteFor("n3", "n2", 4), ballot("n3", "n2", 4, true), role("n3", results.StateLeader, 4),
	)
	want := Elections{Terms: 2, Candidates: 3, Leaders: 1, PreVotesGranted: 2, VotesAsked: 3, VotesGranted: 1, VotesRefused: 2, SplitVotes: 1}
	if got := electionsOf(split, ms, everAfter); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	// Cut off before the next term, nobody knows yet.
	if got := electionsOf(split, ms, 7*ms); got.SplitVotes != 0 || got.Terms != 1 {
		t.Errorf("got %+v, want no split vote yet", got)
	}
}

func TestWhatIsNoSplitVote(t *testing.T) {
	for name, events := range map[string][]results.Event{
		"one is refused, another wins the next term": script(
			voteFor("n2", "n3", 3), ballot("n2", "n3", 3, false), voteFor("n3", "n2", 4), role("n3", results.StateLeader, 4)),
		"two stand and one wins": script(
			voteFor("n2", "n3", 3), voteFor("n3", "n2", 3), ballot("n2", "n4", 3, true), role("n2", results.StateLeader, 3), voteFor("n4", "n2", 4), role("n4", results.StateLeader, 4)),
		"pre-votes alone": script(
			preVote(voteFor("n2", "n3", 3)), preVote(voteFor("n3", "n2", 3)), voteFor("n3", "n2", 4), role("n3", results.StateLeader, 4)),
	} {
		if got := electionsOf(events, 0, everAfter); got.SplitVotes != 0 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// What came late of the term before a stretch is none of the stretch's terms.
func TestALateVoteOpensNoTerm(t *testing.T) {
	late := script(voteFor("n1", "n2", 2), role("n1", results.StateLeader, 2), ballot("n1", "n3", 2, true), voteFor("n2", "n3", 3), role("n2", results.StateLeader, 3))
	if got := electionsOf(late, 2*ms, everAfter); got.Terms != 1 || got.Candidates != 1 || got.VotesGranted != 1 {
		t.Errorf("got %+v, want one term", got)
	}
}

// A leader that steps down for its lease is counted apart from one that does for a
// higher term.
func TestLeaseStepDownsAreCountedApart(t *testing.T) {
	led, down := role("n1", results.StateLeader, 2), role("n1", results.StateFollower, 2)
	lease := down
	lease.Lease = true
	for name, c := range map[string]struct {
		events []results.Event
		want   int
	}{
		"lease":              {script(led, lease, voteFor("n2", "n3", 3), role("n2", results.StateLeader, 3)), 1},
		"a higher term":      {script(led, voteFor("n2", "n1", 3), down), 0},
		"before the stretch": {script(lease, led), 0},
	} {
		if got := electionsOf(c.events, ms, everAfter).LeaseStepDowns; got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}

func TestDroppedEventsAreCounted(t *testing.T) {
	if got := electionsOf(script(results.Event{Kind: results.EventDropped, Node: "n1", Count: 7}), 0, everAfter); got.Dropped != 7 {
		t.Errorf("got %+v", got)
	}
}

// The share of split votes is over faults, with Wilson's interval.
func TestTheShareOfSplitVotesIsOverFaults(t *testing.T) {
	tr := killTrial(1, 3, usualKill, usualKill, usualKill, usualKill)
	for _, e := range []results.Event{voteFor("n2", "n3", 3), voteFor("n3", "n2", 3)} {
		e.AtNS = faultsApart + 1500*ms
		tr.Events = append(tr.Events, e)
	}
	// The first kill's election goes on in a later term.
	for i := range tr.Events {
		if e := &tr.Events[i]; e.Term == 3 && e.AtNS >= faultsApart+1999*ms && e.AtNS < 2*faultsApart {
			e.Term = 4
		}
	}
	for i := range tr.Events { // and so do all after it
		if e := &tr.Events[i]; e.AtNS >= 2*faultsApart {
			e.Term++
		}
	}
	for i := range tr.Faults[1:] {
		tr.Faults[1+i].Term++
	}
	sortEvents(tr.Events)
	g := cellOf(t, tr).Outages[0]
	m := g.Metrics["split_vote_share"]
	if g.Elections.SplitVotes != 1 || m.N != 4 || *m.Median != 0.25 || !m.Interval || *m.CILow < 0.04 || *m.CILow > 0.05 || *m.CIHigh < 0.69 || *m.CIHigh > 0.71 {
		t.Errorf("got %d split votes and %v from %v to %v of %d, want a quarter, Wilson's 4.6 %% to 69.9 %%", g.Elections.SplitVotes, *m.Median, *m.CILow, *m.CIHigh, m.N)
	}
}
