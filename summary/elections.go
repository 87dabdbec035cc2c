package summary

import (
	"slices"

	"github.com/raftbench/raftbench/results"
)

// Elections are what a stretch of events shows of elections.
type Elections struct {
	// Terms in which somebody asked for votes or led; Leaders and Candidates are
	// counted once a term, so that one that stands in two terms counts twice. One that
	// asked for pre-votes alone is no candidate yet: its term does not rise.
	Terms      int `json:"terms"`
	Candidates int `json:"candidates"`
	Leaders    int `json:"leaders"`
	// Requests as those who were asked saw them, and answers as the candidates heard
	// them: a request to a dead member is in neither.
	PreVotesAsked   int `json:"pre_votes_asked"`
	PreVotesGranted int `json:"pre_votes_granted"`
	PreVotesRefused int `json:"pre_votes_refused"`
	VotesAsked      int `json:"votes_asked"`
	VotesGranted    int `json:"votes_granted"`
	VotesRefused    int `json:"votes_refused"`
	// SplitVotes are terms in which two or more stood and nobody led, and that were
	// followed by another: each candidate had its own vote, and none a majority. In
	// hashicorp/raft that takes two that won their pre-votes, which grants anybody any
	// number of them, before either's request for votes reached the other. A lone
	// candidate that is refused (its log is old, or the others have a leader) is none.
	SplitVotes int `json:"split_votes"`
	// LeaseStepDowns are leaders that stepped down since a majority had not answered
	// them for as long as the lease: another cause than a higher term.
	LeaseStepDowns int `json:"lease_step_downs"`
	// Dropped events that nodes could not tell of: the counts are too low then.
	Dropped int64 `json:"dropped,omitempty"`
}

// electionsOf the events after one instant and up to another. Who led before, and
// in which term, counts from all of them.
func electionsOf(events []results.Event, fromNS, toNS int64) Elections {
	c := counting{terms: map[uint64]*term{}}
	for _, e := range events {
		if e.AtNS > toNS {
			break
		}
		c.within = e.AtNS > fromNS
		c.event(e)
	}
	return c.done()
}

// term is who stood in one, and whether anybody led.
type term struct {
	candidates []string
	led        bool
}

// counting goes through events in their order.
type counting struct {
	Elections
	within  bool
	terms   map[uint64]*term // of the stretch
	highest uint64           // term that anybody stood or led in
	before  uint64           // the highest of those before the stretch
}

func (c *counting) event(e results.Event) {
	switch e.Kind {
	case results.EventRole:
		c.role(e)
	case results.EventVote:
		c.count(e, &c.PreVotesAsked, &c.VotesAsked)
		c.stands(e.Peer, e)
	case results.EventBallot:
		if e.Granted {
			c.count(e, &c.PreVotesGranted, &c.VotesGranted)
		} else {
			c.count(e, &c.PreVotesRefused, &c.VotesRefused)
		}
		c.stands(e.Node, e)
	case results.EventDropped:
		if c.within {
			c.Dropped += e.Count
		}
	}
}

func (c *counting) count(e results.Event, preVotes, votes *int) {
	switch {
	case !c.within:
	case e.PreVote:
		*preVotes++
	default:
		*votes++
	}
}

// stands notes a candidate that asked for votes, which it does in a new term.
func (c *counting) stands(who string, e results.Event) {
	if e.PreVote {
		return
	}
	c.highest = max(c.highest, e.Term)
	if t := c.term(e.Term); t != nil && !slices.Contains(t.candidates, who) {
		t.candidates = append(t.candidates, who)
	}
}

func (c *counting) role(e results.Event) {
	if c.within && e.Lease {
		c.LeaseStepDowns++
	}
	if e.State != results.StateLeader {
		return
	}
	c.highest = max(c.highest, e.Term)
	if t := c.term(e.Term); t != nil {
		t.led = true
	}
}

// term of the stretch; nil where the stretch has not begun. A vote of an earlier
// term that comes late is none of it.
func (c *counting) term(number uint64) *term {
	if !c.within {
		c.before = max(c.before, number)
		return nil
	}
	if number <= c.before {
		return nil
	}
	if c.terms[number] == nil {
		c.terms[number] = &term{}
	}
	return c.terms[number]
}

func (c *counting) done() Elections {
	out := c.Elections
	for number, t := range c.terms {
		out.Terms++
		out.Candidates += len(t.candidates)
		if t.led {
			out.Leaders++
		} else if len(t.candidates) > 1 && number < c.highest {
			out.SplitVotes++
		}
	}
	return out
}

func (e Elections) plus(o Elections) Elections {
	return Elections{
		Terms: e.Terms + o.Terms, Candidates: e.Candidates + o.Candidates, Leaders: e.Leaders + o.Leaders,
		PreVotesAsked: e.PreVotesAsked + o.PreVotesAsked, PreVotesGranted: e.PreVotesGranted + o.PreVotesGranted,
		PreVotesRefused: e.PreVotesRefused + o.PreVotesRefused, VotesAsked: e.VotesAsked + o.VotesAsked,
		VotesGranted: e.VotesGranted + o.VotesGranted, VotesRefused: e.VotesRefused + o.VotesRefused,
		SplitVotes: e.SplitVotes + o.SplitVotes, LeaseStepDowns: e.LeaseStepDowns + o.LeaseStepDowns, Dropped: e.Dropped + o.Dropped,
	}
}
