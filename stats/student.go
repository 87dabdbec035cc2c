package stats

import "math"

// studentWithin is the probability that Student's t of so many degrees of
// freedom lies between −t and t (Abramowitz and Stegun, Handbook of Mathematical
// Functions, 26.7.3 and 26.7.4: a finite series for whole degrees of freedom).
func studentWithin(t float64, freedom int) float64 {
	if math.IsInf(t, 1) {
		return 1
	}
	angle := math.Atan(t / math.Sqrt(float64(freedom)))
	sin, cos := math.Sincos(angle)
	odd := freedom%2 == 1
	term, sum := 1.0, 0.0
	first := 2
	if odd {
		term, first = cos, 3
	}
	for k := first; k <= freedom; k += 2 {
		sum += term
		term *= cos * cos * float64(k-1) / float64(k)
	}
	if odd {
		return 2 / math.Pi * (angle + sin*sum)
	}
	return sin * sum
}

// studentQuantile is the t that studentWithin gives this probability to.
func studentQuantile(within float64, freedom int) float64 {
	return kth(func(t float64) int64 {
		if t >= 0 && studentWithin(t, freedom) >= within {
			return 1
		}
		return 0
	}, 1)
}
