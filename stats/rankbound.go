package stats

import (
	"math"
	"sync"
)

// exactRanks is up to how many values the distribution of a rank statistic is
// counted out; beyond, it is normal to many digits.
const exactRanks = 100

// boundKey is what a bound depends on; m is 0 for paired values.
type boundKey struct {
	n, m       int
	confidence float64
}

// bounds that were counted out before: most questions are asked with the same
// few numbers of values.
var bounds sync.Map

func countedOnce(key boundKey, count func() int64) int64 {
	if k, done := bounds.Load(key); done {
		return k.(int64)
	}
	k := count()
	bounds.Store(key, k)
	return k
}

// boundOf counts the outcomes at the lower end that together, and doubled, are
// no more probable than the confidence leaves over.
func boundOf(p []float64, confidence float64) int64 {
	k, tail := int64(0), 0.0
	for _, v := range p {
		if tail += v; 2*tail > 1-confidence+1e-12 {
			break
		}
		k++
	}
	return k
}

// normalBound is boundOf by the normal approximation.
func normalBound(mean, variance, confidence float64) int64 {
	z := math.Sqrt2 * math.Erfinv(confidence)
	return max(0, int64(math.Floor(mean-z*math.Sqrt(variance))))
}
