package report

import (
	"fmt"
	"math"

	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// difference of a metric from one setup to another, as the summary decided it;
// nothing is decided here. Its bounds are those of its interval.
type difference struct {
	summary.Difference
	ratio, low, high float64
	interval         bool
}

type pairOf struct{ metric, from, to string }

func index(ds []summary.Difference) map[pairOf]summary.Difference {
	out := make(map[pairOf]summary.Difference, len(ds))
	for _, d := range ds {
		out[pairOf{d.Metric, d.From, d.To}] = d
	}
	return out
}

// differenceIn finds the difference of a metric between two setups, in this
// direction. Where the medians lie among operations that failed there is no
// ratio, and so no difference to tell.
func (r *Report) differenceIn(metric string, from, to summary.Cell) (difference, bool) {
	d, ok := r.differences[pairOf{metric, from.Cell, to.Cell}]
	if ok {
		return ratioOf(d)
	}
	d, ok = r.differences[pairOf{metric, to.Cell, from.Cell}]
	if !ok {
		return difference{}, false
	}
	out, ok := ratioOf(d)
	out.ratio, out.low, out.high = 1/out.ratio, 1/out.high, 1/out.low
	return out, ok
}

func ratioOf(d summary.Difference) (difference, bool) {
	positive := func(v *float64) bool { return v != nil && finite(*v) && *v > 0 }
	if !positive(d.Ratio) {
		return difference{Difference: d}, false
	}
	out := difference{Difference: d, ratio: *d.Ratio, interval: d.Interval && positive(d.CILow) && positive(d.CIHigh)}
	if out.interval {
		out.low, out.high = *d.CILow, *d.CIHigh
	}
	return out, true
}

// span is the interval alone: 3.9 to 5.7, or −1.2 to +6.3 where the signs
// differ.
func (d difference) span() string {
	signed := d.low < 1 || d.high < 1
	return points(d.low, signed) + " to " + points(d.high, signed)
}

// most is the largest change that the interval holds, in either direction.
func (d difference) most() string { return part(max(math.Abs(d.low-1), math.Abs(d.high-1))) }

// least is the fewest trials with which so many questions can be decided,
// however clear their answers.
func (d difference) least() int {
	return max(d.BlocksNeeded(), stats.IntervalTrials)
}

func (d difference) few() bool { return !d.interval || d.N < d.least() }

// fewLine says that a run has too few trials for what it is asked; empty of one
// that has not.
func (r *Report) fewLine(g group) string {
	var worst difference
	for i := range g.cells[1:] {
		d, ok := r.differenceIn(writeP50, g.cells[i], g.cells[i+1])
		if ok && d.Decided == stats.Undecided && d.few() && (worst.N == 0 || d.least() > worst.least()) {
			worst = d
		}
	}
	if worst.N == 0 {
		return ""
	}
	return fmt.Sprintf("%s cannot decide the %s asked for, however clear: run at least %d trials.",
		units.Plural(worst.N, "trial"), units.Plural(worst.Questions, "difference"), worst.least())
}
