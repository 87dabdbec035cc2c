package stats

import (
	"math"
	"slices"
)

// Holm adjusts the probabilities of many questions asked at once: each may be
// held against the level that one question would be (Holm, Scandinavian
// Journal of Statistics 6, 1979).
func Holm(ps []float64) []float64 {
	order := make([]int, len(ps))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(ps[a], ps[b]) })
	out := make([]float64, len(ps))
	worst := 0.0
	for i, at := range order {
		worst = max(worst, min(1, ps[at]*float64(len(ps)-i)))
		out[at] = worst
	}
	return out
}

// PairsNeeded is the fewest pairs with which any of so many questions can be
// answered at level alpha: the smallest two-sided p of a signed-rank test of
// n pairs is 2·2⁻ⁿ, and Holm's first step divides alpha by the questions.
func PairsNeeded(questions int, alpha float64) int {
	if questions < 1 || alpha <= 0 {
		return 0
	}
	for n := 1; ; n++ {
		if math.Ldexp(2, -n) <= alpha/float64(questions) {
			return n
		}
	}
}
