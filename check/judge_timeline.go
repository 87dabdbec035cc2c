package check

import (
	"cmp"
	"slices"

	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// fact about a key at a revision: what it was left as by a write (an event), was
// seen to be, or was seen not to be.
type fact struct {
	revision int64
	mod      int64 // its mod revision, 0 where it is absent
	kind     factKind
	op       int
}

type factKind int

// In the order in which facts at one revision are looked at.
const (
	event factKind = iota
	seen
	seenNot
)

// timeline of one key.
type timeline struct {
	facts []fact
	// segments in the order of revisions, from the absent key at revision 0.
	segments []segment
	// hidden are the unknown writes to the key that nobody is known to have read;
	// puts and deletes are those that put it and those that delete it, in the order
	// in which they can first have taken effect.
	hidden, puts, deletes []int
}

// segment of a timeline: from one revision at which the key was seen in some
// state, to the last at which it still was. A mod revision is never had twice, so
// a key that is present had that one all the while. An absent key may have come
// and gone in between.
type segment struct {
	first, last int64
	mod         int64
	event       bool // it begins with a known write
	op          int  // whose write it is, or who saw it first; none at the beginning
}

// timelines gathers the facts about each key and objects to those that contradict
// each other, whatever the unknown writes did. What needs an unknown write to be
// explained is left in needs.
func (j *judging) timelines() {
	for i := range j.ops {
		if o := &j.ops[i]; o.Outcome() == history.OK {
			j.answers(i, o)
		}
		j.effects(i)
	}
	j.taken = newRuns(j.at)
	for key, t := range j.keys {
		slices.SortStableFunc(t.facts, func(a, b fact) int {
			return cmp.Or(cmp.Compare(a.revision, b.revision), cmp.Compare(a.kind, b.kind))
		})
		(&walk{j: j, key: key, t: t}).run()
		t.facts = nil
		for _, hidden := range [][]int{t.hidden, t.puts, t.deletes} {
			slices.SortStableFunc(hidden, func(a, b int) int { return cmp.Compare(j.floors[a], j.floors[b]) })
		}
	}
}

func (j *judging) fact(key string, f fact) {
	t := j.keys[j.numbers[key]]
	t.facts = append(t.facts, f)
}

// answers are the facts that an answered operation was told.
func (j *judging) answers(i int, o *history.Operation) {
	at := seenAt(o)
	for n, kv := range o.Return.Read {
		if !j.denied[reading{i, n}] {
			j.fact(kv.Key, fact{at, kv.ModRevision, seen, i})
		}
	}
	switch {
	case o.Kind == history.Scan:
		j.absent(i, o)
	case o.Kind == history.Delete && o.Changed():
		j.fact(o.Writes[0].Key, fact{at, 0, seenNot, i})
	case o.Kind == history.Delete:
		j.fact(o.Writes[0].Key, fact{at, 0, seen, i})
	case o.Return.Succeeded:
		for _, c := range o.Compares {
			j.fact(c.Key, fact{at, c.ModRevision, seen, i})
		}
	case len(o.Compares) == 1:
		j.fact(o.Compares[0].Key, fact{at, o.Compares[0].ModRevision, seenNot, i})
	case len(o.Compares) > 1:
		j.either = append(j.either, i)
	}
}

// absent are the keys that a scan did not find.
func (j *judging) absent(i int, o *history.Operation) {
	found := make(map[string]bool, len(o.Return.Read))
	for _, kv := range o.Return.Read {
		found[kv.Key] = true
	}
	for _, name := range j.names {
		if !found[name] {
			j.fact(name, fact{o.Return.Revision, 0, seen, i})
		}
	}
}

// effects are the facts that operation i left: by its writes, and where it is of
// unknown outcome and took effect, that its compares held.
func (j *judging) effects(i int) {
	o, took := &j.ops[i], j.took[i]
	if o.MayChange() && took == 0 {
		for _, w := range o.Writes {
			t := j.keys[j.numbers[w.Key]]
			if t.hidden = append(t.hidden, i); w.Delete {
				t.deletes = append(t.deletes, i)
			} else {
				t.puts = append(t.puts, i)
			}
		}
	}
	if took == 0 {
		return
	}
	for _, w := range o.Writes {
		mod := took
		if w.Delete {
			mod = 0
		}
		j.fact(w.Key, fact{took, mod, event, i})
	}
	if o.MayChange() {
		for _, c := range o.Compares {
			j.fact(c.Key, fact{took - 1, c.ModRevision, seen, i})
		}
	}
}

// walk along a key's facts, in the order of revisions.
//
// The gap is what lies between now.last and the next fact that tells the key's
// state. While it is open, nots holds the compares that failed in it although
// they would hold against now: something changed the key before the first of them.
// there is the last fact by which the key was not absent after that, if any.
type walk struct {
	j     *judging
	key   int
	t     *timeline
	now   segment
	nots  []fact
	there *fact
}

func (w *walk) run() {
	w.now = segment{event: true, op: none}
	for _, f := range w.t.facts {
		switch {
		case f.kind == seenNot:
			w.not(f)
		case f.kind == event:
			w.close(nil)
			w.begin(f)
		case f.mod == w.now.mod:
			w.again(f)
		case f.mod == 0:
			w.close(&f)
			w.begin(f)
		default:
			w.contradiction(f)
		}
	}
	w.close(nil)
	w.t.segments = append(w.t.segments, w.now)
}

func (w *walk) begin(f fact) {
	w.t.segments = append(w.t.segments, w.now)
	w.now = segment{first: f.revision, last: f.revision, mod: f.mod, event: f.kind == event, op: f.op}
}

// not takes a compare that failed.
func (w *walk) not(f fact) {
	switch {
	case f.mod != w.now.mod && f.mod == 0 && len(w.nots) > 0:
		w.there = &f
	case f.mod != w.now.mod:
	case f.revision == w.now.last:
		w.deny(f, w.now.op)
	default:
		w.nots = append(w.nots, f)
	}
}

// again sees the state once more.
func (w *walk) again(f fact) {
	if f.mod == 0 {
		if came := len(w.nots) > 0; came {
			w.close(&f)
			w.begin(f)
		}
		w.now.last = f.revision
		return
	}
	for _, n := range w.nots { // it was so all the while
		w.deny(n, w.now.op)
	}
	w.nots, w.there, w.now.last = nil, nil, f.revision
}

// deny a compare's failure, or a deletion of what was not there.
func (w *walk) deny(f fact, against int) {
	o := &w.j.ops[f.op]
	got := sprintf("a %s at revision %d whose compare with mod revision %d failed", o.Kind, f.revision, f.mod)
	if o.Kind == history.Delete {
		got = sprintf("a delete at revision %d that found a key", o.Return.Revision)
	}
	w.j.object(results.RuleCompare, w.key, f.op, against, got, w.state())
}

// state in words.
func (w *walk) state() string { return w.j.standing(w.now) }

// standing is a segment in words.
func (j *judging) standing(s segment) string {
	switch {
	case s.mod == 0 && s.event && s.op != none:
		return sprintf("no key: it was deleted at revision %d", s.first)
	case s.mod == 0 && s.op != none:
		return sprintf("no key: there was none at revision %d", s.last)
	case s.mod == 0:
		return "no key: none had been written"
	}
	return sprintf("the value of revision %d", s.mod)
}

// contradiction of a fact that names a mod revision which the key cannot have.
// Where a compare held against a mod revision that nobody read, an unknown write
// may have had it.
func (w *walk) contradiction(f fact) {
	j, o := w.j, &w.j.ops[f.op]
	if _, known := j.at[f.mod]; !known && f.mod > w.now.last && f.mod <= f.revision {
		w.close(nil)
		j.needs = append(j.needs, &need{key: w.key, kind: needExactly, lo: f.mod - 1, hi: f.mod, op: f.op, state: w.now})
		w.begin(f)
		return
	}
	got := sprintf("the value of revision %d at revision %d", f.mod, f.revision)
	if o.Outcome() != history.OK || len(o.Compares) > 0 {
		got = sprintf("a %s at revision %d whose compare with mod revision %d held", o.Kind, f.revision+1, f.mod)
	}
	j.object(w.missed(o), w.key, f.op, w.now.op, got, w.state())
}

// missed is the rule that is broken where an answer lacks what the key's state
// is.
func (w *walk) missed(o *history.Operation) string {
	switch source := w.now.op; {
	case o.Outcome() != history.OK || len(o.Compares) > 0 && o.Return.Succeeded:
		return results.RuleCompare
	case source == none || !w.now.event:
		return results.RuleSkew
	case len(w.j.ops[source].Writes) > 1:
		return results.RuleAtomic
	case o.Kind == history.Scan && w.j.ops[source].Outcome() == history.OK:
		return results.RuleLost
	}
	return results.RuleSkew
}

// close the gap before a known write or the end (nil), or before the fact that
// the key is absent: what the gap needs is left in needs.
func (w *walk) close(gone *fact) {
	n := &need{key: w.key, kind: needAny, lo: w.now.last, state: w.now}
	if len(w.nots) > 0 {
		first := w.nots[0]
		n.hi, n.op, n.not = first.revision, first.op, first.mod
		if w.now.mod == 0 {
			n.kind = needPut
		}
		w.j.needs = append(w.j.needs, n)
	}
	switch {
	case w.there != nil:
		w.follow(n, needPut, *w.there)
		if gone != nil {
			w.j.needs = append(w.j.needs, &need{key: w.key, kind: needDelete, lo: w.there.revision, hi: gone.revision, op: gone.op, state: w.now})
		}
	case gone != nil && len(w.nots) > 0 && w.now.mod == 0:
		last := w.nots[len(w.nots)-1].revision
		w.j.needs = append(w.j.needs, &need{key: w.key, kind: needDelete, lo: last, hi: gone.revision, op: gone.op, state: w.now})
	case gone != nil && len(w.nots) > 0:
		w.follow(n, needDelete, *gone)
	case gone != nil && w.now.mod > 0:
		n.kind, n.hi, n.op = needDelete, gone.revision, gone.op
		w.j.needs = append(w.j.needs, n)
	}
	w.nots, w.there = nil, nil
}

// follow a change by another, unless the same operation serves both needs.
func (w *walk) follow(first *need, kind needKind, f fact) {
	n := &need{key: w.key, kind: kind, lo: w.now.last, hi: f.revision, op: f.op, state: w.now, serves: first}
	first.servedBy = n
	w.j.needs = append(w.j.needs, n)
}
