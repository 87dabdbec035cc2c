package check

import (
	"cmp"
	"slices"

	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// Where nobody but the history's clients wrote, each revision since the history
// began is one of its operations'. The revisions that are no known operation's are
// then those of unknown ones, each of its own.

// own are the first and the last revision that must be an operation's. The store
// was at first-1 when the history began, or at an earlier revision: no linearizable
// answer is of before that, where a serializable one may be.
func (j *judging) own() (first, last int64) {
	first = -1
	for i := range j.ops {
		o := &j.ops[i]
		if o.Outcome() != history.OK {
			continue
		}
		last = max(last, o.Return.Revision)
		if at := seenAt(o) + 1; !o.Serializable && (first < 0 || at < first) {
			first = at
		}
	}
	if len(j.taken.first) > 0 {
		if at := j.taken.first[0]; first < 0 || at < first {
			first = at
		}
		last = max(last, j.taken.last[len(j.taken.last)-1])
	}
	if first < 0 {
		first = last + 1
	}
	return first, last
}

// unaccounted are unknown operations that may have taken effect, in the order in
// which they can first have done so.
func (j *judging) unaccounted() (hidden []int) {
	for i := range j.ops {
		if j.ops[i].MayChange() && j.took[i] == 0 {
			hidden = append(hidden, i)
		}
	}
	slices.SortStableFunc(hidden, func(a, b int) int { return cmp.Compare(j.floors[a], j.floors[b]) })
	return hidden
}

// counts objects to revisions that cannot all be an operation's, where nobody but
// the history's clients wrote: each needs an unknown operation of its own that can
// have taken effect then.
func (j *judging) counts() {
	if !j.alone {
		return
	}
	j.pace.allow(stepsToRefute)
	m := &matching{j: j, hidden: j.unaccounted(), of: make([]int64, len(j.ops))}
	first, last := j.own()
	for r := range j.taken.free(first, last) {
		matched := m.match(r)
		if j.pace.left <= 0 {
			return
		}
		if matched {
			continue
		}
		got, want := sprintf("revision %d, which is no operation's", r), "each revision to be an operation's"
		if n := len(m.asked); n > 1 {
			got = sprintf("%d revisions up to %d that are no known operation's", n, r)
			want = sprintf("no more of them than operations of unknown outcome that can have had them: %d", n-1)
		}
		j.object(results.RuleVersion, none, j.teller(r), none, got, want)
		return
	}
}

// teller is an operation that was told of revision r or a later one.
func (j *judging) teller(r int64) int {
	return slices.IndexFunc(j.ops, func(o history.Operation) bool { return o.Outcome() == history.OK && o.Return.Revision >= r })
}

// matching of revisions with unknown operations that can have taken effect then,
// each with one, by augmenting paths (Kuhn, "The Hungarian method for the
// assignment problem", 1955).
type matching struct {
	j      *judging
	hidden []int
	of     []int64        // the revision that an operation is matched with, or 0
	asked  map[int64]bool // the revisions that want an operation so that the present one gets one
	seen   map[int]bool   // the operations that were asked for
}

// match revision r, if need be by matching others anew.
func (m *matching) match(r int64) bool {
	m.asked, m.seen = map[int64]bool{}, map[int]bool{}
	return m.augment(r)
}

func (m *matching) augment(r int64) bool {
	m.asked[r] = true
	var taken []int
	for _, i := range m.hidden {
		if m.j.floors[i] >= r || !m.j.pace.step() {
			break
		}
		if m.of[i] > 0 {
			taken = append(taken, i)
		} else if !m.j.impossible(i, r) {
			m.of[i] = r
			return true
		}
	}
	for _, i := range taken {
		if !m.j.pace.step() {
			return false
		}
		if m.seen[i] || m.j.impossible(i, r) {
			continue
		}
		m.seen[i] = true
		if m.augment(m.of[i]) {
			m.of[i] = r
			return true
		}
	}
	return false
}
