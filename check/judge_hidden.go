package check

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// need of an unknown write that nobody read: the key changed after revision lo and
// by revision hi, and no known write changed it.
type need struct {
	key    int
	kind   needKind
	lo, hi int64
	state  segment // before the change
	op     int     // who saw the change
	not    int64   // of a failed compare: what it compared with

	// A key that was seen to have changed and later to be gone, or to be there, may
	// have changed by just that: one operation can serve both needs.
	serves, servedBy *need

	// The operation that is taken to serve it, or none, and at which revision.
	placed int
	at     int64
}

type needKind int

const (
	needDelete needKind = iota
	needPut
	needAny
	// A compare held against a mod revision that nobody read: hi is it.
	needExactly
)

// fits tells whether an operation writes the key as is needed.
func (j *judging) fits(n *need, i int) bool {
	for _, w := range j.ops[i].Writes {
		if w.Key == j.names[n.key] {
			return n.kind == needAny || w.Delete == (n.kind == needDelete)
		}
	}
	return false
}

// candidates are the operations that write the key as is needed.
func (j *judging) candidates(n *need) []int {
	switch t := j.keys[n.key]; n.kind {
	case needDelete:
		return t.deletes
	case needAny:
		return t.hidden
	default:
		return t.puts
	}
}

// tried is at how many revisions an operation is tried for one need. Between two
// answers there are a few that are no other's.
const tried = 64

// possible tells whether some operation may serve the need at some revision. It
// errs on the side of yes.
func (j *judging) possible(n *need) bool {
	for _, i := range j.candidates(n) {
		if j.floors[i] >= n.hi {
			break
		}
		for r := range j.taken.free(max(n.lo, j.floors[i])+1, n.hi) {
			if !j.pace.step() || !j.impossible(i, r) {
				return true
			}
		}
		if !j.pace.step() {
			return true
		}
	}
	return false
}

// impossible tells that operation i cannot have taken effect at revision r: a key
// that it writes is known to have been another's then, or a compare not to have
// held, or there was nothing to delete, or what it put is gone again and nobody can
// have deleted it.
func (j *judging) impossible(i int, r int64) bool {
	o := &j.ops[i]
	for _, w := range o.Writes {
		key := j.numbers[w.Key]
		s, next := j.around(key, r)
		left := r
		if w.Delete {
			left = 0
		}
		switch {
		case s.certain(r) && s.mod != left:
			return true
		case o.Kind == history.Delete && j.sureAbsent(key, r-1):
			return true
		case !w.Delete && s.mod == 0 && s.last > r && !j.sentBy(j.keys[key].deletes, i, s.last):
			return true
		case !w.Delete && next != nil && !next.event && next.mod == 0 && !j.sentBy(j.keys[key].deletes, i, next.first):
			return true
		}
	}
	for _, c := range o.Compares {
		s, _ := j.around(j.numbers[c.Key], r-1)
		if c.ModRevision != s.mod && (s.certain(r-1) || c.ModRevision >= r || c.ModRevision > 0 && c.ModRevision <= s.first) {
			return true
		}
	}
	return false
}

// sureAbsent tells that the key was certainly not there at r: it was seen so, or
// was gone before and nobody can have put it since.
func (j *judging) sureAbsent(key int, r int64) bool {
	s, _ := j.around(key, r)
	return s.mod == 0 && (s.certain(r) || !j.sentBy(j.keys[key].puts, none, r))
}

// sentBy tells whether one of these operations, other than i, can have taken
// effect by revision r. They are in the order in which they were sent.
func (j *judging) sentBy(ops []int, i int, r int64) bool {
	for _, other := range ops[:min(len(ops), 2)] {
		if other != i && j.floors[other] < r {
			return true
		}
	}
	return false
}

// certain tells that the key was in the segment's state at r, at or after its
// beginning. That an absent key was so is certain only where it was looked at.
func (s segment) certain(r int64) bool {
	return r == s.first || r == s.last || s.mod > 0 && r < s.last
}

// helped are the needs that operation i brings about by taking effect at revision
// r, to serve a need: what it writes to other keys has to be gone by when they were
// seen to be, and what it found there to have come about. It is not ok where that
// takes more than a deletion.
func (j *judging) helped(n *need, i int, r int64) (more []*need, ok bool) {
	if j.impossible(i, r) {
		return nil, false
	}
	for _, w := range j.ops[i].Writes {
		key := j.numbers[w.Key]
		s, next := j.around(key, r)
		switch {
		case key == n.key, w.Delete && s.mod == 0:
		case s.last >= r:
			return nil, false
		case next != nil && !next.event && !w.Delete:
			more = append(more, &need{key: key, kind: needDelete, lo: r, hi: next.first, op: n.op, state: s, placed: none})
		}
	}
	for _, c := range j.ops[i].Compares {
		switch s, _ := j.around(j.numbers[c.Key], r-1); {
		case s.mod == c.ModRevision:
		case c.ModRevision > 0:
			return nil, false
		default:
			more = append(more, &need{key: j.numbers[c.Key], kind: needDelete, lo: s.last, hi: r - 1, op: n.op, state: s, placed: none})
		}
	}
	return more, true
}

// around are a key's segment that has begun by revision r, and the next.
func (j *judging) around(key int, r int64) (before segment, after *segment) {
	s := j.keys[key].segments
	i, _ := slices.BinarySearchFunc(s, r, func(s segment, r int64) int {
		if s.first <= r {
			return -1
		}
		return 1
	})
	if i < len(s) {
		after = &s[i]
	}
	return s[i-1], after
}

// The bounds of the work on one history, in steps: an operation that is looked at
// for one place. They are some ten times what a history of 100,000 operations takes.
const (
	stepsToRefute  = 20_000_000
	stepsToExplain = 20_000_000
)

// refute objects to the needs that no operation can serve, whatever the others do.
func (j *judging) refute() {
	j.pace.allow(stepsToRefute)
	slices.SortStableFunc(j.needs, func(a, b *need) int { return cmp.Compare(a.hi, b.hi) })
	j.enough()
	for _, n := range j.needs {
		if !j.possible(n) {
			j.unserved(n)
		}
	}
	for _, i := range j.either {
		j.someCompareFailed(i, func(open []*need) bool { return slices.ContainsFunc(open, j.possible) })
	}
}

// attempts to find a place for every unknown operation that is needed. The first
// takes what comes first; the others draw, since one need may have taken what
// another cannot do without.
const attempts = 64

// explain looks for an operation for each need, and replays the whole. What is
// not explained in the end is left in doubts.
func (j *judging) explain() {
	j.pace.allow(stepsToExplain)
	for _, t := range j.keys {
		slices.SortStableFunc(t.hidden, func(a, b int) int {
			return cmp.Or(cmp.Compare(j.entangled(a), j.entangled(b)), cmp.Compare(j.floors[a], j.floors[b]))
		})
	}
	draw := rand.New(rand.NewPCG(1, 2)) // the same history is judged alike
	for n := range attempts {
		if n == 1 && j.alone && j.settle() || n > 0 && !j.pace.step() {
			return
		}
		j.doubts = nil
		if n > 0 {
			j.draw = draw
		}
		if j.attempt(); len(j.doubts) == 0 {
			return
		}
	}
}

func (j *judging) attempt() {
	clear(j.placed)
	clear(j.used)
	for _, n := range j.needs {
		n.placed = none
	}
	for _, n := range j.needs {
		if !j.place(n) {
			j.doubts = append(j.doubts, doubt{n.key, n.lo, n.hi})
		}
	}
	for _, i := range j.either {
		j.someCompareFailed(i, func(open []*need) bool {
			ok := slices.ContainsFunc(open, func(n *need) bool { return j.place(n) })
			if !ok && len(open) > 0 {
				j.doubts = append(j.doubts, doubt{open[0].key, open[0].lo, open[0].hi})
			}
			return true
		})
	}
	if len(j.doubts) > 0 {
		return
	}
	if j.alone {
		j.fill()
	}
	j.witness()
}

// entangled counts what ties an operation to other keys and revisions.
func (j *judging) entangled(i int) int {
	return len(j.ops[i].Writes) - 1 + len(j.ops[i].Compares)
}

// enough objects where a key was gone more often than it can have been deleted:
// each time needs a deletion of its own. The needs are in the order of revisions.
func (j *judging) enough() {
	gone, sent := make([]int, len(j.keys)), make([]int, len(j.keys))
	for _, n := range j.needs {
		if n.kind != needDelete {
			continue
		}
		gone[n.key]++
		deletes := j.keys[n.key].deletes
		for sent[n.key] < len(deletes) && j.floors[deletes[sent[n.key]]] < n.hi {
			sent[n.key]++
		}
		if sent := sent[n.key]; sent > 0 && sent < gone[n.key] { // where there is none at all that is said elsewhere
			j.object(results.RuleTwice, n.key, n.op, none,
				sprintf("%d times no key by revision %d, without a known deletion", gone[n.key], n.hi),
				sprintf("no more often than deletions of unknown outcome had been sent: %d", sent))
		}
	}
}

// place an operation where it serves the need, at the first revision that suits
// it.
func (j *judging) place(n *need) bool {
	lo := n.lo
	if s := n.serves; s != nil && s.placed != none {
		if j.fits(n, s.placed) {
			n.placed, n.at = s.placed, s.at
			return true
		}
		lo = s.at
	}
	if n.servedBy != nil { // rather by what also explains what was seen later
		both := *n
		both.kind, both.servedBy = n.servedBy.kind, nil
		if j.place(&both) {
			n.placed, n.at = both.placed, both.at
			return true
		}
	}
	if j.served(n, lo) {
		return true
	}
	for _, i := range drawn(j.draw, j.keys[n.key].hidden) {
		if !j.pace.step() {
			return false
		}
		if j.used[i] || j.floors[i] >= n.hi || !j.fits(n, i) {
			continue
		}
		for _, r := range drawn(j.draw, j.vacant(max(lo, j.floors[i])+1, n.hi)) {
			if j.put(n, i, r) {
				return true
			}
		}
	}
	return false
}

// put operation i at revision r to serve the need, and others to serve the needs
// that this brings about, but for the first attempt, which does without.
func (j *judging) put(n *need, i int, r int64) bool {
	if !j.pace.step() {
		return false
	}
	more, ok := j.helped(n, i, r)
	if !ok || len(more) > 0 && j.draw == nil {
		return false
	}
	placed, used := j.placed, j.used
	if len(more) > 0 {
		j.placed, j.used = maps.Clone(placed), maps.Clone(used)
	}
	j.placed[r], j.used[i] = i, true
	for _, m := range more {
		if !j.place(m) {
			j.placed, j.used = placed, used
			return false
		}
	}
	n.placed, n.at = i, r
	return true
}

// vacant are the first revisions from lo to hi that no operation has.
func (j *judging) vacant(lo, hi int64) []int64 {
	var out []int64
	for r := range j.taken.free(lo, hi) {
		if _, other := j.placed[r]; other {
			continue
		}
		if out = append(out, r); len(out) == tried {
			break
		}
	}
	return out
}

// drawn is a list in an order by chance, or as it is in the first attempt.
func drawn[T any](draw *rand.Rand, list []T) []T {
	if draw == nil {
		return list
	}
	list = slices.Clone(list)
	draw.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	return list
}

// unserved objects to a change that nothing can have made.
func (j *judging) unserved(n *need) {
	o := &j.ops[n.op]
	switch n.kind {
	case needExactly:
		j.object(results.RuleCompare, n.key, n.op, n.state.op, sprintf("a %s whose compare with mod revision %d held", o.Kind, n.hi), j.standing(n.state))
		return
	case needPut, needAny:
		w := walk{j: j, key: n.key, now: n.state}
		w.deny(fact{n.hi, n.not, seenNot, n.op}, n.state.op)
		return
	}
	rule := results.RuleLost
	if slices.ContainsFunc(j.keys[n.key].hidden, func(i int) bool { return j.fits(n, i) && j.floors[i] < n.hi && len(j.ops[i].Writes) > 1 }) {
		rule = results.RuleAtomic // a deletion that came without the rest
	}
	got := sprintf("no key at revision %d", n.hi)
	if len(o.Compares) > 0 {
		rule, got = results.RuleCompare, sprintf("a %s at revision %d whose compare with an absent key held", o.Kind, n.hi+1)
	}
	j.object(rule, n.key, n.op, n.state.op, got, j.standing(n.state))
}

// someCompareFailed takes a failed transaction of several compares, one of which at
// least did not hold. Unless one is known not to have held, it objects if all are
// known to have held, or if explained says that no change of the others' keys, of
// which one at least is needed, explains it.
func (j *judging) someCompareFailed(i int, explained func(open []*need) bool) {
	o, at := &j.ops[i], j.ops[i].Return.Revision
	var open []*need
	for _, c := range o.Compares {
		key := j.numbers[c.Key]
		s, _ := j.around(key, at)
		if s.mod != c.ModRevision {
			return
		}
		if s.certain(at) {
			continue // this one held
		}
		n := &need{key: key, kind: needAny, lo: s.last, hi: at, op: i, not: c.ModRevision, state: s, placed: none}
		if s.mod == 0 {
			n.kind = needPut
		}
		if s.last > at {
			n.lo = s.first // when it was absent in between is not kept
		}
		open = append(open, n)
	}
	if !explained(open) {
		j.object(results.RuleCompare, none, i, none, sprintf("a txn at revision %d of which a compare failed", at), "success: all of them held")
	}
}

// served tells whether an operation that was placed for another need, after lo,
// serves this one, too: it may write several keys.
func (j *judging) served(n *need, lo int64) bool {
	n.placed = none
	take := func(r int64, i int) {
		if r > lo && r <= n.hi && (n.placed == none || r < n.at) && j.fits(n, i) {
			n.placed, n.at = i, r
		}
	}
	if n.hi-lo < int64(len(j.placed)) { // whichever is less work
		for r := lo + 1; r <= n.hi && j.pace.step(); r++ {
			if i, placed := j.placed[r]; placed {
				take(r, i)
			}
		}
		return n.placed != none
	}
	for r, i := range j.placed {
		if !j.pace.step() {
			return false
		}
		take(r, i)
	}
	return n.placed != none
}

// runs are the revisions that are taken, as stretches without a gap.
type runs struct{ first, last []int64 }

func newRuns(at map[int64]int) runs {
	revisions := make([]int64, 0, len(at))
	for r := range at {
		revisions = append(revisions, r)
	}
	slices.Sort(revisions)
	var out runs
	for _, r := range revisions {
		if n := len(out.last); n > 0 && out.last[n-1] == r-1 {
			out.last[n-1] = r
			continue
		}
		out.first, out.last = append(out.first, r), append(out.last, r)
	}
	return out
}

// free are the revisions from lo to hi that are not taken.
func (s runs) free(lo, hi int64) func(yield func(int64) bool) {
	return func(yield func(int64) bool) {
		i, _ := slices.BinarySearch(s.last, lo) // the first run that ends at lo or later
		for r := max(lo, 1); r <= hi; {
			if i < len(s.first) && s.first[i] <= r {
				r = s.last[i] + 1
				i++
				continue
			}
			if !yield(r) {
				return
			}
			r++
		}
	}
}
