package report

import (
	"image/color"
	"math"

	"github.com/raftbench/raftbench/summary"
)

// ladder is a cell's latency against offered load.
type ladder struct {
	group int
	cell  summary.Cell
}

// ladders finds the cells that were swept or searched for their capacity.
func ladders(gs []group) []ladder {
	var out []ladder
	for gi, g := range gs {
		for _, c := range g.cells {
			if len(c.Curve) > 1 {
				out = append(out, ladder{gi, c})
			}
		}
	}
	return out
}

// loads draws latency against offered load, in one chart where the cells are
// few and in one for each group otherwise.
func loads(sub subject) []chart {
	ls := ladders(sub.groups)
	if len(ls) == 0 {
		return nil
	}
	if len(ls) <= crowd {
		return []chart{loadChart(sub, ls, "curve", "")}
	}
	var out []chart
	for gi, g := range sub.groups {
		var own []ladder
		for _, l := range ls {
			if l.group == gi {
				own = append(own, l)
			}
		}
		if len(own) > 0 {
			out = append(out, loadChart(sub, own, numbered("curve", len(out)), g.name))
		}
	}
	return out
}

func loadChart(sub subject, ls []ladder, name, group string) chart {
	f := sub.frame("Write latency against offered load")
	if group != "" {
		f.subtitle = append(f.subtitle, group)
	}
	f.xTitle = "offered load, writes per second"
	var curves []curve
	rates, latencies := reachOf{math.Inf(1), 0}, reachOf{math.Inf(1), 0}
	crossed := false
	for i, l := range ls {
		pair, short := loadCurves(l, i)
		for _, c := range pair {
			for _, p := range c.points {
				rates.add(p[0])
				latencies.add(p[1])
			}
		}
		crossed = crossed || short
		curves = append(curves, pair...)
		f.keys = append(f.keys, key{text: ladderName(sub, l, group == ""), color: hue(i), form: form(i)})
	}
	f.keys = append(f.keys, percentileLines...)
	if crossed {
		f.keys = append(f.keys, key{text: "not carried", color: dark, crossed: true})
	}
	y, unit := latencyAxis(latencies.low, latencies.high)
	f.yTitle = "write latency," + unit + " (medians over trials)"
	x := linear(rates.high, rateLabel)
	if rates.high/rates.low > wide {
		x = logarithmic(rates.low, rates.high, rateLabel)
	}
	s, fd := f.draft(x, y)
	s.curves(fd, curves)
	return chart{name, f.title, s}
}

var percentileLines = []key{
	{text: "p50", color: grey, form: form(0), line: true},
	{text: "p99", color: grey, form: form(0), line: true, hollow: true, dashes: dashed},
}

var dashed = []float64{9, 6}

func ladderName(sub subject, l ladder, named bool) string {
	if named && len(sub.groups) > 1 {
		return cellName(sub.groups[l.group], l.cell) + mark(l.cell)
	}
	return plural(l.cell.Nodes, "node") + mark(l.cell)
}

// reachOf is from where to where values go.
type reachOf struct{ low, high float64 }

func (r *reachOf) add(v float64) { r.low, r.high = min(r.low, v), max(r.high, v) }

// loadCurves are a cell's p50 and, where the samples carry one, its p99;
// short tells whether the cluster fell behind at any load.
func loadCurves(l ladder, i int) (curves []curve, short bool) {
	p50 := curve{color: hue(i), form: form(i)}
	p99 := curve{color: hue(i), form: form(i), dashes: dashed, hollow: true}
	for _, step := range l.cell.Curve {
		behind := fellShort(step)
		short = short || behind
		p50.step(step.OfferedOps, step.P50, behind)
		p99.step(step.OfferedOps, step.P99, behind)
	}
	for _, c := range []curve{p50, p99} {
		if len(c.points) > 0 {
			curves = append(curves, c)
		}
	}
	return curves, short
}

// fellShort: the load was not carried by every trial that tried it; in
// records that do not say, under 99 % of what was offered was done.
func fellShort(p summary.CurvePoint) bool {
	if p.Held != nil {
		return !*p.Held
	}
	return p.Throughput != nil && p.Throughput.Median < 0.99*p.OfferedOps
}

func (c *curve) step(rate float64, m *summary.Metric, behind bool) {
	if m == nil || !finite(m.Median) || m.Median <= 0 || rate <= 0 {
		return
	}
	at := [2]float64{rate, m.Median}
	c.points, c.marks = append(c.points, at), append(c.marks, at)
	if behind {
		c.crosses = append(c.crosses, at)
	}
}

// cross strikes a place out.
func (s *scene) cross(c color.Color, x, y, arm float64) {
	s.line(c, 2.4, nil, [2]float64{x - arm, y - arm}, [2]float64{x + arm, y + arm})
	s.line(c, 2.4, nil, [2]float64{x - arm, y + arm}, [2]float64{x + arm, y - arm})
}
