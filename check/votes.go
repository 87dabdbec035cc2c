package check

import (
	"slices"

	"github.com/raftbench/raftbench/results"
)

// Votes holds elections, as who stood in them told of them, against what Raft promises
// (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm",
// extended version, figure 2 and section 5.2):
//
//   - a node votes for at most one candidate a term, also after a restart; an answer
//     that is repeated to the same one is no second vote;
//   - who leads in a term was voted for in it by a majority, itself included;
//   - who asks for votes in a term, or leads in it, has stored that term.
//
// Voters are as many as the configuration has; 0 where it changed, or is not known:
// then nothing is said of majorities. Events are in ascending order of their instants.
//
// A node that told of no term, or lost events on their way, is claimed nothing of as a
// candidate: what it did not tell may be what is missing. What a killed node had no
// time to tell is the last of what it did, and hides nothing that came before. Of a
// candidate's vote for itself nobody tells. It is certain of one that led, since raft
// counts it first; a disk that failed may have refused any other's. A node whose data
// the launcher removed is a new one: it may vote again in the terms before.
func Votes(events []results.Event, voters int) []Finding {
	v := voting{
		majority: voters/2 + 1, untold: untold(events),
		stored: map[standing]bool{}, granted: map[standing][]string{}, votes: map[standing][]string{}, objected: map[standing]bool{},
		renewed: map[string]uint64{},
	}
	if voters == 0 {
		v.majority = 0
	}
	for i := range events {
		v.event(&events[i])
	}
	return v.found.first
}

// untold are the nodes whose record has gaps, or no terms at all.
func untold(events []results.Event) map[string]bool {
	gaps := map[string]bool{}
	for i := range events {
		e := &events[i]
		switch _, known := gaps[e.Node]; {
		case e.Kind == results.EventDropped:
			gaps[e.Node] = true
		case e.Kind == results.EventTerm && !known:
			gaps[e.Node] = false
		}
	}
	for i := range events {
		if _, known := gaps[events[i].Node]; !known {
			gaps[events[i].Node] = true
		}
	}
	return gaps
}

// standing is a node in a term.
type standing struct {
	node string
	term uint64
}

// voting goes through the events in their order.
type voting struct {
	found    findings
	majority int // of votes, a candidate's own included; 0: not known
	untold   map[string]bool
	stored   map[standing]bool
	granted  map[standing][]string // to a candidate, by others
	votes    map[standing][]string // of a voter
	objected map[standing]bool     // that this did not store its term
	// renewed are the nodes whose data was removed, with the highest term until then.
	renewed map[string]uint64
	highest uint64
}

func (v *voting) event(e *results.Event) {
	if e.PreVote {
		return // it binds nobody, and asks for a term that may never come
	}
	v.highest = max(v.highest, e.Term)
	in := standing{e.Node, e.Term}
	switch {
	case e.Kind == results.EventWiped:
		v.renewed[e.Node] = v.highest
	case e.Kind == results.EventTerm:
		v.stored[in] = true
	case e.Kind == results.EventBallot:
		v.entered(in, "asked for votes")
		if e.Granted && !slices.Contains(v.granted[in], e.Peer) {
			v.granted[in] = append(v.granted[in], e.Peer)
			v.vote(e.Peer, in)
		}
	case became(e) && e.Term > 0:
		v.entered(in, "led")
		v.elected(in)
		v.vote(e.Node, in)
	}
}

// entered objects to a candidate, or a leader, that has not stored its term, once.
func (v *voting) entered(in standing, did string) {
	if v.stored[in] || v.objected[in] || v.untold[in.node] {
		return
	}
	v.objected[in] = true
	v.found.add(broken(results.RuleUnstored, in.node, "", sprintf("%s %s in term %d", in.node, did, in.term), "that term stored before"))
}

// elected objects to a leader that a majority did not vote for.
func (v *voting) elected(in standing) {
	votes := len(v.granted[in]) + 1
	if votes >= v.majority || v.untold[in.node] {
		return
	}
	v.found.add(broken(results.RuleUnelected, in.node, "",
		sprintf("%s led in term %d with %d votes, its own included", in.node, in.term, votes), sprintf("at least %d", v.majority)))
}

// vote objects to each candidate but the first that a node voted for in a term.
func (v *voting) vote(voter string, candidate standing) {
	in := standing{voter, candidate.term}
	if renewed, was := v.renewed[voter]; was && in.term <= renewed || slices.Contains(v.votes[in], candidate.node) {
		return
	}
	if first := v.votes[in]; len(first) > 0 {
		v.found.add(broken(results.RuleVotes, voter, "",
			sprintf("%s voted for %s in term %d, as it had for %s", voter, candidate.node, in.term, first[0]), "one vote a term"))
	}
	v.votes[in] = append(v.votes[in], candidate.node)
}
