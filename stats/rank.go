package stats

import "math"

// Rank is which of n values, counted from 1 in ascending order, is percentile
// p (99 is p99) by the nearest rank: the smallest value that at least p in a
// hundred do not exceed.
func Rank(p float64, n int64) int64 {
	rank := math.Ceil(p*float64(n)/100 - 1e-6) // p may be off by a rounding: 99.9
	return min(max(1, int64(rank)), n)
}
