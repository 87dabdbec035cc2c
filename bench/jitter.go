package bench

import (
	"math"
	"slices"

	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/results"
)

const (
	// maxJitterOff is by which share the mean or the standard deviation of a link's
	// delays may be off what was asked. A link that keeps the order of its frames
	// does no better at 10,000 frames/s and a jitter of their spacing
	// (netem's TestRealisedJitter), and a standard deviation of 10,000 normal
	// delays has an error of 0.7 %.
	maxJitterOff = 0.02
	// jitterErrors is how many standard errors a figure must be off to be no work of
	// chance. A window has up to 80 links of two figures each: beyond 4, chance
	// puts one of them in 1 of 100 windows.
	jitterErrors = 4
	// minJitterSamples make the error of a figure about normal. Of so few, a
	// deviation is only told to be off by a quarter and more.
	minJitterSamples = 100
	// realisedStep is the resolution of realised delays, as a share and at least in
	// ns: that of a histogram of µs to three digits. It adds up to 1 % to a deviation
	// of twice the step; one below that is not told.
	realisedStep      = 1.0 / 1024
	leastRealisedStep = 512
)

// jittery are the links whose delays were to vary in a known way.
func (l *linkTruth) jittery() []link {
	return slices.DeleteFunc(slices.Clone(l.wanted), func(w link) bool { return w.asked == nil })
}

// offJitter is one remark on loaded links whose delays had another mean than was
// asked, and one on those with another standard deviation: how many there are, and
// the one that is furthest off.
func offJitter(loaded []results.Link, jittery []link) []results.Remark {
	mean := results.Remark{Code: results.CodeDelayMean, Want: maxJitterOff, Unit: results.UnitShare}
	sd := results.Remark{Code: results.CodeDelaySD, Want: maxJitterOff, Unit: results.UnitShare}
	for _, w := range jittery {
		i := slices.IndexFunc(loaded, func(l results.Link) bool { return ends(l) == w.Ends })
		if i < 0 || loaded[i].Samples < minJitterSamples {
			continue
		}
		got := loaded[i].LinkTruth
		meanError, sdError := standardErrors(*w.asked, got.Samples)
		furthest(&mean, w.Ends, got.RealisedMeanNS/w.asked.Mean-1, meanError)
		if w.asked.SD >= 2*max(leastRealisedStep, realisedStep*w.asked.Mean) {
			furthest(&sd, w.Ends, got.RealisedSDNS/w.asked.SD-1, sdError)
		}
	}
	return slices.DeleteFunc([]results.Remark{mean, sd}, func(r results.Remark) bool { return r.Count == 0 })
}

// furthest counts a link whose figure is off by a share that matters and that is no
// chance.
func furthest(r *results.Remark, e results.Ends, off, standardError float64) {
	r.Of++
	if math.Abs(off) <= max(maxJitterOff, jitterErrors*standardError) {
		return
	}
	r.Count++
	if math.Abs(off) > math.Abs(r.Got) {
		r.Got, r.Link = off, &e
	}
}

// standardErrors of the mean and the standard deviation of so many delays, as
// shares of them. Successive delays that are correlated are worth fewer, those of a
// first-order process (1−ρ)/(1+ρ) of their number.
func standardErrors(m netem.Moments, samples int64) (mean, sd float64) {
	n := float64(samples) * (1 - m.Correlation) / (1 + m.Correlation)
	return m.SD / m.Mean / math.Sqrt(n), math.Sqrt((m.Kurtosis - 1) / (4 * n))
}
