package bench

import (
	"slices"
	"time"

	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// latencies of a trace, in the order in which its operations were due, and
// whether all of them were answered.
func latencies(trace []loadgen.Sample) (ns []float64, answered bool) {
	ns, answered = make([]float64, len(trace)), true
	for i, s := range trace {
		ns[i] = float64(s.Latency)
		answered = answered && s.Latency != loadgen.Never
	}
	return ns, answered
}

// worth is what an operation of a window is worth, as a share of an independent
// one. Of a trace that was thinned it is what is left over all that there were: a
// bound from below.
func worth(rec loadgen.Recording) float64 {
	ns, _ := latencies(rec.Trace)
	all := max(int64(len(ns)), rec.Completed+rec.FailedWrites+rec.FailedReads, 1)
	return stats.Effective(ns) / float64(all)
}

// arrivals tells how unlike what was sent is a Poisson process of so many
// operations a second; nil where there were too few to tell.
func arrivals(sent []time.Duration, rate float64) *results.Arrivals {
	sent = slices.Sorted(slices.Values(sent)) // one may overtake another
	gaps := make([]float64, max(0, len(sent)-1))
	for i := range gaps {
		gaps[i] = (sent[i+1] - sent[i]).Seconds()
	}
	a, err := stats.PoissonGaps(gaps, rate)
	if err != nil {
		return nil
	}
	return &results.Arrivals{P: a.P, OffShare: a.Off, Gaps: int64(len(gaps))}
}

// steadiness of a window; nil where its operations are too few to tell, or some
// failed: then there is worse to be said.
func steadiness(trace []loadgen.Sample) *results.Steadiness {
	ns, answered := latencies(trace)
	if !answered {
		return nil
	}
	s, err := stats.Steady(ns)
	if err != nil {
		return nil
	}
	out := results.Steadiness(s)
	return &out
}
