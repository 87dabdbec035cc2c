package stats

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"golang.org/x/perf/benchmath"
)

// Unpaired compares two systems by trials that are not paired.
type Unpaired struct {
	// Ratio is the second system's values over the first's: the Hodges–Lehmann
	// estimate on logarithms, that is the median of all differences between a
	// value of one and a value of the other, with the interval that inverts the
	// rank-sum test (Hollander, Wolfe and Chicken, Nonparametric Statistical
	// Methods, 3rd edition, §4.2 and §4.3).
	Ratio Interval
	// P is the two-sided probability of samples this far apart from identical
	// systems (Mann–Whitney); 1 where the test cannot be made.
	P float64
}

// Compare tests whether two samples come from one distribution. Values must be
// at least 0, since ratios are taken; a side without values says nothing.
func Compare(a, b Sample, confidence float64) (Unpaired, error) {
	c := Unpaired{P: 1, Ratio: Unbounded(math.NaN(), min(len(a), len(b)))}
	for _, v := range slices.Concat(a, b) {
		if !inRatio(v) {
			return c, fmt.Errorf("got a value of %v, want one of at least 0", v)
		}
	}
	if len(a) == 0 || len(b) == 0 {
		return c, nil
	}
	c.Ratio = ratios(shift(a, b, confidence))
	// Equal samples are a warning of benchmath's, and p = 1.
	c.P = benchmath.AssumeNothing.Compare(a.benchmath(), b.benchmath()).P
	return c, nil
}

// shift is the Hodges–Lehmann estimate of log b − log a with its interval.
func shift(a, b Sample, confidence float64) Interval {
	x, y := slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	n, m := int64(len(x)), int64(len(y))
	count := func(t float64) int64 { return differencesUpTo(x, y, t) }
	at := func(k int64) float64 { return kth(count, k) }
	out := Unbounded((at((n*m+1)/2)+at(n*m/2+1))/2, min(len(x), len(y)))
	if k := rankSumBound(len(x), len(y), confidence); k > 0 {
		out.Low, out.High = at(k), at(n*m+1-k)
	}
	return out
}

// differencesUpTo counts the pairs whose log y − log x is at most t. Rows that
// rise with y fall with x, so that one walk over both will do.
func differencesUpTo(x, y []float64, t float64) int64 {
	var n int64
	j := 0
	for _, v := range x {
		for j < len(y) && logRatio(v, y[j]) <= t {
			j++
		}
		n += int64(j)
	}
	return n
}

// exactRanks is up to how many values the distribution of a rank statistic is
// counted out; beyond, it is normal to many digits.
const exactRanks = 100

// rankSumBound is k such that the k-th smallest difference and the k-th largest
// bound the shift: k−1 is the largest rank sum that is still too small at this
// confidence. 0 where there is none.
func rankSumBound(n, m int, confidence float64) int64 {
	if n > exactRanks/2 || m > exactRanks/2 {
		mean, variance := float64(n)*float64(m)/2, float64(n)*float64(m)*float64(n+m+1)/12
		return normalBound(mean, variance, confidence)
	}
	return countedOnce(boundKey{n, m, confidence}, func() int64 { return boundOf(rankSums(n, m), confidence) })
}

// boundKey is what a bound depends on; m is 0 for paired values.
type boundKey struct {
	n, m       int
	confidence float64
}

// bounds that were counted out before: most questions are asked with the same
// few numbers of values.
var bounds sync.Map

func countedOnce(key boundKey, count func() int64) int64 {
	if k, done := bounds.Load(key); done {
		return k.(int64)
	}
	k := count()
	bounds.Store(key, k)
	return k
}

// boundOf counts the outcomes at the lower end that together, and doubled, are
// no more probable than the confidence leaves over.
func boundOf(p []float64, confidence float64) int64 {
	k, tail := int64(0), 0.0
	for _, v := range p {
		if tail += v; 2*tail > 1-confidence+1e-12 {
			break
		}
		k++
	}
	return k
}

// normalBound is boundOf by the normal approximation.
func normalBound(mean, variance, confidence float64) int64 {
	z := math.Sqrt2 * math.Erfinv(confidence)
	return max(0, int64(math.Floor(mean-z*math.Sqrt(variance))))
}

// rankSums returns the probability of each value of Mann–Whitney's U for n and
// m values of one distribution: how many of the pairs have the second smaller.
func rankSums(n, m int) []float64 {
	// ways[j][u]: j of the values so far are of the second kind, and u pairs of a
	// later first one with an earlier second one. Probabilities in place of counts
	// keep the numbers small: the next value is one of the n+m−i left.
	ways := make([][]float64, m+1)
	for j := range ways {
		ways[j] = make([]float64, n*m+1)
	}
	ways[0][0] = 1
	for i := 0; i < n+m; i++ {
		next := make([][]float64, m+1)
		for j := range next {
			next[j] = make([]float64, n*m+1)
		}
		for j := max(0, i-n); j <= min(i, m); j++ {
			firsts, seconds := float64(n-(i-j)), float64(m-j)
			left := firsts + seconds
			for u, p := range ways[j] {
				if p == 0 {
					continue
				}
				if firsts > 0 {
					next[j][u+j] += p * firsts / left
				}
				if seconds > 0 {
					next[j+1][u] += p * seconds / left
				}
			}
		}
		ways = next
	}
	return ways[m]
}
