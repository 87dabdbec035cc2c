package stats

import (
	"fmt"
	"math"
)

const (
	// SteadyParts is the fewest parts that a window is cut into.
	SteadyParts = 10
	// SteadyChange is how far the halves' medians may differ.
	SteadyChange = 0.05
	// TrendAlpha is the level of the trend test. It is asked of every window
	// of every trial, so a level of 5 % would flag one good window in twenty.
	TrendAlpha = 0.01
)

// Steadiness says whether a window's parts look alike.
type Steadiness struct {
	// TrendP is the two-sided probability of so strong a trend by chance
	// (Mann, Econometrica 13, 1945; Kendall, Rank Correlation Methods, 1975).
	TrendP float64
	// Rising tells the trend's direction.
	Rising bool
	// HalvesChange is the second half's median over the first's, less 1.
	HalvesChange float64
}

// SteadyWith judges the parts of a window, such as their median latencies, in
// order of time; its halves by the medians of all operations of each, which vary
// far less than medians of a few parts'.
func SteadyWith(parts []float64, first, second float64) (Steadiness, error) {
	if len(parts) < SteadyParts {
		return Steadiness{}, fmt.Errorf("got %d parts, want at least %d to see a trend", len(parts), SteadyParts)
	}
	s := kendallS(parts)
	return Steadiness{TrendP: trendP(parts, s), Rising: s > 0, HalvesChange: second/first - 1}, nil
}

// Unsteady says in which way a window is no steady state.
type Unsteady int

// The ways, the plainest first.
const (
	Steadily     Unsteady = iota // it is one
	HalfEmpty                    // one half saw nothing
	HalvesDiffer                 // the halves' medians are too far apart
	Rising                       // later parts are higher
	Falling                      // later parts are lower
)

// Why says in which way the window was not steady.
func (s Steadiness) Why() Unsteady {
	switch {
	case math.IsNaN(s.HalvesChange) || math.IsInf(s.HalvesChange, 0):
		return HalfEmpty
	case math.Abs(s.HalvesChange) > SteadyChange:
		return HalvesDiffer
	case s.TrendP <= TrendAlpha && s.Rising:
		return Rising
	case s.TrendP <= TrendAlpha:
		return Falling
	}
	return Steadily
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
