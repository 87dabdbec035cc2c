package report

import (
	"fmt"
	"math"
	"strconv"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// distribution is a cell's latencies, pooled over its valid trials.
type distribution struct {
	group int
	cell  summary.Cell
	h     *hdrhistogram.Histogram
}

// pool merges the histograms of each cell's valid trials: those of the calm
// window, or of the closed loop where no trial was calm. The name of the
// window comes with them.
func pool(run *results.Run, gs []group) ([]distribution, string, error) {
	for _, window := range []string{results.WindowCalm, results.WindowSaturate} {
		var out []distribution
		for gi, g := range gs {
			for _, c := range g.cells {
				h, err := poolCell(run, c.Cell, window+".latency")
				if err != nil {
					return nil, "", err
				}
				if h != nil && h.TotalCount() > 0 {
					out = append(out, distribution{gi, c, h})
				}
			}
		}
		if len(out) > 0 {
			return out, window, nil
		}
	}
	return nil, "", nil
}

func poolCell(run *results.Run, cell, name string) (*hdrhistogram.Histogram, error) {
	var all *hdrhistogram.Histogram
	for _, t := range run.Latest() {
		if t.Cell != cell || !t.Valid || t.Kind != results.Measure {
			continue
		}
		hs, err := run.Histograms(t.Cell, t.Trial)
		if err != nil {
			return nil, err
		}
		for _, h := range hs {
			if h.Name != name {
				continue
			}
			if all == nil {
				all = h.Histogram
				continue
			}
			// Into the wider of the two, so that nothing is dropped.
			if all.HighestTrackableValue() < h.Histogram.HighestTrackableValue() {
				all, h.Histogram = h.Histogram, all
			}
			if lost := all.Merge(h.Histogram); lost > 0 {
				return nil, fmt.Errorf("pool the latencies of %s: %d are beyond the histogram's range of %s",
					cell, lost, duration(float64(all.HighestTrackableValue())))
			}
		}
	}
	return all, nil
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

// crowd is how many curves one chart holds before it is one chart a group.
const crowd = 8

// latencies draws the percentile curves, in one chart where they are few and
// in one for each group otherwise.
func latencies(sub subject, ds []distribution, window string) []chart {
	if len(ds) <= crowd {
		if c, ok := latencyChart(sub, ds, window, "latency", ""); ok {
			return []chart{c}
		}
		return nil
	}
	var out []chart
	for gi, g := range sub.groups {
		var own []distribution
		for _, d := range ds {
			if d.group == gi {
				own = append(own, d)
			}
		}
		if c, ok := latencyChart(sub, own, window, numbered("latency", len(out)), g.name); ok {
			out = append(out, c)
		}
	}
	return out
}

// numbered names the first chart of a kind plainly and counts the others.
func numbered(name string, before int) string {
	if before == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, before+1)
}

func latencyChart(sub subject, ds []distribution, window, name, group string) (chart, bool) {
	if len(ds) == 0 {
		return chart{}, false
	}
	f := sub.frame("How write latency spreads, by number of nodes")
	f.subtitle = []string{windowWords(window)}
	if group != "" {
		f.subtitle = append([]string{group}, f.subtitle...)
	}
	f.xTitle = "percentile: so many writes in a hundred are faster"
	var curves []curve
	far, lowest, highest := 0.0, math.Inf(1), 0.0
	for i, d := range ds {
		c := quantiles(d, i, group == "" && len(sub.groups) > 1, sub)
		curves = append(curves, c)
		far = max(far, furthest(d.h.TotalCount()))
		lowest, highest = min(lowest, c.points[0][1]), max(highest, c.points[len(c.points)-1][1])
	}
	if far < 0.99 {
		f.subtitle = append(f.subtitle, "Too few writes for a 99th percentile: each curve ends where its samples do.")
	}
	y, unit := latencyAxis(lowest, highest)
	f.yTitle = "write latency," + unit + " (pooled over trials, no interval)"
	f.right = endRoom(curves)
	s, fd := f.draft(percentileAxis(far), y)
	s.curves(fd, curves)
	return chart{name, f.title, s}, true
}

func windowWords(window string) string {
	if window == results.WindowCalm {
		return "At a light, fixed rate, counted from the instant each write was due."
	}
	return "In a closed loop under full load: waiting in line is part of it."
}

// percentileAxis begins at the fastest write, the 0th percentile, and ends
// where the samples do, with a tick there. Percentiles of few samples are none
// of the customary ones, so quarters help to read them.
func percentileAxis(far float64) axis {
	a := axis{max: tail(far)}
	customary := []float64{0, 0.5, 0.9, 0.99, 0.999}
	switch {
	case far < 0.8:
		customary = []float64{0, 0.25, 0.5, 0.75}
	case far < 0.99:
		customary = []float64{0, 0.5, 0.75, 0.9}
	}
	for _, q := range customary {
		if q <= far*1.00001 {
			a.ticks = append(a.ticks, tick{tail(q), percentileLabel(q)})
		}
	}
	last := a.ticks[len(a.ticks)-1].at
	switch gap := a.max - last; {
	case gap < 0.005*a.max:
		return a
	case gap < 0.08*a.max && len(a.ticks) > 2:
		// No room for both: the end says more.
		a.ticks = a.ticks[:len(a.ticks)-1]
	}
	a.ticks = append(a.ticks, tick{a.max, percentileLabel(far)})
	return a
}

// percentileLabel never promises more than there is: 96.66 is 96.6.
func percentileLabel(q float64) string {
	return strconv.FormatFloat(math.Floor(q*1000+1e-6)/10, 'f', -1, 64)
}

func quantiles(d distribution, i int, named bool, sub subject) curve {
	c := curve{name: plural(d.cell.Nodes, "node") + mark(d.cell), color: hue(i), form: form(i)}
	if named {
		c.name = cellName(sub.groups[d.group], d.cell) + mark(d.cell)
	}
	end := tail(furthest(d.h.TotalCount()))
	const steps = 160
	for k := 0; k <= steps; k++ {
		x := end * float64(k) / steps
		q := 1 - math.Pow(10, -x)
		c.points = append(c.points, [2]float64{x, float64(d.h.ValueAtQuantile(q * 100))})
	}
	for _, q := range []float64{0.5, 0.9, 0.99, 0.999} {
		if tail(q) <= end*1.00001 {
			c.marks = append(c.marks, [2]float64{tail(q), float64(d.h.ValueAtQuantile(q * 100))})
		}
	}
	return c
}
