package check

import (
	"cmp"
	"slices"

	"github.com/raftbench/raftbench/history"
)

// witness replays the order that was found, from an empty store, and asks of each
// operation whether it is explained, and, where nobody else wrote, of each revision
// whether it is an operation's. Only where all are does the history hold. It relies
// on nothing that was concluded but the revisions at which operations took effect.
func (j *judging) witness() {
	s := &store{keys: make(map[string]history.KV)}
	changes, answers := j.order()
	if r := j.gap(changes); r > 0 {
		j.doubtRevision(r)
		return
	}
	for len(changes) > 0 || len(answers) > 0 {
		answer := len(changes) == 0 || len(answers) > 0 && j.ops[answers[0]].Return.Revision < changes[0].revision
		var i int
		if answer {
			i, answers = answers[0], answers[1:]
		} else {
			i = changes[0].op
		}
		if !s.explains(&j.ops[i]) {
			j.doubt(i)
			return
		}
		if !answer {
			s.apply(&j.ops[i], changes[0].revision)
			changes = changes[1:]
		}
	}
	j.witnessed = true
}

// gap is the first revision that should be an operation's and is none's, or 0. The
// changes are in the order of revisions.
func (j *judging) gap(changes []change) int64 {
	if !j.alone {
		return 0
	}
	next, last := j.own()
	if len(changes) > 0 {
		next = min(next, changes[0].revision)
	}
	for _, c := range changes {
		if c.revision != next {
			return next
		}
		next++
	}
	if next <= last {
		return next
	}
	return 0
}

// doubtRevision doubts that revision r is an operation's: all keys that an unknown
// operation may have changed then are in doubt.
func (j *judging) doubtRevision(r int64) {
	for key, t := range j.keys {
		if slices.ContainsFunc(t.hidden, func(i int) bool { return j.floors[i] < r }) {
			s, _ := j.around(key, r)
			j.doubts = append(j.doubts, doubt{key, s.first, r})
		}
	}
}

// change is an operation and the revision at which it took effect.
type change struct {
	revision int64
	op       int
}

// order of all operations: what changed something, and what was only answered,
// each by revision.
func (j *judging) order() (changes []change, answers []int) {
	for _, from := range []map[int64]int{j.at, j.placed} {
		for r, i := range from {
			changes = append(changes, change{r, i})
		}
	}
	for i := range j.ops {
		if o := &j.ops[i]; o.Outcome() == history.OK && !o.Changed() {
			answers = append(answers, i)
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.revision, b.revision) })
	slices.SortStableFunc(answers, func(a, b int) int { return cmp.Compare(j.ops[a].Return.Revision, j.ops[b].Return.Revision) })
	return changes, answers
}

// doubt that operation i is explained.
func (j *judging) doubt(i int) {
	at := int64(0)
	o := &j.ops[i]
	if o.Outcome() == history.OK {
		at = o.Return.Revision
	} else {
		for r, placed := range j.placed {
			if placed == i {
				at = r
			}
		}
	}
	names := touched(o)
	if o.Kind == history.Scan { // it tells of the keys that it did not find, too
		names = j.names
	}
	for _, name := range names {
		key := j.numbers[name]
		s, _ := j.around(key, at)
		j.doubts = append(j.doubts, doubt{key, s.first, at})
	}
}

// touched are the keys that an operation names.
func touched(o *history.Operation) []string {
	var names []string
	for _, c := range o.Compares {
		names = append(names, c.Key)
	}
	for _, w := range o.Writes {
		names = append(names, w.Key)
	}
	names = append(names, o.Reads...)
	slices.Sort(names)
	return slices.Compact(names)
}

// store is what a history's operations act on: keys with etcd's mod revision.
type store struct{ keys map[string]history.KV }

// explains tells whether an operation can have been answered as it was by the
// store as it stands, or, where the outcome is unknown, can take effect on it.
func (s *store) explains(o *history.Operation) bool {
	held := true
	for _, c := range o.Compares {
		held = held && s.keys[c.Key].ModRevision == c.ModRevision
	}
	if o.Kind == history.Delete {
		held = s.keys[o.Writes[0].Key].ModRevision > 0
	}
	if o.Outcome() != history.OK {
		return held
	}
	if (len(o.Compares) > 0 || o.Kind == history.Delete) && held != o.Return.Succeeded {
		return false
	}
	for _, kv := range o.Return.Read {
		if now := s.keys[kv.Key]; now.ModRevision != kv.ModRevision || now.Value != kv.Value {
			return false
		}
	}
	return o.Kind != history.Scan || len(o.Return.Read) == len(s.keys)
}

// apply an operation's writes at a revision.
func (s *store) apply(o *history.Operation, revision int64) {
	for _, w := range o.Writes {
		if w.Delete {
			delete(s.keys, w.Key)
			continue
		}
		s.keys[w.Key] = history.KV{Key: w.Key, Value: w.Value, ModRevision: revision}
	}
}
