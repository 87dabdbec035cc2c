package check

import (
	"cmp"
	"maps"
	"slices"

	"github.com/raftbench/raftbench/results"
)

// Terms holds what nodes told of a trial against what Raft promises of its terms
// (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm",
// extended version, figures 2 and 3):
//
//   - Election Safety: at most one node leads in a term;
//   - a node comes back in no older term than it left in, since it stores a term
//     before it uses it (one whose data the launcher removed comes back as another);
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

// noWayBack objects to a term found on a disk that is older than the last stored
// there.
func noWayBack(f *findings, events []results.Event) {
	fellBack(events, func(node string, from, to uint64, restarted bool) {
		if restarted {
			f.add(broken(results.RuleTerm, node, "", sprintf("term %d after a restart", to), sprintf("at least term %d, in which it had been", from)))
		}
	})
}

// TermRaces remark on nodes whose term went back while they ran. Raft rules that
// out, and hashicorp/raft does it: it answers heartbeats beside its main goroutine,
// so that one of an old leader may have the old term stored just after the node
// stored the one in which it stands for election (its issue 695 tells of another
// outcome of the same race). Whom it voted for in that term it does not forget.
// Honest nodes were seen to do it on a busy host; what harm comes of it is for Terms
// and the audit to find.
func TermRaces(events []results.Event) []results.Remark {
	races := map[string]*results.Remark{}
	fellBack(events, func(node string, from, to uint64, restarted bool) {
		switch r := races[node]; {
		case restarted:
		case r == nil:
			races[node] = &results.Remark{Code: results.CodeTermRace, Severity: results.Note, Node: node,
				Got: float64(to), Want: float64(from), Unit: results.UnitCount, Count: 1}
		default:
			r.Count++
		}
	})
	var out []results.Remark
	for _, node := range slices.Sorted(maps.Keys(races)) {
		out = append(out, *races[node])
	}
	return out
}

// fellBack calls found for each term of a node that is older than the one before.
func fellBack(events []results.Event, found func(node string, from, to uint64, restarted bool)) {
	last, opened := map[string]uint64{}, map[string]bool{}
	for i := range events {
		switch e := &events[i]; e.Kind {
		case results.EventWiped:
			delete(last, e.Node)
		case results.EventOpening:
			opened[e.Node] = true
		case results.EventTerm:
			if from := last[e.Node]; e.Term < from {
				found(e.Node, from, e.Term, opened[e.Node])
			}
			last[e.Node], opened[e.Node] = e.Term, false
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
