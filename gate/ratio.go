package gate

import (
	"math"

	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// within judges the ratio of a metric of two cells that lived in the same blocks.
func (e evaluation) within(t task) Verdict {
	metric, limit := t.rule.left.metric, t.rule.right.value
	v := t.rule.verdict(t.cell)
	v.Limit, v.Metric = &limit, metric
	v.Ratio = &Ratio{From: t.from.Cell, To: t.cell.Cell}
	for _, c := range []summary.Cell{t.cell, *t.from} {
		if _, there := c.Metrics[metric]; !there {
			return v.because(missing(c, metric))
		}
	}
	m, base := t.cell.Metrics[metric], t.from.Metrics[metric]
	v.Measured = &m
	r := e.Run.Ratio(metric, t.from.Cell, t.cell.Cell)
	switch {
	case m.Pooled || base.Pooled:
		return v.because(Reason{Code: FewOperations})
	case math.IsInf(m.Estimate().Center, 1) && math.IsInf(base.Estimate().Center, 1):
		return v.because(Reason{Code: NoRatio})
	case len(r.Pairs) == 0:
		return v.because(Reason{Code: FewBlocks, Want: stats.IntervalTrials})
	}
	compared, err := stats.ComparePairs(r.Pairs, stats.Confidence)
	if err != nil { // values below 0, of which there are none
		return v.because(Reason{Code: NoRatio})
	}
	v.Through, v.Floor = r.Through, e.floorOf(t.rule, metric)
	v.set(t.rule, compared.Ratio, e.firstStep(r.Pairs), len(r.Pairs))
	if !compared.Ratio.Bounded() {
		return v.because(Reason{Code: FewBlocks, Got: len(r.Pairs), Want: stats.IntervalTrials})
	}
	if r.Selected() {
		return v.because(Reason{Code: OneSided, Got: max(r.FromAlone, r.ToAlone), Want: r.FromAlone + r.ToAlone + len(r.Pairs)})
	}
	p := stats.PairsAgainst(r.Pairs, nearest(limit, v.unsure(), compared.Ratio.Center))
	v.P = &p
	return e.decided(v, t.rule, compared.Ratio, r)
}

// set the figures of a ratio: its interval, and one that is as wide as it must be for
// a failure among all that is asked.
func (v *Verdict) set(rule Rule, i, fails stats.Interval, n int) {
	r := v.Ratio
	r.N, r.Ratio, r.Interval = n, finite(i.Center), i.Bounded()
	if r.Interval {
		r.CILow, r.CIHigh = finite(i.Low), finite(i.High)
	}
	if fails.Bounded() {
		r.SeesFrom = finite(rule.seesFrom((1+fails.HalfWidth())*v.unsure() - 1))
	}
}

// firstStep is a ratio's interval at the level that a single failure has to reach:
// the first step of Holm's correction. It has no bounds where there are too few pairs
// for any to reach that.
func (e evaluation) firstStep(pairs []stats.Pair) stats.Interval {
	compared, err := stats.ComparePairs(pairs, e.confidence())
	if err != nil {
		return stats.Unbounded(1, len(pairs))
	}
	return compared.Ratio
}

// confidence of that step.
func (e evaluation) confidence() float64 {
	return 1 - stats.Alpha/(float64(max(1, e.questions))*math.Ldexp(1, max(1, e.Looks)-1))
}

// finite is v for a file: null where it is above every number.
func finite(v float64) *float64 {
	if math.IsInf(v, 1) {
		return nil
	}
	return &v
}

// decided is the answer that a ratio's interval gives, unless remarks can have
// turned it, or measuring side by side on this class of host can have moved it over
// the limit.
func (e evaluation) decided(v Verdict, rule Rule, i stats.Interval, r summary.Ratio) Verdict {
	by := v.unsure()
	switch {
	case rule.turns(i, *v.Limit, 1):
		return v.because(Reason{Code: WithinInterval})
	case rule.turns(i, *v.Limit, by):
		return v.because(Reason{Code: BelowFloor})
	}
	if moved := rule.turnedBy(i, *v.Limit, by, r); len(moved) > 0 {
		return v.because(moved...)
	}
	v.Answer = answer(rule.op.holds(i.Low, *v.Limit)).String()
	return v
}

// unsure is the factor by which the floor widens a ratio's interval, at both ends: so
// far two arms of one build may lie apart, one way or the other. It is 1 where no
// floor is known.
func (v Verdict) unsure() float64 {
	if v.Floor == nil {
		return 1
	}
	return 1 + *v.Floor
}

// turns tells that the rule holds at one end of an interval, widened by a factor, and
// not at the other.
func (r Rule) turns(i stats.Interval, limit, by float64) bool {
	return r.op.holds(i.Low/by, limit) != r.op.holds(i.High*by, limit)
}

// nearest is the ratio nearest to what was measured that the limit may stand for,
// where the floor makes ratios unsure by a factor. At that one a rule that fails is
// tested.
func nearest(limit, by, measured float64) float64 {
	if measured > limit {
		return min(measured, limit*by)
	}
	return max(measured, limit/by)
}

// floorOf a rule's metric. Two arms of one build tell how well arms are told apart,
// and nothing of clusters that differ by more, such as in size.
func (e evaluation) floorOf(rule Rule, metric string) *float64 {
	if e.Floor == nil || rule.Kind() != Relative {
		return nil
	}
	if floor, known := e.Floor(metric); known {
		return &floor
	}
	return nil
}

// turnedBy are the remarks that would turn the answer, had they moved each block's
// ratio as far as they can. What was remarked of both cells in one block moved both
// (see summary.RatioDoubt), and is none of them.
func (r Rule) turnedBy(i stats.Interval, limit, by float64, of summary.Ratio) []Reason {
	if len(of.Doubts) == 0 {
		return nil
	}
	low, high := ends(of.Low, of.High)
	if !r.turns(stats.Interval{Low: min(i.Low, low.Low), High: max(i.High, high.High)}, limit, by) {
		return nil
	}
	var out []Reason
	for _, d := range of.Doubts {
		down, up := ends(d.Low, d.High)
		by := math.Expm1(max(moved(down.Center, i.Center), moved(i.Center, up.Center)))
		if by > 0 {
			out = append(out, Reason{Code: Shaken, Remark: d.Remark.Code, By: finite(by), Worst: &d.Remark})
		}
	}
	return out
}

// ends are the intervals of pairs that were moved down, and up.
func ends(low, high []stats.Pair) (down, up stats.Interval) {
	// Pairs of values that are at least 0, of which there are some, have a ratio.
	a, _ := stats.ComparePairs(low, stats.Confidence)
	b, _ := stats.ComparePairs(high, stats.Confidence)
	return a.Ratio, b.Ratio
}

// moved is how far a ratio went, on logarithms.
func moved(from, to float64) float64 {
	if from == to {
		return 0
	}
	return math.Log(to / from)
}
