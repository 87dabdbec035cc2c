package configs

import (
	"time"

	"github.com/raftbench/raftbench/quorum"
)

// What a trial takes outside its windows, as seen on a host of two cores.
const (
	bootTime  = 700 * time.Millisecond // spawn, bind, elect
	auditTime = 500 * time.Millisecond // replicas agree, every key read back
	// A capacity search brackets, bisects to 5 % and confirms three times.
	capacityWindows = 14
)

// Estimate is how long the whole plan takes when no trial is repeated.
func Estimate(p Plan) time.Duration {
	var sum time.Duration
	for _, s := range p.Setups {
		sum += time.Duration(p.Trials)*TrialTime(s, false) + time.Duration(p.Proofs)*TrialTime(s, true)
	}
	return sum
}

// TrialTime is how long one trial of a setup takes: a proof, or a measuring
// one.
func TrialTime(s Setup, proof bool) time.Duration {
	if proof {
		return bootTime + proofTime(s) + auditTime
	}
	return bootTime + s.Workload.Warmup + s.Workload.windows() + auditTime
}

// proofTime is two failovers (about two election timeouts each, as simulated
// in quorum), the wait that shows the cluster blocked (the larger of 3 s and
// three election timeouts), and the restart of all.
func proofTime(s Setup) time.Duration {
	election := s.Raft.ElectionTimeout
	blocked := max(3*time.Second, 3*election)
	failovers := 2 * election
	if quorum.Size(s.Nodes).Tolerates() > 0 {
		failovers += 2 * election
	}
	return failovers + blocked + time.Second
}

// windows is the length of all measuring windows.
func (w Workload) windows() time.Duration {
	switch {
	case w.Capacity.Percentile > 0:
		return capacityWindows*w.Calm.Duration + w.Saturate.Duration
	case len(w.Sweep) > 0:
		return time.Duration(len(w.Sweep)) * w.Calm.Duration
	}
	var sum time.Duration
	if w.Calm.Rate > 0 {
		sum += w.Calm.Duration
	}
	if w.Saturate.Clients > 0 {
		sum += w.Saturate.Duration
	}
	return sum
}
