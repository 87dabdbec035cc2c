package stats

import (
	"math"
	"slices"
)

// Quantile returns the value below which a share q of what was sampled lies, by
// nearest rank, and its interval at Confidence from order statistics: how many of
// n independent values lie beyond a quantile is binomial. Where n are too few for
// a bound on both sides there is none; see LeastForQuantile. Values may be +Inf.
func (s Sample) Quantile(q float64) Interval {
	n := len(s)
	if n == 0 {
		return Unbounded(math.NaN(), 0)
	}
	sorted := slices.Sorted(slices.Values(s))
	center := sorted[Rank(100*q, int64(n))-1]
	most, least, ok := exceeding(1-q, float64(n), (1-Confidence)/2)
	if !ok || int(most) >= n {
		return Unbounded(center, n)
	}
	return Interval{Center: center, Low: sorted[n-int(most)-1], High: sorted[n-int(least)-1], N: n}
}

// LeastForQuantile is the fewest values that give a quantile above the median an
// interval: with fewer, all of them lie below it too often.
func LeastForQuantile(q float64) int {
	return int(math.Ceil(math.Log((1-Confidence)/2) / math.Log(q)))
}

// QuantileAgainst is the two-sided probability that so many of independent values,
// or more, lie on one side of a limit, if the limit were their quantile q: of a
// value above it that is 1−q. Values equal to the limit are left out.
func QuantileAgainst(values Sample, q, limit float64) float64 {
	above, n := 0, 0
	for _, v := range values {
		if v != limit {
			n++
		}
		if v > limit {
			above++
		}
	}
	if n == 0 {
		return 1
	}
	least, most := 0.0, 0.0 // of at most, and of at least, so many above it
	for k := 0; k <= n; k++ {
		p := binomial(n, k, 1-q)
		if k <= above {
			least += p
		}
		if k >= above {
			most += p
		}
	}
	return min(1, 2*min(least, most))
}

// binomial is the probability of k of n where each has probability p.
func binomial(n, k int, p float64) float64 {
	lgamma := func(v int) float64 { l, _ := math.Lgamma(float64(v) + 1); return l }
	return math.Exp(lgamma(n) - lgamma(k) - lgamma(n-k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}
