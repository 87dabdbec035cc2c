package stats

import "math"

// What follows tests one figure against a limit that was fixed before it was
// measured: each function returns the two-sided probability of a figure this far
// from the limit, or farther, if the truth were the limit itself.

// SignTest is that of a median: how many of the values lie to either side of the
// limit. It assumes nothing of their distribution. Values equal to the limit are
// left out.
func SignTest(values Sample, limit float64) float64 {
	above, below := 0, 0
	for _, v := range values {
		switch {
		case v > limit:
			above++
		case v < limit:
			below++
		}
	}
	if above+below == 0 {
		return 1
	}
	return min(1, 2*SignTail(max(above, below), min(above, below)))
}

// SignTail is the probability, one-sided, that of so many signs at least this many
// are the one, were both as likely.
func SignTail(one, other int) float64 {
	n, tail, ways := one+other, 0.0, 1.0
	for k := 0; k <= other; k++ {
		tail += ways
		ways *= float64(n-k) / float64(k+1)
	}
	return tail * math.Pow(0.5, float64(n))
}

// MedianAgainst is the sign test where there are values enough that it could
// answer one of so many questions, and below that Student's t of the values'
// logarithms: it takes the values for lognormal, which they are about, and few
// values decide by it only what is far from the limit. Which of the two is fixed
// by numbers alone, before any value is looked at. Values and limit must be at
// least 0, and fewer than two values say nothing.
func MedianAgainst(values Sample, limit float64, questions int) float64 {
	n := len(values)
	if n < 2 {
		return 1
	}
	if n >= PairsNeeded(max(1, questions), Alpha) {
		return SignTest(values, limit)
	}
	logs := make([]float64, n)
	mean := 0.0
	for i, v := range values {
		logs[i] = logRatio(limit, v)
		mean += logs[i] / float64(n)
	}
	return studentAgainst(mean, max(deviation(logs), finest)/math.Sqrt(float64(n)), n-1)
}

// IntervalAgainst is that of an estimate of n clusters whose interval alone is
// known: its half-width towards the limit, on logarithms, is taken for Student's t
// times the standard error.
func IntervalAgainst(i Interval, limit float64) float64 {
	if !i.Bounded() || i.N < 2 {
		return 1
	}
	end := i.Low
	if i.Center < limit {
		end = i.High
	}
	half := math.Abs(logRatio(i.Center, end))
	switch {
	case i.Center == limit:
		return 1
	case half == 0: // all are alike, and lie to one side
		return math.Ldexp(2, -i.N)
	}
	return studentAgainst(logRatio(limit, i.Center), half/studentQuantile(Confidence, i.N-1), i.N-1)
}

// PairsAgainst is that of the ratio of two systems that were measured next to each
// other, against a ratio: Wilcoxon's signed-rank test of the logarithms.
func PairsAgainst(pairs []Pair, ratio float64) float64 {
	logs := make([]float64, len(pairs))
	for i, p := range pairs {
		logs[i] = logRatio(p.A, p.B)
	}
	return SignedRank(logs, math.Log(ratio))
}

// RunsInterval is the interval of the ratio of two runs that were not made side by
// side.
func RunsInterval(q RunPair, confidence float64) (Interval, error) {
	of, _, err := compareRuns(q, confidence)
	return of, err
}

// RunsAgainst is that of the ratio of two runs that were not made side by side,
// against a ratio; and the interval of theirs (see DecideRuns).
func RunsAgainst(q RunPair, ratio float64) (p float64, of Interval, err error) {
	if of, _, err = compareRuns(q, Confidence); err != nil {
		return 1, Interval{}, err
	}
	return studentAgainst(logRatio(q.A.Center, q.B.Center)-math.Log(ratio), q.deviation(), q.Spread.Runs-1), of, nil
}

func studentAgainst(off, standardError float64, freedom int) float64 {
	return max(0, 1-studentWithin(math.Abs(off)/standardError, freedom))
}
