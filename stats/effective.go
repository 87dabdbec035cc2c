package stats

import "math"

// maxLags bounds the lags that are summed, beside a quarter of the window: what
// holds together over more operations than that is no correlation between them but
// drift, which Steady judges; and each lag costs a pass over the window.
const maxLags = 500

// Effective is how many independent operations would tell as much as these, whose
// latencies are given in order of time: n/(1 + 2·Σρ), where ρ are the
// autocorrelations (Straatsma, Berendsen and Stam, Molecular Physics 57, 1986).
// They are of ranks, so that a few slow operations do not hide all others, as
// Spearman has them; and once more of whether an operation is among the slowest
// tenth, since stalls make those follow one another that carry a far percentile,
// which hardly shows among all ranks. The smaller number counts.
func Effective(latencies []float64) float64 {
	ranks := Ranks(latencies)
	slow := make([]float64, len(ranks))
	for i, r := range ranks {
		if r > 0.9*float64(len(ranks)) {
			slow[i] = 1
		}
	}
	return min(effective(ranks), effective(slow))
}

// effective size of a series. Autocorrelations are summed in pairs, up to the
// first pair that cannot be told from chance: beyond it, noise would be summed
// (after Geyer, Statistical Science 7, 1992, section 3.3, where it is the first
// pair below zero).
func effective(v []float64) float64 {
	n := len(v)
	centred := centre(v)
	variance := product(centred, 0)
	if variance == 0 {
		return float64(n)
	}
	// The standard error of the sum of two autocorrelations where there are none.
	noise := 2 * math.Sqrt(2/float64(n))
	sum := 0.0
	for lag := 1; lag+1 <= min(n/4, maxLags); lag += 2 {
		pair := (product(centred, lag) + product(centred, lag+1)) / variance
		if pair < noise {
			break
		}
		sum += pair
	}
	return float64(n) / (1 + 2*sum)
}

func centre(v []float64) []float64 {
	mean := 0.0
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = x - mean
	}
	return out
}

// product of a series with itself, so many values later.
func product(v []float64, lag int) float64 {
	sum := 0.0
	for i, x := range v[lag:] {
		sum += x * v[i]
	}
	return sum
}
