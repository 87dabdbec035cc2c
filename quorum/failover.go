package quorum

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Failover is an election of hashicorp/raft after members died, modelled as
// its code has it, which is not how the Raft paper has it:
//
//   - A follower's timer is drawn from [T, 2T) and drawn anew when it fires,
//     not at each heartbeat (runFollower in raft.go). It drops its leader when
//     the timer fires and nothing was heard for T.
//   - Heartbeats are T/10 to T/5 apart (heartbeat in replication.go).
//   - A voter that still has a leader refuses votes and pre-votes. So the
//     voter that completes the quorum of those that have dropped it is elected
//     as soon as it stands, whoever stood before.
//
// Split votes are left out: they need two candidates within one round trip,
// which is rare while round trips are well below T. Where they are not, the
// model is too fast.
type Failover struct {
	Nodes Size
	// Dead are the members that do not vote, the old leader among them.
	Dead int
	// Heartbeat is T, raft's HeartbeatTimeout.
	Heartbeat time.Duration
	// RTT between voters: an election takes two, pre-vote and vote.
	RTT time.Duration
	// Contact is the longest time between two messages of a leader under
	// load, where that is less than its heartbeats'; zero means idle.
	Contact time.Duration
}

// Election is how long after the leader's death things happen.
type Election struct {
	// Candidate is when the first follower stands, Elected when one has won.
	Candidate Prediction `json:"candidate"`
	Elected   Prediction `json:"elected"`
}

// Predict simulates elections. Too many dead for a quorum is an error. The
// same seed gives the same prediction.
func (f Failover) Predict(draws int, seed int64) (Election, error) {
	live := int(f.Nodes) - f.Dead
	switch {
	case f.Dead < 1:
		return Election{}, fmt.Errorf("got %d dead members, want at least the leader", f.Dead)
	case live < f.Nodes.Quorum():
		return Election{}, fmt.Errorf("%d of %d members are no quorum: got %d dead, want at most %d",
			live, f.Nodes, f.Dead, f.Nodes.Tolerates())
	case draws < 1 || draws > MaxDraws:
		return Election{}, fmt.Errorf("got %d draws, want 1 to %d", draws, MaxDraws)
	case f.Heartbeat <= 0:
		return Election{}, fmt.Errorf("got a heartbeat timeout of %s, want more than 0", f.Heartbeat)
	}
	r := rand.New(rand.NewPCG(uint64(seed), 1))
	candidate, elected := make([]time.Duration, draws), make([]time.Duration, draws)
	dropped := make([]time.Duration, live)
	for i := range draws {
		for j := range dropped {
			dropped[j] = f.drop(r)
		}
		slices.Sort(dropped)
		candidate[i] = dropped[0]
		elected[i] = dropped[f.Nodes.Quorum()-1] + 2*f.RTT
	}
	return Election{Candidate: summarise(candidate), Elected: summarise(elected)}, nil
}

// drop is when one follower gives its leader up, from the leader's death on.
func (f Failover) drop(r *rand.Rand) time.Duration {
	heardAgo := f.heardAgo(r)
	at := residual(r, f.Heartbeat, 2*f.Heartbeat)
	for at < f.Heartbeat-heardAgo {
		at += uniform(r, f.Heartbeat, 2*f.Heartbeat)
	}
	return at
}

// heardAgo is how long before its death the leader was last heard.
func (f Failover) heardAgo(r *rand.Rand) time.Duration {
	beat := residual(r, f.Heartbeat/10, f.Heartbeat/5)
	if f.Contact > 0 {
		return min(beat, uniform(r, 0, f.Contact))
	}
	return beat
}

// residual is how long after a random instant the next event comes, when
// events are [low, high) apart. An instant falls into a long interval more
// likely than into a short one, in proportion to its length.
func residual(r *rand.Rand, low, high time.Duration) time.Duration {
	for {
		interval := uniform(r, low, high)
		if r.Float64()*float64(high) < float64(interval) {
			return uniform(r, 0, interval)
		}
	}
}

// uniform in [low, high).
func uniform(r *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(r.Float64()*float64(high-low))
}
