package gate

import (
	"math"

	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// Sight is what a rule about a ratio can see, before anything is measured.
type Sight struct {
	Rule string
	Op   string
	// From is the share by which what is judged must differ for the rule to fail at
	// about even odds: what the rule allows, and the half-width that the interval
	// will have at the level that a failure must reach among all that is asked. A rule
	// of 1.05x cannot fail what is 5 % slower.
	From float64
}

// Sights of the rules about ratios, in a run that is to know differences to within a
// precision, if that is reached. Of so many questions each must be surer by itself,
// so that a rule sees less (see Questions).
func Sights(rules []Rule, precision float64, questions int) []Sight {
	var out []Sight
	for _, r := range rules {
		if r.Kind() != Absolute {
			out = append(out, Sight{r.Text, string(r.op), r.seesFrom(widened(summary.AskedOf(r.left.metric, precision), questions))})
		}
	}
	return out
}

// widened is the half-width of an interval at the first step of Holm's correction,
// where that of the 95 % interval is given; both as if of a normal distribution.
func widened(halfWidth float64, questions int) float64 {
	by := normalWithin(1-stats.Alpha/float64(max(1, questions))) / normalWithin(stats.Confidence)
	return math.Expm1(by * math.Log1p(halfWidth))
}

// normalWithin is how many standard deviations to both sides hold such a share.
func normalWithin(share float64) float64 { return math.Sqrt2 * math.Erfinv(share) }

// seesFrom is by which share the ratio must differ from 1, beyond the limit, for
// the whole interval to lie beyond it. It is below 0 where a rule asks for a
// change: there, no change at all fails it.
func (r Rule) seesFrom(halfWidth float64) float64 {
	switch {
	case math.IsInf(halfWidth, 1):
		return halfWidth
	case r.op == "<" || r.op == "<=":
		return r.right.value*(1+halfWidth) - 1
	}
	return 1 - r.right.value/(1+halfWidth)
}
