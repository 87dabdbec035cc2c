package configs

import (
	"time"

	"github.com/raftbench/raftbench/quorum"
)

// What a trial takes outside its windows, as seen on a host of two cores.
const (
	bootTime  = 700 * time.Millisecond // spawn, bind, elect
	auditTime = 500 * time.Millisecond // replicas agree, every key read back
)

// A setup's first trial searches for its capacity: it brackets a guess, bisects
// to 5 % and tells the latency at two rates below. Each of the others confirms
// what was found, a step above and maybe one below, and tells the same two. The
// windows are as many as a search at ease has, and some that were not.
const (
	searchProbes, confirmProbes = 12, 4
	tellingWindows              = 2
	guessTime                   = time.Second
)

// A probe lasts long enough for ten operations beyond the percentile that is
// limited, up to ten seconds; at how many operations a second is not known yet.
// A cluster on a slow disk carries some hundreds.
const (
	slowOps      = 300
	beyond       = 10
	longestProbe = 10 * time.Second
)

// Estimate is how long the whole plan takes when no trial is repeated; where a
// precision is asked for, at most.
func Estimate(p Plan) time.Duration {
	if p.Precision > 0 {
		return p.Budget
	}
	var sum time.Duration
	var together []Setup
	for _, s := range p.Setups {
		sum += time.Duration(p.Proofs) * TrialTime(s, true)
		switch {
		case p.Trials == 0:
		case s.SideBySide() && !p.Apart:
			together = append(together, s)
		default:
			sum += TrialTime(s, false) + time.Duration(p.Trials-1)*s.laterTrialTime()
		}
	}
	return sum + time.Duration(p.Trials)*BlockTime(together) + watchTime(p) + p.OutageTime() + p.safetyTime()
}

// What a block takes beside its windows: a setup boots in a while, the links of
// all are probed at once, and then all are left alone; each is audited.
const (
	blockBoot  = 200 * time.Millisecond // a setup
	blockAudit = 100 * time.Millisecond // a setup
	blockProbe = 500 * time.Millisecond
	revival    = 300 * time.Millisecond // of the dead of all setups, for the audit
	idleTime   = time.Second
)

// BlockTime is how long the setups of one block take side by side: their light
// windows are one, and full load has each of them in turn.
func BlockTime(setups []Setup) time.Duration {
	var light, sum, revive time.Duration
	for _, s := range setups {
		if s.Dead > 0 {
			revive = revival
		}
		w := s.Workload
		sum += blockBoot + w.Warmup/2 + blockAudit
		if s.Load != ModeCalm {
			sum += w.Saturate.Duration + w.Saturate.Duration/5 // the ramps
		}
		if s.Load != ModeSaturate {
			light = max(light, w.Warmup/2+w.Calm.Duration)
		}
	}
	if len(setups) == 0 {
		return 0
	}
	return sum + light + revive + blockProbe + idleTime
}

// TrialTime is how long one trial of a setup takes: a proof, or a measuring
// one, the first of its setup.
func TrialTime(s Setup, proof bool) time.Duration {
	if proof {
		return bootTime + proofTime(s) + auditTime
	}
	return bootTime + s.Workload.Warmup + s.Workload.windows() + auditTime
}

// laterTrialTime is that of a measuring trial when another of the setup is
// done: of capacity, it has less to look for.
func (s Setup) laterTrialTime() time.Duration {
	t := TrialTime(s, false)
	if w := s.Workload; w.Capacity.Percentile > 0 {
		t -= guessTime + (searchProbes-confirmProbes)*w.probeTime()
	}
	return t
}

// probeTime of a capacity search.
func (w Workload) probeTime() time.Duration {
	needs := time.Duration(beyond / (1 - w.Capacity.Percentile/100) / slowOps * float64(time.Second))
	return max(w.Calm.Duration, min(needs, longestProbe))
}

// proofTime is two failovers (about two election timeouts each, as simulated
// in quorum), the wait that shows the cluster blocked (the larger of 3 s and
// three election timeouts), the restart of all, and the loss of each site.
func proofTime(s Setup) time.Duration {
	election := s.Raft.ElectionTimeout
	blocked := max(3*time.Second, 3*election)
	failovers := 2 * election
	if quorum.Size(s.Nodes).Tolerates() > 0 {
		failovers += 2 * election
	}
	return failovers + blocked + time.Second + s.sitesTime()
}

// What the loss of a site takes beside elections: its members are started again
// and catch up.
const siteBack = 500 * time.Millisecond

// sitesTime is that of losing one site after another. The leader is lost with the
// first, and with one of the others again every second time; a site that the cluster
// needs is watched (the larger of 1 s and three election timeouts), and then a leader
// is elected.
func (s Setup) sitesTime() (sum time.Duration) {
	members := map[string]int{}
	for i := range s.Nodes {
		if site := s.Network.Site(i); site != "" {
			members[site]++
		}
	}
	if len(members) < 2 {
		return 0
	}
	failover := 2 * s.Raft.ElectionTimeout
	sum = 3 * failover / 2
	for _, n := range members {
		if sum += siteBack; quorum.Size(s.Nodes).NeedsSite(n) {
			sum += max(time.Second, 3*s.Raft.ElectionTimeout) + failover
		}
	}
	return sum
}

// windows is the length of all measuring windows.
func (w Workload) windows() time.Duration {
	switch {
	case w.Capacity.Percentile > 0:
		return guessTime + searchProbes*w.probeTime() + tellingWindows*w.Calm.Duration
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
