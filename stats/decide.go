package stats

import "math"

// Decision is what is said of two systems. It has one meaning everywhere.
type Decision string

// The decisions.
const (
	// Found: there is a difference, at level Alpha for all questions of the family
	// together.
	Found Decision = "found"
	// Bounded: none was found, and the whole interval lies within the precision
	// asked for: if there is a difference, it is smaller than that.
	Bounded Decision = "bounded"
	// Undecided: neither can be said. It is no proof that there is no difference.
	Undecided Decision = "undecided"
)

// Precision is how near to 1 the interval of a ratio must lie for its
// difference to be called bounded, where nothing else is asked for: 5 %, about
// what the halves of one window may differ by.
const Precision = 0.05

// Difference is the answer to one question of a family: by which ratio does the
// second system differ from the first?
type Difference struct {
	// Ratio is +Inf where it is above every number: operations failed that took
	// for ever, or the first system's values are 0.
	Ratio Interval
	// P is corrected (Holm) for the Questions of the family.
	P         float64
	Questions int
	Decided   Decision
}

// DecidePairs answers a family of questions, each by pairs that were taken next
// to each other. The family must have been fixed before the values were looked
// at: questions that have no pairs count, since they were asked.
func DecidePairs(family [][]Pair, precision float64) ([]Difference, error) {
	out, ps := make([]Difference, len(family)), make([]float64, len(family))
	for i, pairs := range family {
		ps[i], out[i].Ratio = 1, Unbounded(math.NaN(), 0)
		if len(pairs) == 0 {
			continue
		}
		p, err := ComparePairs(pairs, Confidence)
		if err != nil {
			return nil, err
		}
		ps[i], out[i].Ratio = p.P, p.Ratio
	}
	decide(out, ps, precision)
	return out, nil
}

// decide fills in what follows from each question's own p and interval.
func decide(out []Difference, ps []float64, precision float64) {
	for i, p := range Holm(ps) {
		d := &out[i]
		d.P, d.Questions, d.Decided = p, len(ps), Undecided
		switch {
		case p <= Alpha:
			d.Decided = Found
		case d.Ratio.Bounded() && d.Ratio.Low >= 1/(1+precision) && d.Ratio.High <= 1+precision:
			d.Decided = Bounded
		}
	}
}

// farthest stands for the logarithm of a ratio above every number. It is
// finite, so that averages of it have a meaning, and far above any logarithm of
// a float64.
const farthest = 1e6

// logRatio of two values that are at least 0; +Inf is an operation that never
// came back. Equal ones are in the ratio 1, also 0 and 0.
func logRatio(a, b float64) float64 {
	switch {
	case a == b:
		return 0
	case a == 0 || math.IsInf(b, 1):
		return farthest
	case b == 0 || math.IsInf(a, 1):
		return -farthest
	}
	return math.Log(b / a)
}

// ratios turns an interval of logarithms into one of ratios.
func ratios(i Interval) Interval {
	out := Interval{Center: math.Exp(i.Center), Low: math.Exp(i.Low), High: math.Exp(i.High), N: i.N}
	if !i.Bounded() {
		out = Unbounded(out.Center, i.N)
	}
	return out
}

// inRatio tells whether a value may stand in a ratio.
func inRatio(v float64) bool { return v >= 0 }

// Ratio of b over a, both at least 0: +Inf where it is above every number.
func Ratio(a, b float64) float64 { return math.Exp(logRatio(a, b)) }
