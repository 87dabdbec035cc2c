// Package stats is pure arithmetic on samples, and its stance is that a
// trial, never an operation, is the unit: a sample holds one value for each
// fresh cluster. Pooled operations of one run are not independent, and tests
// on them call identical systems different almost at will.
//
// Nothing is assumed of a distribution. What cannot be said with the number
// of trials at hand is refused, not approximated.
package stats

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// Confidence of every interval, and Alpha, the level of every test.
const (
	Confidence = 0.95
	Alpha      = 0.05
)

// IntervalTrials is the fewest trials that give a median an interval at
// Confidence: the range of n values misses the median with probability
// 2·2⁻ⁿ, which at n = 6 is 0.031 and at n = 5 is 0.063.
const IntervalTrials = 6

// Sample holds one value a trial, in any order.
type Sample []float64

// Interval is an estimate and where the truth lies with the confidence asked
// for. Its numbers may be +Inf, which is above every other: an operation that
// never came back. Low is -Inf where there are too few values for an interval.
type Interval struct {
	Center    float64
	Low, High float64
	N         int // values behind it
}

// Bounded tells whether there is an interval at all.
func (i Interval) Bounded() bool { return !math.IsInf(i.Low, -1) && !math.IsNaN(i.Center) }

// Unbounded is an estimate from n values that has no interval.
func Unbounded(center float64, n int) Interval {
	return Interval{Center: center, Low: math.Inf(-1), High: math.Inf(1), N: n}
}

// Median returns the median and its interval at Confidence, from order
// statistics as benchstat has them (golang.org/x/perf/benchmath,
// AssumeNothing). Of an empty sample it is NaN. Values may be +Inf.
func (s Sample) Median() Interval {
	if len(s) == 0 {
		return Unbounded(math.NaN(), 0)
	}
	sum := benchmath.AssumeNothing.Summary(s.finite().benchmath(), Confidence)
	return Interval{infinite(sum.Center), infinite(sum.Lo), infinite(sum.Hi), len(s)}
}

// mostFinite stands for +Inf where averages of two values are taken: half of
// it, and the sum of both, are still told from what is measured.
const mostFinite = math.MaxFloat64 / 4

func (s Sample) finite() Sample {
	out := slices.Clone(s)
	for i, v := range out {
		out[i] = min(v, mostFinite)
	}
	return out
}

func infinite(v float64) float64 {
	if v >= mostFinite/2 {
		return math.Inf(1)
	}
	return v
}

// benchmath sorts what it is given, so it is given a copy.
func (s Sample) benchmath() *benchmath.Sample {
	return benchmath.NewSample(slices.Clone(s), &benchmath.Thresholds{CompareAlpha: Alpha})
}
