package stats

import "math"

// HalfWidth of an interval of a ratio, as a share: 0.02 where it reaches from
// 2 % below its middle to 2 % above. +Inf where there is no interval.
func (i Interval) HalfWidth() float64 {
	if !i.Bounded() || i.Low <= 0 || math.IsInf(i.High, 1) {
		return math.Inf(1)
	}
	return math.Exp(math.Log(i.High/i.Low)/2) - 1
}

// studentAt95 is about the two-sided 95 % quantile of Student's t for the dozen
// pairs that are usually needed.
const studentAt95 = 2.2

// widthTells is the number of pairs from which their interval's width is what is
// extrapolated.
const widthTells = 9

// PairsFor is about how many pairs in all narrow the interval of their ratio to
// a half-width, by those that there are: it shrinks with the square root of
// their number. At least two pairs are needed to say so, and fewer than 9 are
// judged by the standard deviation of their logarithms: 6 have no interval but their
// whole range, which narrows faster than the root says. Enough they are only when
// the interval itself is that narrow; 0 where nothing can be said.
func PairsFor(pairs []Pair, halfWidth float64) int {
	if len(pairs) < 2 || halfWidth <= 0 {
		return 0
	}
	n := float64(len(pairs))
	logs := make([]float64, len(pairs))
	for i, p := range pairs {
		logs[i] = logRatio(p.A, p.B)
	}
	interval := math.Log1p(ratios(hodgesLehmann(logs, Confidence)).HalfWidth())
	if interval <= math.Log1p(halfWidth) {
		return len(pairs)
	}
	half := interval
	if len(pairs) < widthTells {
		half = studentAt95 * deviation(logs) / math.Sqrt(n)
	}
	shrink := half / math.Log1p(halfWidth)
	if math.IsNaN(shrink) || math.IsInf(shrink, 0) {
		return 0 // operations failed: no number of pairs narrows that
	}
	return max(len(pairs)+1, int(math.Ceil(min(n*shrink*shrink, 1e6))))
}
