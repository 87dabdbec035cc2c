package stats

import (
	"fmt"
	"math"
)

// LeastRuns is the fewest repeated runs whose spread is told: with two, the
// interval of a ratio would be 18 standard deviations wide to either side.
const LeastRuns = 3

// Spread is how far repeated runs of one build lie apart in one metric, on the
// logarithms of its values. Whatever two runs that were not made side by side
// differ by, this is what they would differ by anyway: the host drifts, files
// lie elsewhere, the kernel places processes otherwise.
type Spread struct {
	// SD between the values of whole runs. A run's own error is part of it.
	SD float64
	// Within is the standard deviation of one trial about its run's middle, and
	// Trials how many a run had: what the error of a run would be on a host that
	// does not drift. Within is 0 where each run is one pooled value.
	Within float64
	Trials float64
	Runs   int
}

// RunValue is what one whole run says of a metric: the median of its trials.
type RunValue struct {
	Center float64
	Trials Sample // empty for a pooled value
	N      int    // trials behind it
}

// finest is the standard deviation that rounding alone gives: latencies are
// recorded to three digits, so that what is never seen to move by less than
// 0.1 % may have moved by that.
const finest = 0.001

// SpreadOf measures the spread of repeated runs. Values that have no logarithm,
// 0 or an operation that never came back, have none: ok is false, as it is for
// fewer than LeastRuns.
func SpreadOf(runs []RunValue) (s Spread, ok bool) {
	if len(runs) < LeastRuns {
		return Spread{}, false
	}
	var centers []float64
	squares, freedom := 0.0, 0
	for _, r := range runs {
		if !hasLog(r.Center) {
			return Spread{}, false
		}
		centers = append(centers, math.Log(r.Center))
		s.Trials += float64(r.N)
		sum, n := squaresWithin(r.Trials)
		squares, freedom = squares+sum, freedom+n
	}
	s.Runs, s.SD, s.Trials = len(runs), deviation(centers), s.Trials/float64(len(runs))
	if freedom > 0 {
		s.Within = math.Sqrt(squares / float64(freedom))
	}
	return s, true
}

func hasLog(v float64) bool { return v > 0 && !math.IsInf(v, 1) }

// squaresWithin is the sum of the squares of a run's trials about their mean,
// with its degrees of freedom. Values without a logarithm are left out.
func squaresWithin(trials Sample) (sum float64, freedom int) {
	var logs []float64
	for _, v := range trials {
		if hasLog(v) {
			logs = append(logs, math.Log(v))
		}
	}
	if len(logs) < 2 {
		return 0, 0
	}
	d := deviation(logs)
	return d * d * float64(len(logs)-1), len(logs) - 1
}

// deviation is the standard deviation of a sample of at least two.
func deviation(values []float64) float64 {
	mean, sum := 0.0, 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(values)-1))
}

// Reach is the ratio that two runs of one build, of as many trials as the
// repeats had, stay below with Confidence.
func (s Spread) Reach() float64 {
	return math.Exp(studentQuantile(Confidence, s.Runs-1) * s.ofPair())
}

// RunPair is one question about two runs that were not made side by side.
type RunPair struct {
	A, B   RunValue
	Spread Spread
}

// DecideRuns answers a family of questions about two runs, each with the spread
// that runs of one build have. The model is a random effect of each run: the log
// ratio of two runs of one build is normal with variance 2·SD², which was
// estimated from so many runs, so that Student's t of one degree of freedom
// fewer judges it. Where the two have fewer or noisier trials than the repeats
// had, what their error exceeds the repeats' by is added.
func DecideRuns(family []RunPair, precision float64) ([]Difference, error) {
	out, ps := make([]Difference, len(family)), make([]float64, len(family))
	for i, q := range family {
		var err error
		if out[i].Ratio, ps[i], err = compareRuns(q, Confidence); err != nil {
			return nil, err
		}
	}
	decide(out, ps, precision)
	return out, nil
}

// compareRuns returns B over A with its interval, and the two-sided probability of
// runs of one build so far apart.
func compareRuns(q RunPair, confidence float64) (ratio Interval, p float64, err error) {
	for _, v := range []float64{q.A.Center, q.B.Center} {
		if !inRatio(v) {
			return Interval{}, 0, fmt.Errorf("got a value of %v, want one of at least 0", v)
		}
	}
	if q.Spread.Runs < LeastRuns {
		return Interval{}, 0, fmt.Errorf("got a spread of %d runs, want one of at least %d", q.Spread.Runs, LeastRuns)
	}
	freedom := q.Spread.Runs - 1
	center, se := logRatio(q.A.Center, q.B.Center), q.deviation()
	half := studentQuantile(confidence, freedom) * se
	ratio = ratios(Interval{Center: center, Low: center - half, High: center + half, N: q.Spread.Runs})
	return ratio, 1 - studentWithin(math.Abs(center)/se, freedom), nil
}

// deviation of the log ratio of two runs of one build.
func (q RunPair) deviation() float64 {
	s := q.Spread
	if s.Within == 0 { // pooled: the error falls with the trials at best
		fewer := (s.Trials/float64(max(1, q.A.N)) + s.Trials/float64(max(1, q.B.N))) / 2
		return s.ofPair() * math.Sqrt(max(1, fewer))
	}
	own := q.A.error(s) + q.B.error(s)
	return math.Sqrt(s.ofPair()*s.ofPair() + max(0, own-2*medianError(s.Within, s.Trials)))
}

// ofPair is the standard deviation of the log ratio of two such runs. Medians
// of runs lie no closer together than each run's own error lets them: where a
// few repeats did, that was luck.
func (s Spread) ofPair() float64 {
	own := math.Sqrt(medianError(s.Within, s.Trials))
	return math.Sqrt2 * max(s.SD, own, finest)
}

// error is the variance of a run's logarithm about what the run would come to
// with ever more trials: by its own trials, and never less than by the repeats'.
func (r RunValue) error(s Spread) float64 {
	within := s.Within
	if sum, freedom := squaresWithin(r.Trials); freedom > 0 {
		within = max(within, math.Sqrt(sum/float64(freedom)))
	}
	return medianError(within, float64(r.N))
}

// medianError is the variance of the median of n normal values: π/2 that of
// their mean.
func medianError(deviation, n float64) float64 {
	return math.Pi / 2 * deviation * deviation / max(1, n)
}
