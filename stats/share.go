package stats

import "math"

// Share of n trials in which something happened k times, with Wilson's score
// interval at Confidence (Journal of the American Statistical Association 22,
// 1927): unlike the share plus and minus its error it stays within 0 and 1, and
// says something of a thing that never happened. Of no trials there is none.
func Share(k, n int) Interval {
	if n < 1 || k < 0 || k > n {
		return Unbounded(math.NaN(), 0)
	}
	z, of := math.Sqrt2*math.Erfinv(Confidence), float64(n)
	p := float64(k) / of
	middle := (p + z*z/(2*of)) / (1 + z*z/of)
	half := z / (1 + z*z/of) * math.Sqrt(p*(1-p)/of+z*z/(4*of*of))
	low, high := max(0, middle-half), min(1, middle+half)
	if k == 0 {
		low = 0 // exactly, whatever was rounded
	}
	if k == n {
		high = 1
	}
	return Interval{Center: p, Low: low, High: high, N: n}
}
