package stats

import "math"

// EventsInterval is the exact interval of the mean of a Poisson count, with which
// rare events are told (Garwood, "Fiducial limits for the Poisson distribution",
// Biometrika 28, 1936). Of no event at all only the upper end is unknown, so that
// all of the error is on that side: it is then 3.0 at 95 %, "the rule of three"
// (Hanley and Lippman-Hand, JAMA 249, 1983). It covers the mean with at least the
// confidence asked for, whatever the mean is.
func EventsInterval(events int, confidence float64) (low, high float64) {
	tail := (1 - confidence) / 2
	if events <= 0 {
		return 0, -math.Log(1 - confidence)
	}
	// The mean of which so many or more, and so many or fewer, are that unlikely.
	low = meanWhere(func(mean float64) bool { return 1-poissonCDF(events-1, mean) < tail })
	high = meanWhere(func(mean float64) bool { return poissonCDF(events, mean) > tail })
	return low, high
}

// EventsAtMost is the probability of so few events or fewer where mean are expected,
// two-sided as the interval's: doubled, but for none, whose error is on one side.
func EventsAtMost(events int, mean float64) float64 {
	if events <= 0 {
		return min(1, math.Exp(-mean))
	}
	return min(1, 2*poissonCDF(events, max(0, mean)))
}

// EventsAtLeast is that of so many events or more.
func EventsAtLeast(events int, mean float64) float64 {
	if events <= 0 {
		return 1
	}
	return min(1, 2*(1-poissonCDF(events-1, max(0, mean))))
}

// meanWhere is the mean up to which something holds.
func meanWhere(holds func(mean float64) bool) float64 {
	low, high := 0.0, 1.0
	for holds(high) {
		low, high = high, 2*high
	}
	for range 50 { // to the last digit
		if middle := (low + high) / 2; holds(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// poissonCDF is the probability of at most n events where mean are expected. Its
// terms are summed from the largest down, so that none is lost to a sum's digits.
func poissonCDF(n int, mean float64) float64 {
	if mean == 0 {
		return 1
	}
	sum := 0.0
	for k := n; k >= 0; k-- {
		lg, _ := math.Lgamma(float64(k) + 1)
		term := math.Exp(float64(k)*math.Log(mean) - mean - lg)
		sum += term
		if term < sum*1e-17 && float64(k) < mean {
			break
		}
	}
	return min(sum, 1)
}

// SameRate is the probability, two-sided, of two counts at least so unlike where
// events come at one rate in both exposures: given their sum, the first is
// binomial. It is the exact conditional test, which the doubled smaller tail makes
// a little cautious (Przyborowski and Wilenski, Biometrika 31, 1940).
func SameRate(events1 int, exposure1 float64, events2 int, exposure2 float64) float64 {
	n, share := events1+events2, exposure1/(exposure1+exposure2)
	if n == 0 {
		return 1
	}
	atMost, atLeast := 0.0, 0.0
	for k := range n + 1 {
		p := binomial(n, k, share)
		if k <= events1 {
			atMost += p
		}
		if k >= events1 {
			atLeast += p
		}
	}
	return min(1, 2*min(atMost, atLeast))
}
