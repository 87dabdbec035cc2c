package stats

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestDifferencesAgainstSorting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom([]float64{0, 0.5, 1, 1, 2, 3, 7, math.Inf(1)})
		x := slices.Sorted(slices.Values(rapid.SliceOfN(value, 1, 9).Draw(t, "x")))
		y := slices.Sorted(slices.Values(rapid.SliceOfN(value, 1, 9).Draw(t, "y")))
		var all []float64
		for _, a := range x {
			for _, b := range y {
				all = append(all, logRatio(a, b))
			}
		}
		slices.Sort(all)
		for k, want := range all {
			if got := kth(func(at float64) int64 { return differencesUpTo(x, y, at) }, int64(k+1)); got != want {
				t.Fatalf("difference %d of %v and %v: got %v, want %v", k+1, x, y, got, want)
			}
		}
	})
}

// U by dealing the ranks out in every way.
func TestRankSumsAgainstAllDeals(t *testing.T) {
	for _, c := range [][2]int{{1, 1}, {2, 3}, {5, 2}, {4, 4}, {6, 6}} {
		n, m := c[0], c[1]
		want, deals := make([]float64, n*m+1), 0.0
		for set := range 1 << (n + m) {
			u, seconds := 0, 0
			for i := range n + m {
				if set>>i&1 == 1 {
					seconds++
				} else {
					u += seconds
				}
			}
			if seconds == m {
				want[u]++
				deals++
			}
		}
		for u, got := range rankSums(n, m) {
			if !near(got, want[u]/deals) {
				t.Errorf("%d and %d values: U=%d has p %v, want %v", n, m, u, got, want[u]/deals)
			}
		}
	}
	if got, want := normalBound(50*50/2, 50.*50*101/12, Confidence), rankSumBound(50, 50, Confidence); math.Abs(float64(got-want)) > 3 {
		t.Errorf("got the bound %d by the normal approximation, want %d", got, want)
	}
}
