package quorum

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Law is how a random time is distributed: its cumulative distribution function, known
// at points that are one step apart and linear between them. A constant is exact; what
// varies is off by at most one step, which is a 512th of its range, or a 1024th of what
// is left of it after its rarest values (see rarest). The zero Law is the constant 0.
//
// Laws are of independent times: the sum of two, and the k-th smallest of many, are
// wrong of times that are long together.
type Law struct {
	// least and step in ns. cdf[i] is the probability of at most least + i·step, the
	// last one 1; a first one above 0 is the probability of least itself. Without any
	// the time is always least.
	least, step float64
	cdf         []float64
}

const (
	// cells of a law that is given or summed, and of the k-th smallest of many, whose
	// parts may lie far apart.
	cells     = 512
	fineCells = 1024
	// rarest values are cut off, so that the steps are spent on the others.
	rarest = 1e-9
)

// Always is a time that does not vary.
func Always(d time.Duration) Law { return Law{least: float64(d)} }

// Likely is the law of a distribution function that rises from low to high. It is asked
// at 513 points.
func Likely(low, high time.Duration, atMost func(d time.Duration) float64) Law {
	return tabulate(float64(low), float64(high), cells, func(ns float64) float64 { return atMost(time.Duration(math.Round(ns))) })
}

// Exponential is at least so long, and above that falls off with a mean.
func Exponential(least, mean time.Duration) Law {
	if mean <= 0 {
		return Always(least)
	}
	low := float64(least)
	return tabulate(low, low-math.Log(rarest)*float64(mean), fineCells, func(ns float64) float64 {
		return -math.Expm1(-(ns - low) / float64(mean))
	})
}

// Observed is the law of times that were observed, each as likely as the next, or of a
// distribution's quantiles. Without any it is 0.
func Observed(times []time.Duration) Law {
	if len(times) == 0 {
		return Law{}
	}
	sorted := slices.Sorted(slices.Values(times))
	count := 0.0
	i := 0
	return tabulate(float64(sorted[0]), float64(sorted[len(sorted)-1]), cells, func(ns float64) float64 {
		for i < len(sorted) && float64(sorted[i]) <= ns { // asked in ascending order
			count, i = count+1, i+1
		}
		return count / float64(len(sorted))
	})
}

// tabulate asks a distribution function at points in ascending order.
func tabulate(low, high float64, n int, atMost func(ns float64) float64) Law {
	if !(high > low) {
		return Law{least: low}
	}
	l := Law{least: low, step: (high - low) / float64(n), cdf: make([]float64, n+1)}
	for i := range l.cdf {
		l.cdf[i] = atMost(low + float64(i)*l.step)
	}
	l.cdf[n] = 1
	return l
}

// constant tells whether the time does not vary.
func (l Law) constant() bool { return len(l.cdf) == 0 }

// greatest value that it takes.
func (l Law) greatest() float64 { return l.least + l.step*float64(max(len(l.cdf)-1, 0)) }

// at is the probability of at most so many ns.
func (l Law) at(ns float64) float64 {
	switch {
	case ns < l.least:
		return 0
	case ns >= l.greatest():
		return 1
	}
	x := (ns - l.least) / l.step
	i := int(x)
	if i+1 >= len(l.cdf) {
		return 1
	}
	return l.cdf[i] + (x-float64(i))*(l.cdf[i+1]-l.cdf[i])
}

// AtMost is the probability of at most d.
func (l Law) AtMost(d time.Duration) float64 { return l.at(float64(d)) }

// Quantile is the time that a share p, from 0 to 1, does not exceed.
func (l Law) Quantile(p float64) time.Duration { return time.Duration(math.Round(l.quantile(p))) }

func (l Law) quantile(p float64) float64 {
	i, _ := slices.BinarySearch(l.cdf, p)
	switch {
	case l.constant() || i == 0:
		return l.least
	case i >= len(l.cdf):
		return l.greatest()
	}
	below, above := l.cdf[i-1], l.cdf[i]
	return l.least + l.step*(float64(i-1)+(p-below)/(above-below))
}

// Mean of the time.
func (l Law) Mean() time.Duration {
	var above float64 // the integral of 1 − F
	for i := 1; i < len(l.cdf); i++ {
		above += l.step * (1 - (l.cdf[i-1]+l.cdf[i])/2)
	}
	return time.Duration(math.Round(l.least + above))
}

// Draw takes a value by inversion.
func (l Law) Draw() Draw {
	return func(r *rand.Rand) time.Duration { return l.Quantile(r.Float64()) }
}

// Plus is the law of a sum of two independent times.
func (l Law) Plus(other Law) Law {
	if l.constant() {
		l, other = other, l
	}
	if other.constant() {
		l.least += other.least
		return l
	}
	n := max(len(l.cdf), len(other.cdf)) - 1
	step := (l.greatest() - l.least + other.greatest() - other.least) / float64(n)
	a, b := l.masses(step), other.masses(step)
	sum := make([]float64, len(a)+len(b)-1)
	for i, p := range a {
		for j, q := range b {
			sum[i+j] += p * q
		}
	}
	return ofMasses(l.least+other.least, step, sum)
}

// masses puts the law's probability on points a step apart, each bit of it on the two
// points beside it so that the mean stays.
func (l Law) masses(step float64) []float64 {
	n := int(math.Ceil((l.greatest()-l.least)/step)) + 1
	// The integral of F up to each point; the second differences of it are the masses.
	integral := l.integrals(step, n+1)
	out := make([]float64, n)
	for j := range out {
		before := 0.0
		if j > 0 {
			before = integral[j-1]
		}
		out[j] = (integral[j+1] - 2*integral[j] + before) / step
	}
	return out
}

// integrals of F from least up to 0, 1, …, n steps beyond it.
func (l Law) integrals(step float64, n int) []float64 {
	own := make([]float64, len(l.cdf)) // up to each of the law's own points
	for i := 1; i < len(own); i++ {
		own[i] = own[i-1] + l.step*(l.cdf[i-1]+l.cdf[i])/2
	}
	out := make([]float64, n+1)
	for j := range out {
		x := float64(j) * step / l.step
		i := min(int(x), len(own)-1)
		rest := (x - float64(i)) * l.step
		out[j] = own[i] + rest*(l.cdf[i]+l.at(l.least+float64(j)*step))/2
	}
	return out
}

// ofMasses spreads each mass evenly over the step around its point.
func ofMasses(least, step float64, masses []float64) Law {
	l := Law{least: least - step/2, step: step, cdf: make([]float64, len(masses)+1)}
	for i, m := range masses {
		l.cdf[i+1] = l.cdf[i] + max(0, m)
	}
	for i := range l.cdf {
		l.cdf[i] /= l.cdf[len(masses)]
	}
	return l
}

// LaterOf is the law of the later of two independent times.
func LaterOf(a, b Law) Law {
	return tabulate(max(a.least, b.least), max(a.greatest(), b.greatest()), fineCells, func(ns float64) float64 { return a.at(ns) * b.at(ns) })
}

// Mixed sums up a time that has one of several laws, by their weights: that of a client
// at one of several places. It is as exact as the laws are.
func Mixed(weights []float64, laws []Law) Prediction {
	var all, mean float64
	low, high := math.Inf(1), math.Inf(-1)
	for i, l := range laws {
		if weights[i] > 0 {
			all, mean = all+weights[i], mean+weights[i]*float64(l.Mean())
			low, high = min(low, l.least), max(high, l.greatest())
		}
	}
	if !(all > 0) {
		return Prediction{}
	}
	quantile := func(p float64) time.Duration {
		below, above := low-1, high
		for above-below > 0.25 {
			mid, sum := below+(above-below)/2, 0.0
			for i, l := range laws {
				sum += weights[i] / all * l.at(mid)
			}
			if sum < p-1e-12 {
				below = mid
			} else {
				above = mid
			}
		}
		return time.Duration(math.Round(above))
	}
	return Prediction{P50: quantile(0.5), P90: quantile(0.9), P99: quantile(0.99), Mean: time.Duration(math.Round(mean / all))}
}

// Smallest is the law of the k-th smallest of independent times, which need not be
// alike; k counts from 1. With p_i the probability that time i is at most t, how many
// of them are is a sum of unlike yes-or-no draws, whose distribution is built up one
// time after the other (the Poisson binomial distribution): the k-th smallest is at
// most t when at least k of them are.
func Smallest(k int, laws []Law) Law {
	if k < 1 || len(laws) == 0 {
		return Law{}
	}
	k = min(k, len(laws))
	low, high := kthOf(k, laws, func(l Law) float64 { return l.least }), kthOf(k, laws, Law.greatest)
	counts := make([]float64, k+1)
	atLeastK := func(ns float64) float64 { return atLeast(k, laws, ns, counts) }
	if !(high > low) {
		return Law{least: low}
	}
	low, high = trim(low, high, atLeastK)
	return tabulate(low, high, fineCells, atLeastK)
}

func kthOf(k int, laws []Law, of func(Law) float64) float64 {
	all := make([]float64, len(laws))
	for i, l := range laws {
		all[i] = of(l)
	}
	slices.Sort(all)
	return all[k-1]
}

// atLeast is the probability that k or more of the times are at most t. counts is
// memory for k+1 values: the probability of each count, all from k on in the last.
func atLeast(k int, laws []Law, t float64, counts []float64) float64 {
	clear(counts)
	counts[0] = 1
	for _, l := range laws {
		p := l.at(t)
		if p == 0 {
			continue
		}
		counts[k] += counts[k-1] * p
		for c := k - 1; c > 0; c-- {
			counts[c] = counts[c]*(1-p) + counts[c-1]*p
		}
		counts[0] *= 1 - p
	}
	return counts[k]
}

// trim narrows a range to where a distribution function rises.
func trim(low, high float64, atMost func(ns float64) float64) (from, to float64) {
	find := func(p float64) (below, above float64) {
		below, above = low, high
		for range 40 {
			if mid := below + (above-below)/2; atMost(mid) <= p {
				below = mid
			} else {
				above = mid
			}
		}
		return below, above
	}
	from, _ = find(rarest)
	_, to = find(1 - rarest)
	return from, to
}
