package stats

import "math"

// kth finds the k-th smallest (from 1) of a multitude of values by counting how
// many are at most a number: no list of them is made. It halves the range of
// all float64 until one is left, which takes 64 counts.
func kth(count func(atMost float64) int64, k int64) float64 {
	low, high := ordinal(math.Inf(-1)), ordinal(math.Inf(1))
	for low < high {
		mid := low + (high-low)/2
		if count(float(mid)) >= k {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return float(low)
}

// ordinal numbers the float64 in their order; float turns a number back.
func ordinal(v float64) uint64 {
	bits := math.Float64bits(v)
	if bits>>63 == 1 {
		return ^bits
	}
	return bits | 1<<63
}

func float(n uint64) float64 {
	if n>>63 == 1 {
		return math.Float64frombits(n &^ (1 << 63))
	}
	return math.Float64frombits(^n)
}
