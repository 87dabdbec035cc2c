package gate

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/strictyaml"
	"github.com/raftbench/raftbench/summary"
)

// Verdict is one rule on one cell.
type Verdict struct {
	Rule   string `json:"rule"`
	Cell   string `json:"cell"`
	Answer string `json:"answer"` // pass, fail or inconclusive
	// Value is what was held against the rule, as people read it.
	Value string `json:"value"`
	Note  string `json:"note,omitempty"`
}

// Report is the verdict on a run.
type Report struct {
	RunID  string `json:"run_id"`
	Answer string `json:"answer"`
	// Unsafe is set when a write was lost or an audit objected, whatever the
	// rules ask: no speed makes up for it.
	Unsafe   bool      `json:"unsafe"`
	Verdicts []Verdict `json:"verdicts"`
	// Warnings are the cells' own.
	Warnings []string `json:"warnings"`
}

// Evaluate holds every rule against every cell that it selects. A rule that
// selects none is a mistake of type *strictyaml.Error.
func Evaluate(rules []Rule, s summary.Summary) (Report, error) {
	r := Report{RunID: s.RunID, Verdicts: []Verdict{}, Warnings: []string{}}
	for _, rule := range rules {
		cells, err := rule.selects(s.Cells)
		if err != nil {
			return Report{}, err
		}
		for _, c := range cells {
			r.Verdicts = append(r.Verdicts, rule.on(c))
		}
	}
	for _, c := range s.Cells {
		r.Unsafe = r.Unsafe || c.Faults.LostWrites > 0 || c.Faults.Violations > 0
		for _, w := range c.Warnings {
			r.Warnings = append(r.Warnings, c.Cell+": "+w)
		}
	}
	r.Answer = worst(r.Verdicts).String()
	return r, nil
}

// Count is how many verdicts have the answer.
func (r Report) Count(a stats.Answer) int {
	n := 0
	for _, v := range r.Verdicts {
		if v.Answer == a.String() {
			n++
		}
	}
	return n
}

// worst is what the verdicts come to; none at all judges nothing.
func worst(verdicts []Verdict) stats.Answer {
	has := func(a stats.Answer) bool {
		return slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.Answer == a.String() })
	}
	switch {
	case has(stats.Fail):
		return stats.Fail
	case has(stats.Inconclusive) || len(verdicts) == 0:
		return stats.Inconclusive
	}
	return stats.Pass
}

// selects returns the cells that the rule is about.
func (r Rule) selects(cells []summary.Cell) ([]summary.Cell, error) {
	if len(r.Where) == 0 || len(cells) == 0 {
		return cells, nil
	}
	var out []summary.Cell
	for _, c := range cells {
		if r.matches(c) {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		var have []string
		for _, c := range cells {
			have = append(have, c.Cell)
		}
		return nil, &strictyaml.Error{
			File: r.File, Line: r.Line, Column: r.Column, Message: fmt.Sprintf("%q: `where` matches no cell of the run", r.Text),
			Advice: "the run has " + strings.Join(have, ", "),
		}
	}
	return out, nil
}

func (r Rule) matches(c summary.Cell) bool {
	traits := map[string]string{"cell": c.Cell, "nodes": strconv.Itoa(c.Nodes), "engine": c.Engine, "profile": c.Profile, "load": c.Load}
	maps.Copy(traits, c.Params)
	for key, want := range r.Where {
		if got, ok := traits[key]; !ok || got != want {
			return false
		}
	}
	return true
}

// on judges one cell.
func (r Rule) on(c summary.Cell) Verdict {
	v := Verdict{Rule: r.Text, Cell: c.Cell, Answer: stats.Inconclusive.String()}
	limit, unknown := r.limit(c)
	if unknown != "" {
		v.Note = unknown
		return v
	}
	if r.left.fact {
		return r.fact(v, c, limit)
	}
	m, ok := c.Metrics[r.left.metric]
	if !ok {
		v.Note = missing(c)
		return v
	}
	v.Value = m.Text(r.left.metric)
	answer, note := r.measured(c, m, limit)
	v.Answer, v.Note = answer.String(), note
	return v
}

func (r Rule) limit(c summary.Cell) (limit float64, unknown string) {
	if r.right.fact == "" {
		return r.right.value, ""
	}
	limit, unknown = facts[r.right.fact](c)
	return limit + r.right.value, unknown
}

func (r Rule) fact(v Verdict, c summary.Cell, limit float64) Verdict {
	got, unknown := facts[r.left.text](c)
	if unknown != "" {
		v.Note = unknown
		return v
	}
	v.Value = strconv.FormatFloat(got, 'f', -1, 64)
	v.Answer = answer(r.op.holds(got, limit)).String()
	if v.Answer == stats.Fail.String() && r.right.fact != "" {
		v.Note = fmt.Sprintf("want %s %v", r.op, limit)
	}
	return v
}

func answer(holds bool) stats.Answer {
	if holds {
		return stats.Pass
	}
	return stats.Fail
}

// missing says why a cell lacks a metric.
func missing(c summary.Cell) string {
	if c.ValidTrials == 0 {
		return "none of " + trials(c.Trials) + " is valid"
	}
	return "not measured, or by too few operations"
}

func trials(n int) string {
	if n == 1 {
		return "1 trial"
	}
	return fmt.Sprintf("%d trials", n)
}

// measured judges by the interval. Without one the median decides where the
// run was planned so small; where trials were lost to invalidity, what is left
// is a selection and decides nothing.
func (r Rule) measured(c summary.Cell, m summary.Metric, limit float64) (stats.Answer, string) {
	if m.CILow != nil && m.CIHigh != nil {
		low, high := r.op.holds(*m.CILow, limit), r.op.holds(*m.CIHigh, limit)
		if low != high {
			return stats.Inconclusive, "the limit lies within the interval"
		}
		return answer(low), ""
	}
	if c.ValidTrials < c.Trials && c.ValidTrials < stats.IntervalTrials {
		return stats.Inconclusive, fmt.Sprintf("too few valid trials: %d of %d", c.ValidTrials, c.Trials)
	}
	note := fmt.Sprintf("no interval: judged by the median of %d", m.N)
	if m.Pooled {
		note = "no interval: pooled over " + trials(m.N)
	}
	return answer(r.op.holds(m.Median, limit)), note
}

// Planned is how many trials of each kind a cell was to have.
type Planned struct{ Trials, Proofs int }

// Expect adds an inconclusive verdict for every planned cell that the run has
// not finished, measuring trials and proofs: what is missing cannot have
// passed.
func (r *Report) Expect(s summary.Summary, planned map[string]Planned) {
	for _, cell := range slices.Sorted(maps.Keys(planned)) {
		done := summary.Cell{}
		if i := slices.IndexFunc(s.Cells, func(c summary.Cell) bool { return c.Cell == cell }); i >= 0 {
			done = s.Cells[i]
		}
		r.unfinished(cell, "trials", done.Trials, planned[cell].Trials)
		r.unfinished(cell, "proofs", done.Proofs, planned[cell].Proofs)
	}
	r.Answer = worst(r.Verdicts).String()
}

func (r *Report) unfinished(cell, what string, done, planned int) {
	if done >= planned {
		return
	}
	r.Verdicts = append(r.Verdicts, Verdict{
		Rule: "finished", Cell: cell, Answer: stats.Inconclusive.String(), Value: strconv.Itoa(done),
		Note: fmt.Sprintf("the run is unfinished: %d of %d planned %s", done, planned, what),
	})
}
