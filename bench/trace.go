package bench

import (
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
