package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// Baseline is another run, not made side by side with the one that is judged: what
// the host did between them is part of every ratio of theirs. So these rest on how
// far repeated runs of one build lie apart, and without that nothing is decided.
type Baseline struct {
	Run    summary.Analysis
	Spread *summary.Spread // nil: unknown
	// unlike is why the two cannot be held against each other.
	unlike []Reason
	// barred is that of single cells, by their names in the baseline.
	barred map[string][]Reason
}

// NewBaseline reads a run that another is to be held against. Its errors are of
// type *results.Error.
func NewBaseline(before, run *results.Run, spread *summary.Spread) (*Baseline, error) {
	old, err := summary.SideOf(before)
	if err != nil {
		return nil, err
	}
	latest, err := summary.SideOf(run)
	if err != nil {
		return nil, err
	}
	b := &Baseline{Run: old.Analysis, barred: map[string][]Reason{}}
	if found := Found(old.Summary); found.Unsafe || found.Stuck {
		b.unlike = append(b.unlike, Reason{Code: BaselineUnsafe})
	}
	for _, bar := range summary.Bars(old, latest) {
		for _, cell := range bar.Cells { // what bars all is the host's class
			b.barred[cell] = append(b.barred[cell], Reason{Code: OtherNetwork, Contrast: &bar})
		}
	}
	if was, is := summary.HostOf(before.Environment), summary.HostOf(run.Environment); was != is {
		b.unlike = append(b.unlike, Reason{Code: OtherHost, Old: hostText(was), New: hostText(is)})
	}
	if summary.Fingerprint(before.Experiment) != summary.Fingerprint(run.Experiment) {
		b.unlike = append(b.unlike, Reason{Code: OtherExperiment})
	}
	if spread != nil && spread.Fits(before, run) {
		b.Spread = spread
	}
	return b, nil
}

// Expect notes what the baseline has not finished: what is left of an interrupted run
// is no measure for another.
func (b *Baseline) Expect(planned map[string]Planned) {
	r := Report{}
	r.Expect(b.Run.Summary, planned)
	for _, v := range r.Verdicts {
		b.barred[v.Cell] = append(b.barred[v.Cell], Reason{Code: BaselineUnfinished})
	}
}

func hostText(h summary.Host) string {
	return strings.Join([]string{h.OS + "/" + h.Arch, h.CPUModel, fmt.Sprintf("%d cores", h.Cores), h.Filesystem}, ", ")
}

// against judges the ratio of a metric to that of the baseline's cell of one name.
func (e evaluation) against(t task) Verdict {
	metric, limit := t.rule.left.metric, t.rule.right.value
	v := t.rule.verdict(t.cell)
	v.Limit, v.Metric = &limit, metric
	v.Ratio = &Ratio{From: t.cell.Cell, To: t.cell.Cell, Baseline: e.Baseline.Run.Summary.RunID}
	m, there := t.cell.Metrics[metric]
	if !there {
		return v.because(missing(t.cell, metric))
	}
	v.Measured = &m
	old, reasons := e.Baseline.cell(t.cell)
	if len(reasons) > 0 {
		return v.because(reasons...)
	}
	base, there := old.Metrics[metric]
	if !there {
		reason := missing(old, metric)
		if reason.Code == NoneValid {
			reason.Code = BaselineNotValid
		}
		return v.because(reason)
	}
	if math.IsInf(m.Estimate().Center, 1) && math.IsInf(base.Estimate().Center, 1) {
		return v.because(Reason{Code: NoRatio})
	}
	if n := max(groupsOf(t.cell, metric), groupsOf(old, metric)); n > 1 {
		return v.because(Reason{Code: OfOneGroup, Got: n})
	}
	for _, c := range []summary.Cell{t.cell, old} {
		if valid, all := trialsOf(c, metric); valid < all && valid < stats.IntervalTrials {
			return v.because(Reason{Code: FewValid, Got: valid, Want: all})
		}
	}
	if min(m.N, base.N) < 2 {
		return v.because(Reason{Code: OneTrial, Got: min(m.N, base.N)})
	}
	return e.apart(v, t, old, m.Pooled)
}

// apart judges by the spread between runs.
func (e evaluation) apart(v Verdict, t task, old summary.Cell, pooled bool) Verdict {
	metric, b := t.rule.left.metric, e.Baseline
	// Both are there: the cells have the metric.
	was, _ := b.Run.RunValue(old.Cell, metric)
	is, _ := e.Run.RunValue(t.cell.Cell, metric)
	none := stats.Unbounded(stats.Ratio(was.Center, is.Center), 0)
	v.set(t.rule, none, none, 0)
	if b.Spread == nil {
		return v.because(Reason{Code: SpreadUnknown})
	}
	spread, ok := b.Spread.Of(t.cell.Cell, metric, pooled)
	if !ok || old.Metrics[metric].Pooled != pooled {
		return v.because(Reason{Code: NotRepeated})
	}
	pair := stats.RunPair{A: was, B: is, Spread: spread}
	p, interval, err := stats.RunsAgainst(pair, *v.Limit)
	if err != nil {
		return v.because(Reason{Code: NoRatio})
	}
	fails, err := stats.RunsInterval(pair, e.confidence())
	if err != nil {
		return v.because(Reason{Code: NoRatio})
	}
	v.set(t.rule, interval, fails, spread.Runs)
	v.P = &p
	keeps := t.rule.op.holds(interval.Low, *v.Limit)
	if keeps != t.rule.op.holds(interval.High, *v.Limit) {
		return v.because(Reason{Code: WithinInterval})
	}
	if moved := t.rule.turnedApart(interval, *v.Limit, old, t.cell); len(moved) > 0 {
		return v.because(moved...)
	}
	v.Answer = answer(keeps).String()
	return v
}

// turnedApart are the remarks on either run that would turn the answer: nothing
// that was remarked was shared.
func (r Rule) turnedApart(i stats.Interval, limit float64, cells ...summary.Cell) []Reason {
	var all []Reason
	factor := 1.0
	for _, c := range cells {
		reasons, by := weights(c, r.left.metric, everything)
		all, factor = append(all, reasons...), factor*(1+by)
	}
	if len(all) == 0 || !math.IsInf(factor, 1) && r.op.holds(i.Low/factor, limit) == r.op.holds(i.High*factor, limit) {
		return nil
	}
	return all
}

// cell of the baseline that is the same setup, or why there is none.
func (b *Baseline) cell(c summary.Cell) (summary.Cell, []Reason) {
	cells := b.Run.Summary.Cells
	i := slices.IndexFunc(cells, func(o summary.Cell) bool { return o.Cell == c.Cell })
	if i >= 0 {
		return cells[i], slices.CompactFunc(slices.Concat(b.unlike, b.barred[c.Cell]), func(x, y Reason) bool { return x == y })
	}
	other := slices.IndexFunc(cells, func(o summary.Cell) bool { return o.Profile != c.Profile && alike(o, c, []string{"profile"}) })
	if other >= 0 {
		return summary.Cell{}, append([]Reason{{Code: OtherProfile, Old: cells[other].Profile, New: c.Profile}}, b.unlike...)
	}
	return summary.Cell{}, append([]Reason{{Code: NotInBaseline}}, b.unlike...)
}
