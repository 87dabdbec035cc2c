package gate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/strictyaml"
	"github.com/raftbench/raftbench/summary"
)

// Evaluate holds every rule against every cell that it selects. A rule that
// selects none is a mistake of type *strictyaml.Error.
func Evaluate(rules []Rule, s summary.Summary) (Report, error) {
	r := Report{RunID: s.RunID, Verdicts: []Verdict{}, Findings: []Finding{}}
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
		r.find(c)
	}
	r.Answer = worst(r.Verdicts).String()
	return r, nil
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
			File: r.File, Line: r.Line, Column: r.Column, Message: fmt.Sprintf("%q: `where` matches no setup of the run", r.Text),
			Advice: "the run has " + strings.Join(have, ", "),
		}
	}
	return out, nil
}

func (r Rule) matches(c summary.Cell) bool {
	traits := map[string]string{"setup": c.Cell, "cell": c.Cell, "nodes": strconv.Itoa(c.Nodes), "engine": c.Engine, "profile": c.Profile, "load": c.Load}
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
	v := Verdict{Rule: r.Text, Kind: Absolute, Cell: c.Cell, Answer: stats.Inconclusive.String()}
	limit, unknown := r.limit(c)
	if unknown != "" {
		return v.because(Reason{Code: unknown})
	}
	v.Op, v.Limit = string(r.op), &limit
	if r.left.fact {
		return r.fact(v, c, limit)
	}
	m, ok := c.Metrics[r.left.metric]
	if !ok {
		return v.because(missing(c, r.left.metric))
	}
	v.Metric, v.Measured = r.left.metric, &m
	answer, reasons := r.measured(c, m, limit)
	if answer != stats.Inconclusive {
		if moved := r.shaken(c, m, limit); len(moved) > 0 {
			v.Answer = stats.Inconclusive.String()
			return v.because(append(reasons, moved...)...)
		}
	}
	v.Answer = answer.String()
	return v.because(append(reasons, doubts(c, m, r.left.metric)...)...)
}

// shaken are the remarks that take an answer back: what they can have moved the
// value by, all of them one way, would turn it.
func (r Rule) shaken(c summary.Cell, m summary.Metric, limit float64) []Reason {
	var out []Reason
	total := 0.0
	for _, remark := range c.Remarks {
		by, touched := remark.Bounds[r.left.metric]
		if !touched || by != nil && *by == 0 {
			continue
		}
		out = append(out, doubtful(Shaken, remark, by))
		if by == nil {
			return append(out[:0], doubtful(Shaken, remark, nil))
		}
		total += *by
	}
	e := m.Estimate()
	low, high := e.Low, e.High
	if !m.Interval {
		low, high = e.Center, e.Center
	}
	by := total * math.Abs(e.Center)
	if total == 0 || math.IsInf(by, 1) || r.op.holds(low-by, limit) == r.op.holds(high+by, limit) {
		return nil
	}
	return out
}

func (v Verdict) because(reasons ...Reason) Verdict {
	v.Reasons = append(v.Reasons, reasons...)
	return v
}

func (r Rule) limit(c summary.Cell) (limit float64, unknown ReasonCode) {
	if r.right.fact == "" {
		return r.right.value, ""
	}
	limit, unknown = facts[r.right.fact](c)
	return limit + r.right.value, unknown
}

func (r Rule) fact(v Verdict, c summary.Cell, limit float64) Verdict {
	got, unknown := facts[r.left.text](c)
	if unknown != "" {
		return v.because(Reason{Code: unknown})
	}
	v.Fact, v.Answer = &got, answer(r.op.holds(got, limit)).String()
	return v
}

func answer(holds bool) stats.Answer {
	if holds {
		return stats.Pass
	}
	return stats.Fail
}

// missing says why a cell lacks a metric.
func missing(c summary.Cell, metric string) Reason {
	if c.ValidTrials == 0 {
		return Reason{Code: NoneValid, Want: c.Trials}
	}
	for _, far := range []string{"_p99_ns", "_p999_ns"} {
		if base, is := strings.CutSuffix(metric, far); is {
			if _, measured := c.Metrics[base+"_p50_ns"]; measured {
				return Reason{Code: FewOperations}
			}
		}
	}
	return Reason{Code: NotMeasured}
}

// measured judges by the interval. Without one the median decides where the
// run was planned so small, but for a far percentile, which a few slow operations
// decide, and never that of one trial; where trials were lost to invalidity, what
// is left is a selection and decides nothing.
func (r Rule) measured(c summary.Cell, m summary.Metric, limit float64) (stats.Answer, []Reason) {
	e := m.Estimate()
	valid, all := trialsOf(c, r.left.metric)
	var why []Reason
	never := math.IsInf(e.Center, 1)
	if never || m.Interval && math.IsInf(e.High, 1) {
		why = append(why, Reason{Code: NeverAnswered})
	}
	switch {
	case m.N < 2:
		return stats.Inconclusive, append(why, Reason{Code: OneTrial, Got: m.N})
	case valid < all && valid < stats.IntervalTrials:
		return stats.Inconclusive, append(why, Reason{Code: FewValid, Got: valid, Want: all})
	case m.Interval && r.op.holds(e.Low, limit) != r.op.holds(e.High, limit):
		return stats.Inconclusive, append(why, Reason{Code: WithinInterval})
	case m.Interval:
		return answer(r.op.holds(e.Low, limit)), why
	case m.Pooled:
		return stats.Inconclusive, append(why, Reason{Code: ByPool, Got: m.N})
	case farOut(r.left.metric) && !never:
		return stats.Inconclusive, append(why, Reason{Code: ByMedian, Got: m.N})
	}
	return answer(r.op.holds(e.Center, limit)), append(why, Reason{Code: ByMedian, Got: m.N})
}

// farOut tells whether a metric is a percentile that few operations decide.
func farOut(metric string) bool {
	return strings.HasSuffix(metric, "_p99_ns") || strings.HasSuffix(metric, "_p999_ns") || strings.HasSuffix(metric, "_max_ns")
}

// trialsOf are the trials that a metric is taken from: how many are valid, of
// how many.
func trialsOf(c summary.Cell, metric string) (valid, all int) {
	if summary.Proven(metric) {
		return c.ValidProofs, c.Proofs
	}
	return c.ValidTrials, c.Trials
}

// doubts are the remarks that weaken the number.
func doubts(c summary.Cell, m summary.Metric, metric string) []Reason {
	var out []Reason
	for _, i := range m.Doubts {
		out = append(out, doubtful(Doubtful, c.Remarks[i], c.Remarks[i].Bounds[metric]))
	}
	return out
}

func doubtful(code ReasonCode, remark summary.Remark, by *float64) Reason {
	return Reason{Code: code, Remark: remark.Code, By: by, Worst: &remark.Worst}
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
		r.unfinished(cell, UnfinishedTrials, done.Trials, planned[cell].Trials)
		r.unfinished(cell, UnfinishedProofs, done.Proofs, planned[cell].Proofs)
	}
	r.Answer = worst(r.Verdicts).String()
}

func (r *Report) unfinished(cell string, code ReasonCode, done, planned int) {
	if done < planned {
		v := Verdict{Rule: "finished", Kind: Finished, Cell: cell, Answer: stats.Inconclusive.String()}
		r.Verdicts = append(r.Verdicts, v.because(Reason{Code: code, Got: done, Want: planned}))
	}
}
