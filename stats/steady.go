package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

const (
	// SteadyChange is how far the halves' medians, or the two ends of a trend, may
	// be apart: less is not worth a word beside trials that differ by more.
	SteadyChange = 0.05
	// SteadyAlpha is the level of each of the two tests. They are asked of every
	// light window of every trial, and a share alone calls one undisturbed window
	// in three unsteady. Both together call 1 % so (simulated, in the tests).
	SteadyAlpha = 0.005
	// WarmAlpha is the level for a warm-up that may go on: to go on for nothing
	// costs a moment, and to stop too early the measurement.
	WarmAlpha = 0.1
	// SteadyOps is the fewest operations that can be judged: six batches of three
	// in each half. Six that hardly overlap reach p = 0.0043; five never would.
	SteadyOps = 36
)

// Steadiness says whether a window looks alike from its beginning to its end.
type Steadiness struct {
	// HalvesChange is the second half's median over the first's, less 1, and
	// HalvesP the two-sided probability of halves so far apart by chance.
	HalvesChange, HalvesP float64
	// TrendChange is what a steady trend changes from the first batch to the last,
	// as a share, and TrendP the two-sided probability of so strong a trend by
	// chance.
	TrendChange, TrendP float64
}

// Steady compares the two halves of a window, given its operations' latencies in
// order of time.
//
// Operations that follow one another are alike, so that a test on them would
// find differences where there are none. Both tests are of batches of
// operations, which are as good as independent where single operations are
// correlated over a few: halves by the rank-sum test (Mann and Whitney, Annals
// of Mathematical Statistics 18, 1947), a trend by Kendall's rank correlation
// with time (Mann, Econometrica 13, 1945; Kendall, Rank Correlation Methods,
// 1975). A batch's value is its operations' mean rank within the window, which no
// single slow operation moves far.
func Steady(latencies []float64) (Steadiness, error) {
	if n := len(latencies); n < SteadyOps {
		return Steadiness{}, fmt.Errorf("got %d operations, want at least %d to tell whether the window was steady", n, SteadyOps)
	}
	half := len(latencies) / 2
	first, second := latencies[:half], latencies[half:]
	ranks := Ranks(latencies)
	n := batches(half)
	a, b := means(ranks[:half], n), means(ranks[half:], n)
	course := slices.Concat(a, b)
	return Steadiness{
		HalvesChange: change(median(second), median(first)),
		HalvesP:      rankSum(a, b),
		TrendChange:  trend(slices.Concat(medians(first, n), medians(second, n))),
		TrendP:       trendP(course, kendallS(course)),
	}, nil
}

// batches that a half of so many operations is cut into: ten where each has ten or more,
// so that a difference is found where there is one, and six where there are few.
func batches(operations int) int {
	if operations >= 100 {
		return 10
	}
	return 6
}

// Unsteady says in which way a window is no steady state.
type Unsteady int

// The ways, the plainest first.
const (
	Steadily     Unsteady = iota // it is one
	HalvesDiffer                 // the halves are too far apart
	Rising                       // later operations are slower
	Falling                      // later operations are faster
)

// Why says in which way a window was not steady, at a level such as SteadyAlpha:
// what changed must be both too much, and more than chance would do.
func (s Steadiness) Why(alpha float64) Unsteady {
	switch {
	case s.HalvesP <= alpha && math.Abs(s.HalvesChange) > SteadyChange:
		return HalvesDiffer
	case s.TrendP > alpha || math.Abs(s.TrendChange) <= SteadyChange:
		return Steadily
	case s.TrendChange > 0:
		return Rising
	}
	return Falling
}

// trend is the median slope between any two batches (Theil and Sen: Sen, Journal
// of the American Statistical Association 63, 1968) over the whole course, of
// logarithms, as a share.
func trend(medians []float64) float64 {
	var slopes []float64
	for i, a := range medians {
		for j := i + 1; j < len(medians); j++ {
			slopes = append(slopes, logRatio(a, medians[j])/float64(j-i))
		}
	}
	return math.Expm1(median(slopes) * float64(len(medians)-1))
}

// change from b to a, as a share; 0 where both are the same, be it infinity.
func change(a, b float64) float64 {
	if a == b {
		return 0
	}
	return a/b - 1
}

// cut gives the n batches of values in order, as equal in size as can be.
func cut(v []float64, n int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = v[i*len(v)/n : (i+1)*len(v)/n]
	}
	return out
}

func means(v []float64, n int) []float64 {
	out := make([]float64, n)
	for i, batch := range cut(v, n) {
		for _, x := range batch {
			out[i] += x / float64(len(batch))
		}
	}
	return out
}

func medians(v []float64, n int) []float64 {
	out := make([]float64, n)
	for i, batch := range cut(v, n) {
		out[i] = median(batch)
	}
	return out
}

// median of values in any order; NaN of none.
func median(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(v))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// Ranks of values among one another, from 1; equal ones share their mean rank.
func Ranks(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(v[i], v[j]) })
	out := make([]float64, len(v))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && v[order[to]] == v[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			out[i] = float64(from+1+to) / 2
		}
		from = to
	}
	return out
}

// kendallS is the number of later-is-larger pairs less the later-is-smaller.
func kendallS(v []float64) int {
	s := 0
	for i, a := range v {
		for _, b := range v[i+1:] {
			s += compare(b, a)
		}
	}
	return s
}

// trendP is exact without ties; with them it is Kendall's normal
// approximation, corrected for ties and continuity.
func trendP(v []float64, s int) float64 {
	ties := tieSizes(v)
	if len(ties) == 0 && len(v) <= 100 {
		return exactTrendP(len(v), s)
	}
	n := float64(len(v))
	variance := n * (n - 1) * (2*n + 5)
	for _, t := range ties {
		variance -= t * (t - 1) * (2*t + 5)
	}
	if variance /= 18; variance <= 0 {
		return 1
	}
	z := max(0, math.Abs(float64(s))-1) / math.Sqrt(variance)
	return math.Erfc(z / math.Sqrt2)
}

// exactTrendP counts inversions: value i of a random order adds 0 … i−1 of
// them with equal probability, and S = n(n−1)/2 − 2·inversions.
func exactTrendP(n, s int) float64 {
	p := []float64{1}
	for i := 2; i <= n; i++ {
		next := make([]float64, len(p)+i-1)
		for k, v := range p {
			for add := range i {
				next[k+add] += v / float64(i)
			}
		}
		p = next
	}
	if s < 0 {
		s = -s
	}
	tail := 0.0
	for _, v := range p[:(len(p)-1-s)/2+1] {
		tail += v
	}
	return min(1, 2*tail)
}

// tieSizes returns the size of each group of two or more equal values.
func tieSizes(v []float64) []float64 {
	count := map[float64]float64{}
	for _, x := range v {
		count[x]++
	}
	var out []float64
	for _, c := range count {
		if c > 1 {
			out = append(out, c)
		}
	}
	return out
}

// rankSum is the two-sided probability of samples this far apart from one
// distribution (Mann–Whitney); 1 where the test cannot be made.
func rankSum(a, b Sample) float64 {
	return benchmath.AssumeNothing.Compare(a.benchmath(), b.benchmath()).P
}
