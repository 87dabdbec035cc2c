package check

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// filling replays a history whose clients were alone, revision by revision, from
// an empty store. Where a revision is no known operation's it tries the unknown
// ones that the store as it stands lets take effect, and goes back to the last such
// choice where an answer is not explained. So it ends with an order of all
// operations, or has tried each.
//
// Nobody read what unknown operations wrote, so that two of the same writes and
// compares are one as good as the other: they are a class, of which the one that
// was sent first is taken first.
type filling struct {
	j           *judging
	first, last int64
	answers     []int // what changed nothing, in the order of revisions
	classes     [][]int
	used        []int // of each class
	store       *store
	trail       []history.KV // keys before each change, of mod revision 0 where absent
	choices     []choice
	// failed are states from which every choice has been tried; nil keeps none.
	// Their sizes add up to kept.
	failed map[string]bool
	kept   int
	named  map[history.Compare]bool // what compares name
}

// choice of the operation that took effect at a revision.
type choice struct {
	revision int64
	mark     int   // the trail's length before it
	options  []int // classes that are left to try
	class    int   // the one that is tried, or none
	op       int
	state    string
}

// mostKept bounds the states that are kept, in bytes.
const mostKept = 32 << 20

func (j *judging) newFilling() *filling {
	f := &filling{j: j, named: make(map[history.Compare]bool)}
	f.first, f.last = j.own()
	for r := range j.placed {
		f.first = min(f.first, r)
	}
	_, f.answers = j.order()
	class := make(map[string]int)
	for _, i := range j.unaccounted() {
		if j.used[i] {
			continue
		}
		like := j.likeness(i)
		c, known := class[like]
		if !known {
			c = len(f.classes)
			class[like], f.classes = c, append(f.classes, nil)
		}
		f.classes[c] = append(f.classes[c], i)
	}
	for i := range j.ops {
		for _, c := range j.ops[i].Compares {
			f.named[c] = true
		}
	}
	return f
}

// likeness is all of an operation but the values that it writes.
func (j *judging) likeness(i int) string {
	o := j.ops[i]
	var text []byte
	for _, c := range o.Compares {
		text = binary.AppendVarint(binary.AppendVarint(append(text, 'c'), int64(j.numbers[c.Key])), c.ModRevision)
	}
	for _, w := range o.Writes {
		kind := byte('w')
		if w.Delete {
			kind = 'd'
		}
		text = binary.AppendVarint(append(text, kind), int64(j.numbers[w.Key]))
	}
	return string(o.Kind) + string(text)
}

// fill gives each revision that no known or placed operation has to an unknown one,
// if it is quickly found how.
func (j *judging) fill() {
	rest := j.pace.left
	most := min(rest, 100_000+8*len(j.ops))
	j.pace.allow(most)
	if f := j.newFilling(); f.run() {
		f.place()
	}
	j.pace.allow(rest - (most - j.pace.left))
}

// settle tries all orders of a history whose clients were alone, in the steps that
// are left: it objects where there is none. It tells whether there was an answer.
func (j *judging) settle() bool {
	clear(j.placed)
	clear(j.used)
	rest := j.pace.left
	j.pace.allow(rest / 2)
	defer func() { j.pace.allow(rest / 2) }()
	f := j.newFilling()
	f.failed = make(map[string]bool)
	// The history may have begun at an earlier revision.
	for earlier := 0; earlier <= len(j.unaccounted()) && f.first > 0; earlier++ {
		if f.run() {
			f.place()
			j.doubts = nil
			j.witness()
			return j.witnessed
		}
		if j.pace.left <= 0 {
			return false
		}
		f.first--
	}
	first, last := j.own()
	rule, got, want := results.RuleLinearizable, sprintf("answers up to revision %d that no order explains", last), "an order that explains them"
	for range j.taken.free(first, last) {
		rule = results.RuleVersion
		got = sprintf("revisions from %d to %d that no order of the operations explains", first, last)
		want = "an order in which each is an operation's"
		break
	}
	j.object(rule, none, j.teller(last), none, got, want)
	return true
}

// place the operations that were found.
func (f *filling) place() {
	for _, c := range f.choices {
		f.j.placed[c.revision], f.j.used[c.op] = c.op, true
	}
}

// run tells whether an order was found.
func (f *filling) run() bool {
	f.store, f.trail, f.choices = &store{keys: make(map[string]history.KV)}, nil, nil
	f.used = make([]int, len(f.classes))
	if f.last-f.first > int64(len(f.j.ops)) || !f.empty() {
		return false
	}
	for r := f.first; r <= f.last; r++ {
		if !f.j.pace.step() {
			return false
		}
		if f.forward(r) {
			continue
		}
		var found bool
		if r, found = f.next(); !found {
			return false
		}
	}
	return true
}

// empty tells whether the answers from before the first revision are those of an
// empty store.
func (f *filling) empty() bool {
	for _, i := range f.answers {
		if f.j.ops[i].Return.Revision >= f.first {
			return true
		}
		if !f.store.explains(&f.j.ops[i]) {
			return false
		}
	}
	return true
}

// forward replays revision r, or leaves it to next to choose what took effect then.
func (f *filling) forward(r int64) bool {
	i, known := f.j.at[r]
	if !known {
		i, known = f.j.placed[r]
	}
	if known {
		return f.store.explains(&f.j.ops[i]) && f.change(i, r)
	}
	state := f.state(r)
	if !f.failed[state] {
		f.choices = append(f.choices, choice{revision: r, mark: len(f.trail), options: f.options(r), class: none, state: state})
	}
	return false
}

// next takes what is to be tried next at the last choice that leaves something to
// try, and tells at which revision that was.
func (f *filling) next() (int64, bool) {
	for len(f.choices) > 0 && f.j.pace.step() {
		c := &f.choices[len(f.choices)-1]
		f.undo(c.mark)
		if c.class != none {
			f.used[c.class]--
		}
		if len(c.options) == 0 {
			if f.failed != nil && f.kept+len(c.state) <= mostKept {
				f.failed[c.state] = true
				f.kept += len(c.state)
			}
			f.choices = f.choices[:len(f.choices)-1]
			continue
		}
		c.class, c.options = c.options[0], c.options[1:]
		c.op = f.classes[c.class][f.used[c.class]]
		f.used[c.class]++
		if f.change(c.op, c.revision) {
			return c.revision, true
		}
	}
	return 0, false
}

// options are the classes of which an operation may take effect now, those first
// that are least in the way of what was seen later.
func (f *filling) options(r int64) (classes []int) {
	j := f.j
	harm := make(map[int]int)
	for c, ops := range f.classes {
		if f.used[c] == len(ops) || !j.pace.step() {
			continue
		}
		i := ops[f.used[c]]
		if j.floors[i] < r && f.store.explains(&j.ops[i]) && !j.impossible(i, r) {
			classes = append(classes, c)
			harm[c] = f.harm(i, r)
		}
	}
	slices.SortStableFunc(classes, func(a, b int) int { return cmp.Compare(harm[a], harm[b]) })
	return classes
}

// harm is more where operation i, at revision r, puts what was seen to be gone
// later, and less where it deletes that.
func (f *filling) harm(i int, r int64) (harm int) {
	for _, w := range f.j.ops[i].Writes {
		s, next := f.j.around(f.j.numbers[w.Key], r)
		gone := s.mod == 0 && s.last > r || next != nil && next.mod == 0 && !next.event
		there := f.store.keys[w.Key].ModRevision > 0
		switch {
		case gone && w.Delete && there:
			harm--
		case gone && !w.Delete:
			harm++
		}
	}
	return harm
}

// change has operation i take effect at revision r, and tells whether the answers
// of that revision are explained.
func (f *filling) change(i int, r int64) bool {
	o := &f.j.ops[i]
	for _, w := range o.Writes {
		was := f.store.keys[w.Key]
		was.Key = w.Key
		f.trail = append(f.trail, was)
	}
	f.store.apply(o, r)
	from, _ := slices.BinarySearchFunc(f.answers, r, func(i int, r int64) int { return cmp.Compare(f.j.ops[i].Return.Revision, r) })
	for _, i := range f.answers[from:] {
		a := &f.j.ops[i]
		if a.Return.Revision > r {
			return true
		}
		if !f.store.explains(a) {
			return false
		}
	}
	return true
}

// undo what was changed since the trail had this length.
func (f *filling) undo(mark int) {
	for n := len(f.trail) - 1; n >= mark; n-- {
		if kv := f.trail[n]; kv.ModRevision > 0 {
			f.store.keys[kv.Key] = kv
		} else {
			delete(f.store.keys, kv.Key)
		}
	}
	f.trail = f.trail[:mark]
}

// state is all that what follows depends on: which operations are left, and what
// the keys hold. Of what unknown operations wrote, and no compare names, that is
// only that it is there.
func (f *filling) state(r int64) string {
	if f.failed == nil {
		return ""
	}
	text := binary.AppendVarint(nil, r)
	for _, n := range f.used {
		text = binary.AppendVarint(text, int64(n))
	}
	for _, name := range f.j.names {
		mod := f.store.keys[name].ModRevision
		if _, known := f.j.at[mod]; mod > 0 && !known && !f.named[history.Compare{Key: name, ModRevision: mod}] {
			mod = -1
		}
		text = binary.AppendVarint(text, mod)
	}
	return string(text)
}
