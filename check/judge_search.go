package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// The bounds of a search: beyond them it would take gigabytes before it took the
// time that it is given. What is not searched stays in doubt.
const (
	mostSteps  = 512
	mostHidden = 8
)

// search the stretches in doubt, in the time that is left. The projection of a
// linearizable history on one key and a stretch of revisions is linearizable, so
// a stretch without an order is a violation.
func (j *judging) search(deadline time.Time) {
	for _, d := range j.doubts {
		left := time.Until(deadline)
		if left <= 0 {
			return
		}
		if j.hiddenBefore(d.key, d.hi) > mostHidden {
			continue
		}
		from, _ := j.around(d.key, d.lo)
		s := j.stretch(d.key, from.first, d.hi, from.mod)
		if len(s.steps) == 0 || len(s.steps) > mostSteps || s.hidden() > mostHidden {
			continue
		}
		if porcupine.CheckOperationsTimeout(s.model(), s.inRevisionOrder(), left) == porcupine.Illegal {
			j.object(results.RuleLinearizable, d.key, s.steps[len(s.steps)-1].op, none,
				sprintf("answers from revision %d to %d that no order explains", from.first, d.hi), "an order that explains them")
		}
	}
}

// hiddenBefore counts the unknown writes to a key that can have taken effect by a
// revision, up to one more than may be searched.
func (j *judging) hiddenBefore(key int, hi int64) (n int) {
	for _, i := range j.keys[key].hidden {
		if j.floors[i] < hi {
			n++
		}
		if n > mostHidden {
			break
		}
	}
	return n
}

// doubtful keys by name.
func (j *judging) doubtful() []string {
	var names []string
	for _, d := range j.doubts {
		names = append(names, j.names[d.key])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// stretch of one key's history, from a revision at which its state is known.
type stretch struct {
	j     *judging
	key   string
	begin keyState
	steps []step
}

// step is one operation of a stretch. Its revision is the one that it was told, or
// at which it is known to have taken effect; 0 where nobody knows.
type step struct {
	op       int
	revision int64
}

// keyState is a key as the operations of a stretch find it, and the revision up
// to which they have been put in order. A write whose revision nobody knows leaves
// a negative mod revision, of its own.
type keyState struct {
	revision, mod int64
}

// stretch of a key that has this mod revision at lo: its operations up to hi.
func (j *judging) stretch(key int, lo, hi, mod int64) *stretch {
	s := &stretch{j: j, key: j.names[key], begin: keyState{lo, mod}}
	for i := range j.ops {
		o := &j.ops[i]
		if !concerns(o, s.key) {
			continue
		}
		r := j.revisionOf(i)
		if r > lo && r <= hi || r == 0 && o.MayChange() && j.floors[i] < hi {
			s.steps = append(s.steps, step{i, r})
		}
	}
	return s
}

// revisionOf an operation, or 0.
func (j *judging) revisionOf(i int) int64 {
	if o := &j.ops[i]; o.Outcome() == history.OK {
		return o.Return.Revision
	}
	return j.took[i]
}

// concerns tells whether an operation says anything of a key.
func concerns(o *history.Operation, key string) bool {
	return o.Kind == history.Scan || slices.Contains(o.Reads, key) ||
		slices.ContainsFunc(o.Writes, func(w history.Write) bool { return w.Key == key }) ||
		slices.ContainsFunc(o.Compares, func(c history.Compare) bool { return c.Key == key })
}

func (s *stretch) hidden() (n int) {
	for _, t := range s.steps {
		if t.revision == 0 {
			n++
		}
	}
	return n
}

// model of the key for porcupine. Revisions are part of the state: an operation
// comes after those of lower ones, which leaves few orders to try.
func (s *stretch) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return s.begin },
		Step: func(now, in, _ any) (bool, any) {
			return s.step(now.(keyState), in.(step))
		},
		DescribeOperation: func(in, _ any) string { return s.describe(in.(step)) },
		DescribeState:     func(now any) string { return now.(keyState).String() },
	}
}

// step tells whether an operation can be next, and what it leaves.
func (s *stretch) step(now keyState, t step) (bool, keyState) {
	o := &s.j.ops[t.op]
	if t.revision == 0 {
		if s.compared(now, o) {
			s.write(&now, o, -int64(t.op)-1)
		}
		return true, now
	}
	changed := o.Changed() || o.MayChange()
	if t.revision < now.revision || changed && t.revision == now.revision {
		return false, now
	}
	ok := s.answered(now, o)
	now.revision = t.revision
	if changed {
		s.write(&now, o, t.revision)
	}
	return ok, now
}

// answered tells whether an operation's answer, or that it took effect, is
// explained.
func (s *stretch) answered(now keyState, o *history.Operation) bool {
	if o.Outcome() != history.OK {
		return s.compared(now, o)
	}
	for _, kv := range o.Return.Read {
		if kv.Key == s.key && (kv.ModRevision != now.mod || kv.ModRevision > 0 && !s.wrote(kv)) {
			return false
		}
	}
	switch {
	case o.Kind == history.Delete:
		return (now.mod != 0) == o.Return.Succeeded
	case o.Kind == history.Scan:
		return now.mod == 0 || slices.ContainsFunc(o.Return.Read, func(kv history.KV) bool { return kv.Key == s.key })
	case o.Return.Succeeded:
		return s.compared(now, o)
	case len(o.Compares) == 1 && o.Compares[0].Key == s.key:
		return now.mod != o.Compares[0].ModRevision
	}
	return true
}

// wrote tells whether the write of a mod revision wrote this value.
func (s *stretch) wrote(kv history.KV) bool {
	i, known := s.j.at[kv.ModRevision]
	return known && writes(&s.j.ops[i], kv)
}

// compared tells whether an operation's compares with this key hold. A mod
// revision that is no known write's may be that of one whose revision nobody
// knows.
func (s *stretch) compared(now keyState, o *history.Operation) bool {
	for _, c := range o.Compares {
		_, known := s.j.at[c.ModRevision]
		if c.Key == s.key && c.ModRevision != now.mod && (known || now.mod >= 0) {
			return false
		}
	}
	return true
}

func (s *stretch) write(now *keyState, o *history.Operation, mod int64) {
	for _, w := range o.Writes {
		switch {
		case w.Key != s.key:
		case w.Delete:
			now.mod = 0
		default:
			now.mod = mod
		}
	}
}

// inRevisionOrder gives the operations for porcupine instants that say what their
// revisions do: those whose revision is known follow each other, as real time
// allows; the others may come at any time after what was known when they were
// sent.
func (s *stretch) inRevisionOrder() []porcupine.Operation {
	var known, hidden []step
	for _, t := range s.steps {
		if t.revision > 0 {
			known = append(known, t)
		} else {
			hidden = append(hidden, t)
		}
	}
	changed := func(t step) int {
		if o := &s.j.ops[t.op]; o.Changed() || o.MayChange() {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(known, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.revision, b.revision), cmp.Compare(changed(a), changed(b)))
	})
	var out []porcupine.Operation
	for i, t := range known {
		out = append(out, porcupine.Operation{Input: t, Call: int64(4 * i), Return: int64(4*i + 1)})
	}
	for _, t := range hidden {
		before, _ := slices.BinarySearchFunc(known, s.j.floors[t.op]+1, func(k step, r int64) int { return cmp.Compare(k.revision, r) })
		out = append(out, porcupine.Operation{Input: t, Call: int64(4*before - 2), Return: int64(4 * len(known))})
	}
	return out
}
