package stats

import (
	"fmt"
	"math"
	"slices"
)

const (
	// ArrivalsAlpha is the level of the test of arrivals: it is asked of every
	// window that has Poisson arrivals.
	ArrivalsAlpha = 0.001
	// ArrivalsOff is the share of gaps that may be out of place. A generator that
	// is late by microseconds can be told from one that is not, given enough
	// operations, and does not matter.
	ArrivalsOff = 0.05
	// ArrivalsLeast is the fewest gaps that are judged.
	ArrivalsLeast = 30
)

// Arrivals says how unlike gaps are those of a Poisson process.
type Arrivals struct {
	// P is the probability of gaps that are so unlike by chance.
	P float64
	// Off is the largest share of the gaps that is on the wrong side of any length
	// (Kolmogorov's distance).
	Off float64
}

// PoissonGaps tests whether gaps come from a Poisson process of so many arrivals
// in the gaps' unit: whether they are exponential with that very rate, by the test
// of Anderson and Darling (Journal of the American Statistical Association 49,
// 1954). It sees the shortest and the longest gaps best, which is what batches
// and pauses of a generator change.
func PoissonGaps(gaps []float64, rate float64) (Arrivals, error) {
	n := len(gaps)
	if n < ArrivalsLeast {
		return Arrivals{}, fmt.Errorf("got %d gaps, want at least %d to tell whether arrivals are Poisson", n, ArrivalsLeast)
	}
	sorted := slices.Sorted(slices.Values(gaps))
	sum, off := 0.0, 0.0
	for i, gap := range sorted {
		// What was sent at one instant, or was never sent, is as far off as can be told.
		below := min(max(-math.Expm1(-rate*gap), shortest), 1-shortest)
		above := min(max(math.Exp(-rate*sorted[n-1-i]), shortest), 1-shortest)
		sum += float64(2*i+1) * (math.Log(below) + math.Log(above))
		off = max(off, below-float64(i)/float64(n), float64(i+1)/float64(n)-below)
	}
	return Arrivals{P: 1 - andersonDarling(-float64(n)-sum/float64(n)), Off: off}, nil
}

// shortest probability of which a logarithm is taken.
const shortest = 1e-12

// Poisson tells whether arrivals pass for those of a Poisson process: they do not
// where what is wrong is both too much, and more than chance would do.
func (a Arrivals) Poisson() bool { return a.P > ArrivalsAlpha || a.Off <= ArrivalsOff }

// andersonDarling is the distribution function of the statistic A² for many
// values of a distribution that is known entirely, to six digits (Marsaglia and
// Marsaglia, "Evaluating the Anderson-Darling distribution", Journal of
// Statistical Software 9(2), 2004, adinf).
func andersonDarling(z float64) float64 {
	switch {
	case z <= 0:
		return 0
	case z < 2:
		return math.Exp(-1.2337141/z) / math.Sqrt(z) *
			(2.00012 + (.247105-(.0649821-(.0347962-(.011672-.00168691*z)*z)*z)*z)*z)
	case z > 32: // beyond the approximation; the probability is far below any level
		return 1
	}
	return math.Exp(-math.Exp(1.0776 - (2.30695-(.43424-(.082433-(.008056-.0003146*z)*z)*z)*z)*z))
}
