// Package stats is pure arithmetic on samples, and its stance is that a
// trial, never an operation, is the unit: a sample holds one value for each
// fresh cluster. Pooled operations of one run are not independent, and tests
// on them call identical systems different almost at will.
//
// Nothing is assumed of a distribution. What cannot be said with the number
// of trials at hand is refused, not approximated.
package stats

import (
	"fmt"
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
// for. Low and High are infinite where there are too few values to say.
type Interval struct {
	Center    float64
	Low, High float64
	N         int // values behind it
}

// Bounded tells whether there is an interval at all.
func (i Interval) Bounded() bool { return !math.IsInf(i.Low, 0) && !math.IsInf(i.High, 0) }

// Unbounded is an estimate from n values that has no interval.
func Unbounded(center float64, n int) Interval {
	return Interval{Center: center, Low: math.Inf(-1), High: math.Inf(1), N: n}
}

// Median returns the median and its interval at Confidence, from order
// statistics as benchstat has them (golang.org/x/perf/benchmath,
// AssumeNothing). Of an empty sample it is NaN.
func (s Sample) Median() Interval {
	if len(s) == 0 {
		return Unbounded(math.NaN(), 0)
	}
	sum := benchmath.AssumeNothing.Summary(s.benchmath(), Confidence)
	return Interval{sum.Center, sum.Lo, sum.Hi, len(s)}
}

// benchmath sorts what it is given, so it is given a copy.
func (s Sample) benchmath() *benchmath.Sample {
	return benchmath.NewSample(slices.Clone(s), &benchmath.Thresholds{CompareAlpha: Alpha})
}

// Comparison of two systems by trials that are not paired.
type Comparison struct {
	Old, New Interval
	// P is the probability of samples this far apart from identical systems
	// (Mann–Whitney, two-sided); 1 where the test cannot be made.
	P float64
	// Note says why no difference could have been found; empty otherwise.
	Note string
}

// Compare tests whether two samples come from one distribution.
func Compare(before, after Sample) Comparison {
	c := Comparison{Old: before.Median(), New: after.Median(), P: 1}
	if len(before) == 0 || len(after) == 0 {
		c.Note = "no values on one side"
		return c
	}
	cmp := benchmath.AssumeNothing.Compare(before.benchmath(), after.benchmath())
	c.P = cmp.P
	for _, w := range cmp.Warnings {
		c.Note = w.Error()
	}
	if smallestP(len(before), len(after)) > Alpha {
		c.Note = fmt.Sprintf("need ≥ %d trials on each side", TrialsNeeded(1, Alpha))
	}
	return c
}

// smallestP is the two-sided p of two samples that do not overlap, 2/C(n+m, n).
func smallestP(n, m int) float64 {
	p := 2.0
	for i := 1; i <= n; i++ {
		p *= float64(i) / float64(m+i)
	}
	return p
}

// Different tells whether a difference was shown at Alpha.
func (c Comparison) Different() bool { return c.P <= Alpha }

// Change is the new median over the old one, less 1; NaN from an old of 0.
func (c Comparison) Change() float64 {
	if c.Old.Center == 0 {
		return math.NaN()
	}
	return c.New.Center/c.Old.Center - 1
}
