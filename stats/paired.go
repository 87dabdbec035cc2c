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

// ComparePairs compares with the given confidence for the interval. Values
// must be positive, since ratios are taken.
func ComparePairs(pairs []Pair, confidence float64) (Paired, error) {
	logs := make([]float64, len(pairs))
	for i, p := range pairs {
		if !(p.A > 0 && p.B > 0) || math.IsInf(p.A, 0) || math.IsInf(p.B, 0) {
			return Paired{}, fmt.Errorf("pair %d: got %v and %v, want positive numbers", i+1, p.A, p.B)
		}
		logs[i] = math.Log(p.B / p.A)
	}
	if len(logs) == 0 {
		return Paired{}, fmt.Errorf("got no pairs, want at least %d", PairsNeeded(1, Alpha))
	}
	r := hodgesLehmann(logs, confidence)
	return Paired{
		Ratio: Interval{math.Exp(r.Center), math.Exp(r.Low), math.Exp(r.High), r.N},
		P:     SignedRank(logs, 0),
	}, nil
}

// Bounded tells whether the ratio has an interval; its bounds of a ratio
// without one are 0 and +∞.
func (p Paired) Bounded() bool { return !math.IsInf(p.Ratio.High, 0) }

// SignedRank returns the exact two-sided probability that values so far to
// one side of center come from a distribution that is symmetric about it.
// Values equal to center are left out; ties share their mean rank, and the
// distribution is that of the ranks as they are.
func SignedRank(values []float64, center float64) float64 {
	ranks, w := signedRanks(values, center)
	if len(ranks) == 0 {
		return 1
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

// hodgesLehmann is the median of the Walsh averages, with the interval whose
// bounds are the k-th from either end, k−1 being the largest sum of signed
// ranks that is still too small at this confidence.
func hodgesLehmann(values []float64, confidence float64) Interval {
	walsh := walshAverages(values)
	m := len(walsh)
	out := Unbounded((walsh[(m-1)/2]+walsh[m/2])/2, len(values))
	ranks := make([]int, len(values))
	for i := range ranks {
		ranks[i] = i + 1
	}
	k, tail := 0, 0.0
	for _, p := range subsetSums(ranks) {
		if tail += p; 2*tail > 1-confidence+1e-12 {
			break
		}
		k++
	}
	if k > 0 {
		out.Low, out.High = walsh[k-1], walsh[m-k]
	}
	return out
}

// walshAverages returns the mean of each value with itself and each other,
// ascending.
func walshAverages(values []float64) []float64 {
	out := make([]float64, 0, len(values)*(len(values)+1)/2)
	for i, a := range values {
		for _, b := range values[i:] {
			out = append(out, (a+b)/2)
		}
	}
	slices.Sort(out)
	return out
}
