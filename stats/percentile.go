package stats

// The fewest samples behind a percentile. A p99 of 1,000 samples rests on 10
// of them and is called thin below that; a p99.9 below 5,000, or any
// percentile that is merely the largest value, is not given at all.
const (
	ThinP99   = 1000
	LeastP99  = 100
	LeastP999 = 5000
)

// Trust says how far a percentile can be relied on.
type Trust int

// The degrees of trust.
const (
	Refused Trust = iota // not to be printed
	Thin                 // printed with a warning
	Enough
)

// Percentile tells whether so many independent samples carry percentile p (99 is
// p99); operations that follow one another are fewer than they are (Effective).
func Percentile(p float64, samples int64) Trust {
	switch {
	case samples == 0:
		return Refused
	case p > 99 && samples < LeastP999:
		return Refused
	case p > 90 && p <= 99 && samples < LeastP99:
		return Refused
	case p > 90 && p <= 99 && samples < ThinP99:
		return Thin
	}
	return Enough
}
