package stats

import (
	"fmt"
	"math"
	"slices"
)

// Pair is one value of each of two systems, taken next to each other.
type Pair struct{ A, B float64 }

// Paired compares two systems by interleaved pairs of fresh clusters (ABBA).
type Paired struct {
	// Ratio is B over A: the Hodges–Lehmann estimate on log-ratios, that is
	// the median of all their Walsh averages, with Tukey's interval, which
	// inverts the signed-rank test (Hollander, Wolfe and Chicken,
	// Nonparametric Statistical Methods, 3rd edition, §3.2 and §3.3).
	Ratio Interval
	// P is the exact two-sided probability under "no difference" (Wilcoxon's
	// signed-rank test, §3.1 there).
	P float64
}

// ComparePairs compares with the given confidence for the interval. Values must
// be at least 0, since ratios are taken; +Inf is an operation that never came
// back.
func ComparePairs(pairs []Pair, confidence float64) (Paired, error) {
	logs := make([]float64, len(pairs))
	for i, p := range pairs {
		if !inRatio(p.A) || !inRatio(p.B) {
			return Paired{}, fmt.Errorf("pair %d: got %v and %v, want numbers of at least 0", i+1, p.A, p.B)
		}
		logs[i] = logRatio(p.A, p.B)
	}
	if len(logs) == 0 {
		return Paired{}, fmt.Errorf("got no pairs, want at least %d", PairsNeeded(1, Alpha))
	}
	return Paired{Ratio: ratios(hodgesLehmann(logs, confidence)), P: SignedRank(logs, 0)}, nil
}

// SignedRank returns the two-sided probability that values so far to one side
// of center come from a distribution that is symmetric about it. Values equal to
// center are left out; ties share their mean rank, and the distribution is that
// of the ranks as they are: counted out, or normal where there are many.
func SignedRank(values []float64, center float64) float64 {
	ranks, w := signedRanks(values, center)
	switch {
	case len(ranks) == 0:
		return 1
	case len(ranks) > exactRanks:
		return normalSignedRank(ranks, w)
	}
	p := subsetSums(ranks)
	total := len(p) - 1
	low := min(w, total-w)
	tail := 0.0
	for _, v := range p[:low+1] {
		tail += v
	}
	return min(1, 2*tail)
}

// normalSignedRank is for many ranks, corrected for continuity. The variance is
// that of the ranks themselves, so that ties are in it.
func normalSignedRank(ranks []int, above int) float64 {
	total, squares := 0.0, 0.0
	for _, r := range ranks {
		total += float64(r)
		squares += float64(r) * float64(r)
	}
	off := max(0, math.Abs(float64(above)-total/2)-1) // ranks are doubled: a half is 1
	return math.Erfc(off / math.Sqrt(squares/4) / math.Sqrt2)
}

// signedRanks returns twice the rank of each |value − center|, so that mean
// ranks stay whole, and the sum of those above center.
func signedRanks(values []float64, center float64) (ranks []int, above int) {
	var d []float64
	for _, v := range values {
		if v != center {
			d = append(d, v-center)
		}
	}
	slices.SortFunc(d, func(a, b float64) int { return compare(math.Abs(a), math.Abs(b)) })
	for i := 0; i < len(d); {
		j := i + 1
		for j < len(d) && math.Abs(d[j]) == math.Abs(d[i]) {
			j++
		}
		for _, v := range d[i:j] {
			rank := i + 1 + j // twice the mean of i+1 … j
			ranks = append(ranks, rank)
			if v > 0 {
				above += rank
			}
		}
		i = j
	}
	return ranks, above
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// subsetSums returns the probability of each sum of a random subset.
func subsetSums(terms []int) []float64 {
	p := []float64{1}
	for _, t := range terms {
		next := make([]float64, len(p)+t)
		for s, v := range p {
			next[s] += v / 2
			next[s+t] += v / 2
		}
		p = next
	}
	return p
}

// hodgesLehmann is the median of the Walsh averages, the means of each value
// with itself and each other, with the interval whose bounds are the k-th from
// either end, k−1 being the largest sum of signed ranks that is still too small
// at this confidence.
func hodgesLehmann(values []float64, confidence float64) Interval {
	sorted := slices.Sorted(slices.Values(values))
	n := int64(len(values))
	walsh := n * (n + 1) / 2
	at := func(k int64) float64 {
		return kth(func(t float64) int64 { return averagesUpTo(sorted, t) }, k)
	}
	out := Unbounded((at((walsh+1)/2)+at(walsh/2+1))/2, len(values))
	if k := signedRankBound(len(values), confidence); k > 0 {
		out.Low, out.High = at(k), at(walsh+1-k)
	}
	return out
}

// averagesUpTo counts the Walsh averages of sorted values that are at most t.
func averagesUpTo(sorted []float64, t float64) int64 {
	var n int64
	j := len(sorted)
	for i, v := range sorted {
		for j > 0 && (v+sorted[j-1])/2 > t {
			j--
		}
		// Of the partners of v, those from v itself on: each pair counts once.
		n += int64(max(0, j-i))
	}
	return n
}

func signedRankBound(n int, confidence float64) int64 {
	if n > exactRanks {
		mean, variance := float64(n)*float64(n+1)/4, float64(n)*float64(n+1)*float64(2*n+1)/24
		return normalBound(mean, variance, confidence)
	}
	return countedOnce(boundKey{n: n, confidence: confidence}, func() int64 {
		ranks := make([]int, n)
		for i := range ranks {
			ranks[i] = i + 1
		}
		return boundOf(subsetSums(ranks), confidence)
	})
}
