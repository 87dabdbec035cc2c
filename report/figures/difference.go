package figures

import (
	"math"
	"strconv"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Difference of a metric from one setup to another, as the summary decided it;
// nothing is decided here. Its bounds are those of its interval.
type Difference struct {
	summary.Difference
	Ratio, Low, High float64
	Interval         bool
}

// RatioOf reads a difference; false where it has no ratio above 0, so that there is nothing
// to tell.
func RatioOf(d summary.Difference) (Difference, bool) {
	positive := func(v *float64) bool { return v != nil && units.Finite(*v) && *v > 0 }
	if !positive(d.Ratio) {
		return Difference{Difference: d}, false
	}
	out := Difference{Difference: d, Ratio: *d.Ratio, Interval: d.Interval && positive(d.CILow) && positive(d.CIHigh)}
	if out.Interval {
		out.Low, out.High = *d.CILow, *d.CIHigh
	}
	return out, true
}

// Span is the interval alone: 3.9 to 5.7, or −1.2 to +6.3 where the signs
// differ.
func (d Difference) Span() string {
	signed := d.Low < 1 || d.High < 1
	return wording.Points(d.Low, signed) + " to " + wording.Points(d.High, signed)
}

// Most is the largest change that the interval holds, in either direction.
func (d Difference) Most() string { return wording.Part(max(math.Abs(d.Low-1), math.Abs(d.High-1))) }

// Least is the fewest trials with which so many questions can be decided,
// however clear their answers.
func (d Difference) Least() int {
	return max(d.BlocksNeeded(), stats.IntervalTrials)
}

// Few tells that there are too few trials to decide as much as is asked.
func (d Difference) Few() bool { return !d.Interval || d.N < d.Least() }

// UndecidedWord ends the words of a difference that is undecided.
const UndecidedWord = " undecided"

// Words are a difference as it was decided: +7.7 % latency, at most 2.1 %
// latency, latency undecided.
func (d Difference) Words(name string) string {
	switch {
	case d.Decided == stats.Found:
		return units.Change(d.Ratio) + " " + name
	case d.Decided == stats.Bounded && d.Interval:
		return "at most " + d.Most() + " " + name
	}
	return name + UndecidedWord
}

// PlusMinus reaches from the ratio to the far end of its interval, in per cent
// and to the ratio's digit; it says nothing where that is below the digit.
func (d Difference) PlusMinus() string {
	if !d.Interval {
		return ""
	}
	far := 100 * max(d.High-d.Ratio, d.Ratio-d.Low)
	digits := 0
	if math.Abs(100*(d.Ratio-1)) < 9.95 {
		digits = 1
	}
	scale := math.Pow10(digits)
	if far*scale < 0.5 {
		return ""
	}
	return " ±" + strconv.FormatFloat(math.Ceil(far*scale-1e-6)/scale, 'f', digits, 64)
}
