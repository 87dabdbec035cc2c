package stats

import (
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// energy computes the statistic of Matteson and James for all divisions of a
// series, and keeps what it needs from one order of the values to the next.
type energy struct {
	most     float64   // that a distance counts
	perValue []float64 // 1/k, by k
	perPair  []float64 // 1/C(k,2), by k
	before   []float64 // before[t]: sum of the distances among the first t values
	behind   []float64 // behind[k]: sum of those among the values from t up to k
}

// mostDeviations are how many standard deviations of the noise a distance counts
// at most. A host's outliers are many deviations away and would drown a step of
// two or three. A larger step is as clear as one of this size.
const mostDeviations = 2

// newEnergy is for the values of x in any order.
func newEnergy(x []float64) *energy {
	n := len(x)
	e := &energy{most: math.Inf(1), perValue: make([]float64, n+1), perPair: make([]float64, n+1), before: make([]float64, n+1), behind: make([]float64, n+1)}
	for k := 2; k <= n; k++ {
		e.perValue[k], e.perPair[k] = 1/float64(k), 2/(float64(k)*float64(k-1))
	}
	if noise := pairNoise(x); noise > 0 {
		e.most = mostDeviations * noise
	}
	return e
}

// pairNoise estimates the standard deviation of the noise by the lower quartile of
// the distances of all pairs, which is that of values between the same change
// points even where those are several (Rousseeuw and Croux, Alternatives to the
// Median Absolute Deviation, JASA 88, 1993: Qn). It is 0 where a quarter of the
// pairs are equal.
func pairNoise(x []float64) float64 {
	const normal = 2.2219 // makes it that of a normal variable
	distances := make([]float64, 0, len(x)*(len(x)-1)/2)
	for i, v := range x {
		for _, w := range x[:i] {
			distances = append(distances, math.Abs(v-w))
		}
	}
	if len(distances) == 0 {
		return 0
	}
	slices.Sort(distances)
	return normal * distances[len(distances)/4]
}

// leastEpisode is the fewest values of a second part that ends before the series
// does. Shorter ones are many, and chance would make one of them look clear.
const leastEpisode = 8

// best is the place t that divides x most clearly, and how clearly: the largest
// of
//
//	Q(t, k) = t·(k−t)/k · (2·mean between − mean within x[:t] − mean within x[t:k])
//
// over all t and k, the means being of the distances of pairs. That the second
// part may end at k, before the series does, finds a change that is taken back
// later. Sides have at least LeastSide values; at is 0 where x is too short.
//
// Going down from the last t, behind grows by the distances of one value at a
// time, so that all divisions take the square of the number of values in time,
// and no matrix of distances.
//
// The race detector would make these sums, nearly all of a search's time, ten
// times slower. It has nothing to find in them: no other goroutine knows e, and x
// is a copy or only read.
//
//go:norace
func (e *energy) best(x []float64) (at int, q float64) {
	n := len(x)
	if n < 2*LeastSide {
		return 0, 0
	}
	e.sumBefore(x)
	behind := e.behind[:n+1]
	clear(behind)
	best := math.Inf(-1)
	for t := n - 1; t >= LeastSide; t-- {
		toLater, value := 0.0, x[t]
		for k := t + 1; k < n; k++ {
			toLater += min(math.Abs(value-x[k]), e.most)
			behind[k+1] += toLater
		}
		if n-t < LeastSide {
			continue
		}
		first, left := e.before[t], e.before[t]*e.perPair[t]
		for k := min(t+leastEpisode, n); k <= n; k++ {
			within := left + behind[k]*e.perPair[k-t]
			v := (2*(e.before[k]-first-behind[k]) - float64(t)*float64(k-t)*within) * e.perValue[k]
			if v > best {
				best, at = v, t
			}
		}
	}
	return at, best
}

//go:norace
func (e *energy) sumBefore(x []float64) {
	e.before[0] = 0
	for t, value := range x {
		sum := 0.0
		for _, earlier := range x[:t] {
			sum += min(math.Abs(value-earlier), e.most)
		}
		e.before[t+1] = e.before[t] + sum
	}
}

// inParallel calls f for 0 to n−1, as many at a time as there are processors.
func inParallel(n int, f func(i int)) {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		g.Go(func() error { f(i); return nil })
	}
	_ = g.Wait() // f has no error
}
