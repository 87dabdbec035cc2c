package report

import (
	"math"

	"github.com/raftbench/raftbench/report/chart"
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
	c := r.base(name, "Write latency against offered load")
	if group != "" {
		c.Subtitle = append(c.Subtitle, group)
	}
	var rates, latencies span
	struck := false
	for i, l := range ls {
		pair, behind := loadCurves(l, i)
		for _, s := range pair {
			for _, p := range s.Points {
				rates.add(p.X)
				latencies.add(*p.Y)
			}
		}
		struck = struck || behind
		c.Series = append(c.Series, pair...)
		c.Keys = append(c.Keys, chart.Key{
			Text: r.curveName(l.group, l.cell, group != "") + doubtedCurve(l.cell), Sign: chart.SignInterval, Look: chart.Look{Number: i},
		})
	}
	c.Keys = append(c.Keys,
		chart.Key{Text: "p50", Sign: chart.SignLine, Look: chart.Look{Number: chart.Neutral}},
		chart.Key{Text: "p99", Sign: chart.SignLine, Look: chart.Look{Number: chart.Neutral, Hollow: true, Dashed: true}})
	if struck {
		c.Keys = append(c.Keys, chart.Key{Text: "not carried", Sign: chart.SignStruck})
	}
	c.Y = latencyAxis("write latency", "medians over trials", latencies)
	c.X = chart.Linear(rates.high, units.Rate.Scale(0).Tick)
	if chart.IsWide(rates.low, rates.high) {
		c.X = chart.Close(rates.low, rates.high, units.Rate.Scale(0).Tick)
	}
	c.X.Title = "offered load, writes per second"
	return c
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
		addStep(&p50, step.OfferedOps, step.P50, writeP50, short)
		addStep(&p99, step.OfferedOps, step.P99, writeP99, short)
	}
	for _, s := range []chart.Series{p50, p99} {
		if len(s.Points) > 0 {
			out = append(out, s)
		}
	}
	return out, behind
}

// addStep leaves out what has no place: a percentile that the samples do not
// carry, or that lies among operations that failed.
func addStep(s *chart.Series, rate float64, m *summary.Metric, name string, short bool) {
	if m == nil || !(rate > 0) {
		return
	}
	f, ok := figureOf(name, *m)
	if !ok || f.never() || f.median <= 0 || math.IsInf(rate, 0) {
		return
	}
	s.Points = append(s.Points, chart.Point{X: rate, Y: &f.median, Struck: short})
}

func doubtedCurve(c summary.Cell) string {
	for _, step := range c.Curve {
		for _, m := range []*summary.Metric{step.P50, step.P99} {
			if m != nil && len(m.Doubts) > 0 {
				return dagger
			}
		}
	}
	return ""
}
