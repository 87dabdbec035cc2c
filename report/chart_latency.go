package report

import (
	"math"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// distribution is a setup's write latencies, pooled over its valid trials.
type distribution struct {
	group int
	cell  summary.Cell
	pool  *summary.Pool
}

// distributions are those under light load, or under full load where there was
// no other.
func (r *Report) distributions() []distribution {
	role := results.RoleLight
	if r.full {
		role = results.RoleFull
	}
	var out []distribution
	for gi, g := range r.groups {
		for _, c := range g.cells {
			if p := r.analysis.Writes(c.Cell, role); p != nil && p.Histogram.TotalCount() > 0 {
				out = append(out, distribution{gi, c, p})
			}
		}
	}
	return out
}

// end is the furthest quantile that can be drawn: what failed is in no
// histogram, and later than all that is.
func (d distribution) end() float64 {
	return min(furthest(d.pool.Total()), float64(d.pool.Histogram.TotalCount())/float64(d.pool.Total()))
}

// furthest is the highest quantile that so many samples carry: the 99.9th
// percentile from 5,000 on, the 99th from 1,000, below that what ten samples
// lie beyond.
func furthest(count int64) float64 {
	switch {
	case count >= 5000:
		return 0.999
	case count >= 1000:
		return 0.99
	default:
		return max(0.5, 1-10/float64(count))
	}
}

// tail is HdrHistogram's way to draw quantiles: each nine has the same room.
func tail(q float64) float64 { return -math.Log10(1 - q) }

// spreads draws the percentile curves.
func (r *Report) spreads(ds []distribution) []chart.Chart {
	return byGroup(r, "latency", ds, func(d distribution) int { return d.group }, r.spreadChart)
}

func (r *Report) spreadChart(name, group string, ds []distribution) chart.Chart {
	far := 0.0
	for _, d := range ds {
		far = max(far, furthest(d.pool.Total()))
	}
	drawn := drawnPercentiles(far)
	c := r.base(name, spreadMessage(ds), drawn...)
	if group != "" {
		c.Subtitle = append(c.Subtitle, group)
	}
	c.Subtitle = append(c.Subtitle, r.windowWords())
	var values span
	for i, d := range ds {
		s := quantiles(d)
		s.Name = r.curveName(d.group, d.cell, group != "") + doubtedAny(d.cell, drawn...)
		s.Look.Number = i
		values.add(*s.Points[0].Y)
		values.add(*s.Points[len(s.Points)-1].Y)
		c.Series = append(c.Series, s)
	}
	if far < 0.99 {
		c.Subtitle = append(c.Subtitle, r.endWords())
	}
	if text := failedCurves(ds); text != "" {
		c.Subtitle = append(c.Subtitle, text)
	}
	c.X, c.Y = percentileAxis(far), latencyAxis("write latency", "pooled over trials, no interval", values)
	return c
}

// drawnPercentiles are the customary ones of which curves that end at far have a mark: a
// remark on another weakens nothing that is drawn.
func drawnPercentiles(far float64) []string {
	drawn := []string{figures.WriteP50}
	if far >= 0.9-1e-9 {
		drawn = append(drawn, figures.WriteP90)
	}
	if far >= 0.99-1e-9 {
		drawn = append(drawn, figures.WriteP99)
	}
	return drawn
}

// endWords say why curves end before the 99th percentile, and where one is told.
func (r *Report) endWords() string {
	text := "The curves end where their samples do, before the 99th percentile"
	if pooled(r.summary) {
		text += ", which the table pools"
	}
	return text + "."
}

// spreadMessage is how much longer than the median the slow writes of some setups take, by
// the furthest customary percentile that all of their samples carry. Its ratios are those of
// the table's figures, medians over trials: of the pooled curves they would be others, and
// nobody could find them in the table.
func spreadMessage(ds []distribution) string {
	for _, slow := range []struct {
		q    float64
		of   string
		what string
	}{{0.99, figures.WriteP99, "One write in a hundred"}, {0.9, figures.WriteP90, "One write in ten"}} {
		var ratios span
		known := true
		for _, d := range ds {
			middle, ok := figures.Of(d.cell, figures.WriteP50)
			late, okLate := figures.Of(d.cell, slow.of)
			known = known && d.end() >= slow.q-1e-9 && ok && okLate && middle.Median > 0 && !late.Never()
			ratios.add(late.Median / middle.Median)
		}
		if !known {
			continue
		}
		text := units.Count.Show(ratios.low)
		if high := units.Count.Show(ratios.high); high != text {
			text += " to " + high
		}
		return slow.what + " takes " + text + " times the median or longer (medians over trials)"
	}
	return "How write latency spreads, by number of nodes"
}

func failedCurves(ds []distribution) string {
	for _, d := range ds {
		if d.pool.Failed > 0 {
			return "Writes that failed count as slower than all others: a curve ends where they begin."
		}
	}
	return ""
}

func (r *Report) windowWords() string {
	if r.full {
		return "In a closed loop under full load: waiting in line is part of it."
	}
	return "At a light, fixed rate, counted from the instant each write was due."
}

// quantiles is a curve of so many steps, marked at the customary places.
func quantiles(d distribution) chart.Series {
	s := chart.Series{Form: chart.Line, Named: true}
	end := tail(d.end())
	add := func(x, q float64, plain bool) {
		if v := d.pool.At(100 * q); v != results.Never {
			y := float64(v)
			p := chart.Point{X: x, Y: &y, Plain: plain}
			if !plain {
				p.Of = chart.Origin{Setup: d.cell.Cell, Name: ofPooled + strings.ReplaceAll(percentileLabel(q), ".", "")}
			}
			s.Points = append(s.Points, p)
		}
	}
	const steps = 160
	customary := []float64{0.5, 0.9, 0.99, 0.999}
	for k := 0; k <= steps; k++ {
		x := end * float64(k) / steps
		for len(customary) > 0 && tail(customary[0]) <= x*1.00001 && x > 0 {
			add(tail(customary[0]), customary[0], false)
			customary = customary[1:]
		}
		add(x, 1-math.Pow(10, -x), true)
	}
	return s
}

// percentileAxis begins at the fastest write, the 0th percentile, and ends
// where the samples do, with a tick there. Percentiles of few samples are none
// of the customary ones, so quarters help to read them.
func percentileAxis(far float64) chart.Axis {
	a := chart.Axis{Title: "percentile: so many writes in a hundred are faster", Max: tail(far), Unit: chart.Nines}
	customary := []float64{0, 0.5, 0.9, 0.99, 0.999}
	switch {
	case far < 0.8:
		customary = []float64{0, 0.25, 0.5, 0.75}
	case far < 0.99:
		customary = []float64{0, 0.5, 0.75, 0.9}
	}
	for _, q := range customary {
		if q <= far*1.00001 {
			a.Ticks = append(a.Ticks, chart.Tick{At: tail(q), Label: percentileLabel(q)})
		}
	}
	last := a.Ticks[len(a.Ticks)-1].At
	switch gap := a.Max - last; {
	case gap < 0.005*a.Max:
		return a
	case gap < 0.08*a.Max && len(a.Ticks) > 2:
		// No room for both: the end says more.
		a.Ticks = a.Ticks[:len(a.Ticks)-1]
	}
	a.Ticks = append(a.Ticks, chart.Tick{At: a.Max, Label: percentileLabel(far)})
	return a
}

// percentileLabel never promises more than there is: 96.66 is 96.6.
func percentileLabel(q float64) string {
	return strconv.FormatFloat(math.Floor(q*1000+1e-6)/10, 'f', -1, 64)
}
