package stats

import "slices"

// shift is the Hodges–Lehmann estimate of log b − log a, of values that are not
// paired, with the interval that inverts the rank-sum test (Hollander, Wolfe and
// Chicken, Nonparametric Statistical Methods, 3rd edition, §4.2 and §4.3).
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
