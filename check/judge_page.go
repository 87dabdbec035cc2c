package check

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/raftbench/raftbench/history"
)

// How much of a key's history is drawn: what came shortly before the violation,
// and a little of what came after it.
const (
	drawnBefore = 24
	drawnAfter  = 12
	drawnHidden = 4
)

// page is porcupine's picture of a violation.
type page struct {
	model porcupine.Model
	info  porcupine.LinearizationInfo
}

func (p *page) write(w io.Writer) error { return porcupine.Visualize(p.model, p.info, w) }

// picture of the first violation, unless porcupine sees none on its key alone, or
// needs longer than an explanation is worth.
func (j *judging) picture(deadline time.Time) *page {
	left := min(time.Until(deadline), explaining)
	if j.culprit.key == none || left <= 0 {
		return nil
	}
	s := j.scene(*j.culprit)
	if len(s.steps) > mostSteps {
		return nil
	}
	model := s.model()
	result, info := porcupine.CheckOperationsVerbose(model, s.inRealTime(*j.culprit), left)
	if result != porcupine.Illegal {
		return nil
	}
	return &page{model, info}
}

// scene of a violation: the operations on its key around it, and the operation
// that it contradicts.
func (j *judging) scene(c culprit) *stretch {
	lo, hi := j.near(c)
	from, _ := j.around(c.key, lo)
	if !from.certain(lo) {
		lo = from.first
	}
	s := j.stretch(c.key, lo, hi, from.mod)
	hidden := 0
	s.steps = slices.DeleteFunc(s.steps, func(t step) bool {
		if t.revision == 0 {
			hidden++
		}
		return t.op == c.op || t.op == c.against || j.ops[t.op].Serializable || t.revision == 0 && hidden > drawnHidden
	})
	for _, i := range []int{c.against, c.op} {
		if i == none {
			continue
		}
		if r := j.revisionOf(i); r > lo || r == 0 || i == c.op {
			s.steps = append(s.steps, step{i, r})
		}
	}
	return s
}

// near are the revisions between which the scene of a violation is set.
func (j *judging) near(c culprit) (lo, hi int64) {
	var revisions []int64
	for i := range j.ops {
		if r := j.revisionOf(i); r > 0 && !j.ops[i].Serializable && concerns(&j.ops[i], j.names[c.key]) {
			revisions = append(revisions, r)
		}
	}
	slices.Sort(revisions)
	at, _ := slices.BinarySearch(revisions, j.revisionOf(c.op))
	hi = j.revisionOf(c.op)
	if last := min(at+drawnAfter, len(revisions)-1); last >= 0 {
		hi = max(hi, revisions[last])
	}
	if at > drawnBefore {
		lo = revisions[at-drawnBefore]
	}
	return lo, hi
}

// inRealTime gives porcupine the operations as they were. A serializable read may
// be answered from any earlier state; a write of unknown outcome has no end.
func (s *stretch) inRealTime(c culprit) []porcupine.Operation {
	begin, end := s.j.ops[c.op].AtNS, s.j.ops[c.op].AtNS
	for _, t := range s.steps {
		o := &s.j.ops[t.op]
		begin, end = min(begin, o.AtNS), max(end, o.AtNS)
		if o.Return != nil {
			end = max(end, o.Return.AtNS)
		}
	}
	var out []porcupine.Operation
	clients := make(map[int]int)
	for _, t := range s.steps {
		o := &s.j.ops[t.op]
		if _, known := clients[o.Client]; !known {
			clients[o.Client] = len(clients)
		}
		p := porcupine.Operation{ClientId: clients[o.Client], Input: t, Call: o.AtNS, Return: end}
		if o.Outcome() == history.OK {
			p.Return = o.Return.AtNS
		}
		if o.Serializable {
			p.Call = begin
		}
		out = append(out, p)
	}
	return out
}

// describe an operation as far as the stretch's key is concerned.
func (s *stretch) describe(t step) string {
	o := &s.j.ops[t.op]
	parts := []string{string(o.Kind)}
	for _, c := range o.Compares {
		if c.Key == s.key {
			parts = append(parts, sprintf("if of revision %d", c.ModRevision))
		}
	}
	for _, w := range o.Writes {
		switch {
		case w.Key != s.key:
		case w.Delete && o.Kind != history.Delete:
			parts = append(parts, "deletes it")
		case !w.Delete:
			parts = append(parts, sprintf("%.20q", w.Value))
		}
	}
	return strings.Join(append(parts, s.told(o, t.revision)...), " ")
}

// told is how the operation ended.
func (s *stretch) told(o *history.Operation, revision int64) (parts []string) {
	switch {
	case o.Outcome() != history.OK && revision > 0:
		return []string{sprintf("→ unknown, took effect at revision %d", revision)}
	case o.Outcome() != history.OK:
		return []string{"→ " + string(o.Outcome())}
	}
	parts = append(parts, "→")
	for _, kv := range o.Return.Read {
		if kv.Key == s.key {
			parts = append(parts, found(kv)+",")
		}
	}
	if len(o.Writes)+len(o.Compares) > 0 && !o.Return.Succeeded {
		parts = append(parts, "nothing done,")
	}
	return append(parts, sprintf("at revision %d", revision))
}

// String words a state for people.
func (r keyState) String() string {
	switch {
	case r.mod == 0:
		return sprintf("no key, by revision %d", r.revision)
	case r.mod < 0:
		return sprintf("a value of unknown outcome, by revision %d", r.revision)
	}
	return sprintf("the value of revision %d, by revision %d", r.mod, r.revision)
}
