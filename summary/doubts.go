package summary

import (
	"math"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// moves are by how much the remarks that are told as one can have moved each
// trial's value of each metric.
type moves map[string]map[*results.Trial]float64

// add takes one trial's remark in.
func (m moves) add(r results.Remark, t *results.Trial, value func(metric string) float64) {
	for _, touch := range touches(r, t) {
		for _, metric := range touch.metrics {
			if m[metric] == nil {
				m[metric] = map[*results.Trial]float64{}
			}
			m[metric][t] += touch.by(value(metric))
		}
	}
}

// bounds are by which share of a cell's metrics they can have moved these at
// most.
func (m moves) bounds(metrics map[string]Metric, o observations) map[string]*float64 {
	out := map[string]*float64{}
	for metric, by := range m {
		if have, there := metrics[metric]; there {
			out[metric] = number(bound(o[metric], by, have))
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// bound is how far the median moves, as a share of it, when each value that was
// touched moves by as much as it can: all of them up, or all of them down. A few
// trials that may be wrong by anything so leave a bound that the others give.
func bound(values []observation, by map[*results.Trial]float64, m Metric) float64 {
	center := value(m.Median)
	if len(values) == 0 || m.Pooled { // of no trial's own
		most := 0.0
		for _, v := range by {
			most = max(most, v)
		}
		return shareOf(most, center)
	}
	var low, high stats.Sample
	for _, o := range values {
		low = append(low, down(o.value, by[o.trial]))
		high = append(high, o.value+by[o.trial])
	}
	return max(shareOf(distance(middle(low), center), center), shareOf(distance(center, middle(high)), center))
}

// down is v less by; nobody knows how little it is where by is not known.
func down(v, by float64) float64 {
	if math.IsInf(by, 1) {
		return math.Inf(-1)
	}
	return v - by
}

// middle is the median of values that may be infinite either way.
func middle(s stats.Sample) float64 {
	slices.Sort(s)
	a, b := s[(len(s)-1)/2], s[len(s)/2]
	if a == b {
		return a
	}
	return a/2 + b/2
}

// distance is 0 between equal values, also where both are infinite.
func distance(from, to float64) float64 {
	if from == to {
		return 0
	}
	return math.Abs(to - from)
}

// shareOf is +Inf where there is no share to speak of.
func shareOf(by, whole float64) float64 {
	switch {
	case by == 0:
		return 0
	case whole == 0 || math.IsInf(whole, 0) || math.IsNaN(by):
		return math.Inf(1)
	}
	return by / math.Abs(whole)
}

// tolerated stands for a third of the interval where there is none: what the
// halves of one window may differ by without being remarked.
const tolerated = stats.SteadyChange

// doubt writes to each metric which remarks weaken it: those that can have
// moved it by more than a third of its interval's width, so that the interval
// no longer says where the truth is.
func doubt(c *Cell) {
	for name, m := range c.Metrics {
		m.Doubts = nil
		for i, r := range c.Remarks {
			if b, touched := r.Bounds[name]; touched && (b == nil || *b > m.negligible()) {
				m.Doubts = append(m.Doubts, i)
			}
		}
		c.Metrics[name] = m
	}
}

// negligible is the share of the median up to which a remark does not matter.
func (m Metric) negligible() float64 {
	if !m.Interval {
		return tolerated
	}
	i := m.Estimate()
	if math.IsInf(i.High, 1) {
		return math.Inf(1) // where the truth is, is said to be anywhere
	}
	return shareOf(i.High-i.Low, i.Center) / 3
}
