package stats

// Answer to "does it keep the limit?". There are three: a gate that must say
// yes or no cries wolf on noise.
type Answer int

// The answers.
const (
	Inconclusive Answer = iota
	Pass
	Fail
)

func (a Answer) String() string {
	return [...]string{"inconclusive", "pass", "fail"}[a]
}

// AtMost answers whether the estimate is at most limit: it passes when the
// whole interval is, fails when none of it is.
func (i Interval) AtMost(limit float64) Answer {
	switch {
	case i.High <= limit:
		return Pass
	case i.Low > limit:
		return Fail
	}
	return Inconclusive
}

// AtLeast answers likewise whether the estimate is at least limit.
func (i Interval) AtLeast(limit float64) Answer {
	return Interval{Center: -i.Center, Low: -i.High, High: -i.Low, N: i.N}.AtMost(-limit)
}
