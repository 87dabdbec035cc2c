package check

import (
	"cmp"
	"slices"

	"github.com/raftbench/raftbench/results"
)

// Terms holds what nodes told of a trial against what Raft promises of its terms
// (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm",
// extended version, figures 2 and 3):
//
//   - Election Safety: at most one node leads in a term;
//   - a node's term only grows, also over a restart, since it is stored before it is
//     used (a node whose data the launcher removed comes back as another);
//   - Leader Completeness: the log of a term's leader reaches at least as far as any
//     earlier term's leader had acknowledged to a client.
//
// Events are in ascending order of their instants. What a node did not get to tell
// can only make a breach missed: a leader reports what it acknowledged up to 50 ms
// late (the Ledger knows of the rest), and whether the entries themselves are the
// same it does not say.
func Terms(events []results.Event) []Finding {
	var f findings
	oneLeader(&f, events)
	noWayBack(&f, events)
	complete(&f, events)
	return f.first
}

// leads tells that a node said to lead in the event's term: that it became leader,
// or that an entry of its own was acknowledged to it. Term 0 is one that it does not
// know for certain.
func leads(e *results.Event) bool {
	return e.Term > 0 && (e.Kind == results.EventNoop || became(e))
}

func became(e *results.Event) bool {
	return e.Kind == results.EventRole && e.State == results.StateLeader
}

// oneLeader objects to each node but the first that led in a term, once.
func oneLeader(f *findings, events []results.Event) {
	leaders := map[uint64][]string{}
	for i := range events {
		e := &events[i]
		if !leads(e) || slices.Contains(leaders[e.Term], e.Node) {
			continue
		}
		if first := leaders[e.Term]; len(first) > 0 {
			f.add(broken(results.RuleLeaders, e.Node, "",
				sprintf("%s led in term %d, as %s had", e.Node, e.Term, first[0]), "one leader a term"))
		}
		leaders[e.Term] = append(leaders[e.Term], e.Node)
	}
}

// noWayBack objects to a stored term below one that the node had stored before.
func noWayBack(f *findings, events []results.Event) {
	highest := map[string]uint64{}
	for i := range events {
		switch e := &events[i]; {
		case e.Kind == results.EventWiped:
			delete(highest, e.Node)
		case e.Kind != results.EventTerm:
		case e.Term < highest[e.Node]:
			f.add(broken(results.RuleTerm, e.Node, "",
				sprintf("term %d", e.Term), sprintf("at least term %d, in which it had been", highest[e.Node])))
			highest[e.Node] = e.Term // told once
		default:
			highest[e.Node] = e.Term
		}
	}
}

// complete objects to each leader whose log ended below what had been acknowledged
// in an earlier term. When is no matter: what an earlier term's leader could commit
// was in the log of a majority before that majority voted for a later one, also
// where it is acknowledged only afterwards.
func complete(f *findings, events []results.Event) {
	var told []*results.Event
	for i := range events {
		if e := &events[i]; became(e) && e.Term > 0 && e.Index > 0 || e.Kind == results.EventAcked {
			told = append(told, e)
		}
	}
	slices.SortStableFunc(told, func(a, b *results.Event) int {
		return cmp.Or(cmp.Compare(a.Term, b.Term), cmp.Compare(leadersFirst(a), leadersFirst(b)))
	})
	highest := &results.Event{}
	for _, e := range told {
		switch {
		case e.Kind == results.EventAcked:
			if e.Index > highest.Index {
				highest = e
			}
		case e.Index < highest.Index:
			f.add(broken(results.RuleIncomplete, e.Node, "",
				sprintf("a log up to index %d when it became leader of term %d", e.Index, e.Term),
				sprintf("at least index %d, which %s acknowledged by term %d", highest.Index, highest.Node, highest.Term)))
		}
	}
}

// leadersFirst orders the events of one term: its leader is held against earlier
// terms only.
func leadersFirst(e *results.Event) int {
	if e.Kind == results.EventAcked {
		return 1
	}
	return 0
}
