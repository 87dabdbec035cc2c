package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// ladder is a setup's latency against offered load.
type ladder struct {
	group int
	cell  summary.Cell
}

// loads draws latency against offered load of the setups that were swept or
// searched for their capacity.
func (r *Report) loads() []chart.Chart {
	var ls []ladder
	for gi, g := range r.groups {
		for _, c := range g.cells {
			if len(c.Curve) > 1 {
				ls = append(ls, ladder{gi, c})
			}
		}
	}
	return byGroup(r, "curve", ls, func(l ladder) int { return l.group }, r.loadChart)
}

func (r *Report) loadChart(name, group string, ls []ladder) chart.Chart {
	c := r.base(name, r.loadMessage(ls, group != ""))
	if group != "" {
		c.Subtitle = append(c.Subtitle, group)
	}
	struck := false
	for i, l := range ls {
		curves, behind := loadCurves(l, i)
		struck = struck || behind
		c.Series = append(c.Series, curves...)
		c.Keys = append(c.Keys, chart.Key{
			Text: r.curveName(l.group, l.cell, group != "") + doubtedCurve(l.cell), Sign: chart.SignInterval, Look: chart.Look{Number: i},
		})
	}
	c.Keys = append(c.Keys, loadKeys(struck)...)
	if len(struckKeys(c.Series)) > 0 {
		c.Subtitle = append(c.Subtitle, "A cross at the top: so many writes failed that this percentile was never answered.")
	}
	c.X, c.Y = loadAxes(c.Series)
	return c
}

// loadMessage is the highest load that each setup carried, or how latency rises where
// nobody judged that.
func (r *Report) loadMessage(ls []ladder, alone bool) string {
	const most = 5
	var carried []string
	for _, l := range ls {
		highest := 0.0
		for _, step := range l.cell.Curve {
			if step.Held != nil && *step.Held {
				highest = max(highest, step.OfferedOps)
			}
		}
		if highest > 0 && units.Finite(highest) {
			carried = append(carried, r.curveName(l.group, l.cell, alone)+" "+wording.Rate(highest))
		}
	}
	if len(carried) == len(ls) && len(ls) <= most {
		return "The highest load carried: " + strings.Join(carried, ", ")
	}
	last := ls[len(ls)-1]
	from, to := last.cell.Curve[0], last.cell.Curve[len(last.cell.Curve)-1]
	if from.P50 == nil || to.P50 == nil || from.P50.Median == nil || to.P50.Median == nil || !units.Finite(to.OfferedOps) {
		return "Write latency against offered load"
	}
	return fmt.Sprintf("From %s to %s offered, the p50 of %s goes from %s to %s", wording.Rate(from.OfferedOps), wording.Rate(to.OfferedOps),
		r.curveName(last.group, last.cell, alone), wording.Duration(*from.P50.Median), wording.Duration(*to.P50.Median))
}

// loadKeys explain the lines and, where there are any, the struck marks.
func loadKeys(struck bool) []chart.Key {
	keys := []chart.Key{
		{Text: "p50", Sign: chart.SignLine, Look: chart.Look{Number: chart.Neutral}},
		{Text: "p99", Sign: chart.SignLine, Look: chart.Look{Number: chart.Neutral, Hollow: true, Dashed: true}},
	}
	if struck {
		keys = append(keys, chart.Key{Text: notCarried, Sign: chart.SignStruck})
	}
	return keys
}

// loadAxes hold all points of some curves.
func loadAxes(series []chart.Series) (x, y chart.Axis) {
	var rates, latencies span
	for _, s := range series {
		for _, p := range s.Points {
			rates.add(p.X)
			if p.Y != nil {
				latencies.add(*p.Y)
			}
		}
	}
	tick := units.Rate.Scale(rates.high).Tick
	x = chart.Linear(rates.high, tick)
	if chart.IsWide(rates.low, rates.high) {
		x = chart.Close(rates.low, rates.high, tick)
	}
	x.Title, x.Unit = "offered load, writes per second", chart.PerSecond
	return x, latencyAxis("write latency", "medians over trials", latencies)
}

// loadCurves are a setup's p50 and, where the samples carry one, its p99;
// behind tells whether it failed to carry any of the loads.
func loadCurves(l ladder, i int) (out []chart.Series, behind bool) {
	name := units.Plural(l.cell.Nodes, "node")
	p50 := chart.Series{Name: name + ", p50", Form: chart.Line, Look: chart.Look{Number: i}}
	p99 := chart.Series{Name: name + ", p99", Form: chart.Line, Look: chart.Look{Number: i, Hollow: true, Dashed: true}}
	for _, step := range l.cell.Curve {
		short := step.Held != nil && !*step.Held
		behind = behind || short
		of := chart.Origin{Setup: l.cell.Cell, Name: ofTrials}
		addStep(&p50, step.OfferedOps, step.P50, figures.WriteP50, short, of)
		addStep(&p99, step.OfferedOps, step.P99, figures.WriteP99, short, of)
	}
	for _, s := range []chart.Series{p50, p99} {
		if len(s.Points) > 0 {
			out = append(out, s)
		}
	}
	return out, behind
}

// addStep leaves out what has no place: a percentile that the samples do not
// carry. One that lies among operations that failed stands above all others.
func addStep(s *chart.Series, rate float64, m *summary.Metric, name string, short bool, of chart.Origin) {
	if m == nil || !(rate > 0) {
		return
	}
	f, ok := figures.Read(name, *m)
	switch {
	case !ok || f.Median <= 0 || math.IsInf(rate, 0):
	case f.Never():
		s.Points = append(s.Points, chart.Point{X: rate, Missing: figures.NeverAnswered, Beyond: true, Of: of})
	default:
		s.Points = append(s.Points, chart.Point{X: rate, Y: &f.Median, Struck: short, Of: of})
	}
}

func doubtedCurve(c summary.Cell) string {
	for _, step := range c.Curve {
		for _, m := range []*summary.Metric{step.P50, step.P99} {
			if m != nil && len(m.Doubts) > 0 {
				return figures.Dagger
			}
		}
	}
	return ""
}
