package netem

import (
	"math"
	"math/rand/v2"
	"time"
)

// cutoff is where tc's tables end: no delay is further from the mean than
// this many jitters (iproute2, netem/*.c: 32767/8192).
const cutoff = 4.0

// paretoScale and paretoShift give the Pareto distribution of shape 3 a mean
// of zero and tc's scale (iproute2, netem/pareto.c).
const (
	paretoShape = 3.0
	paretoShift = 1.5
	paretoScale = 4.0 / 3.0
)

// quantile maps a standard normal variate to a factor of the jitter. All
// distributions come from one normal variate, so that correlated draws keep
// the asked distribution; netem's own mixing of uniforms does not.
func (d Distribution) quantile(z float64) float64 {
	switch d {
	case Normal:
		return clamp(z)
	case Pareto:
		return clamp(pareto(z))
	case ParetoNormal:
		// iproute2, netem/paretonormal.c: a quarter normal, the rest Pareto,
		// which is cut off before it is mixed.
		return clamp(0.25*z + 0.75*clamp(pareto(z)))
	default:
		return 2*phi(z) - 1
	}
}

func pareto(z float64) float64 {
	return paretoScale * (math.Pow(1-phi(z), -1/paretoShape) - paretoShift)
}

// phi is the standard normal distribution function.
func phi(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

func clamp(x float64) float64 { return min(max(x, -cutoff), cutoff) }

// leastFactor is the lowest quantile of the shape's distribution.
func (s Shape) leastFactor() float64 { return s.Distribution.quantile(math.Inf(-1)) }

// leastDelay is the shortest that can be drawn.
func (s Shape) leastDelay() time.Duration {
	if s.Jitter == 0 {
		return s.Delay
	}
	return max(0, s.Delay+time.Duration(s.leastFactor()*float64(s.Jitter)))
}

// jitterSource draws delays of one stream; correlated ones follow an AR(1) process
// of normal variates.
type jitterSource struct {
	last    float64
	started bool
}

func (w *jitterSource) delay(s Shape, rng *rand.Rand) time.Duration {
	if s.Jitter == 0 {
		return s.Delay
	}
	z := rng.NormFloat64()
	if w.started {
		z = s.Correlation*w.last + math.Sqrt(1-s.Correlation*s.Correlation)*z
	}
	w.last, w.started = z, true
	return max(0, s.Delay+time.Duration(s.Distribution.quantile(z)*float64(s.Jitter)))
}

// Moments of the delays that a shape asks for.
type Moments struct {
	Mean, SD float64 // ns
	// Kurtosis is the fourth central moment over the variance squared: what the
	// error of a standard deviation depends on. 3 of a normal distribution.
	Kurtosis float64
	// Correlation of successive delays, about.
	Correlation float64
}

// Moments of the shape's delays before order, loss and rate add to them, from a
// thousand quantiles: the mean to 0.1 % of the jitter, the deviation to 0.3 %.
func (s Shape) Moments() Moments {
	delays := s.Quantiles(1000)
	m := Moments{Correlation: s.Correlation}
	n := float64(len(delays))
	for _, d := range delays {
		m.Mean += d / n
	}
	variance, fourth := 0.0, 0.0
	for _, d := range delays {
		off := (d - m.Mean) * (d - m.Mean)
		variance += off / n
		fourth += off * off / n
	}
	m.SD = math.Sqrt(variance)
	if variance > 0 {
		m.Kurtosis = fourth / (variance * variance)
	}
	return m
}

// Quantiles are so many delays, in ns, in the middle of as many equally probable
// ranges.
func (s Shape) Quantiles(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		z := math.Sqrt2 * math.Erfinv(2*(float64(i)+0.5)/float64(n)-1)
		out[i] = max(0, float64(s.Delay)+s.Distribution.quantile(z)*float64(s.Jitter))
	}
	return out
}
