package configs

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/quorum"
)

// Forecast is what theory says of a setup before it is run. All of it is a
// floor or a bound: processors, queues and a shared disk only make it worse.
type Forecast struct {
	Nodes     int `json:"nodes"`
	Quorum    int `json:"quorum"`
	Tolerates int `json:"tolerates"`
	// QuorumRTT is the mean round trip to the follower that completes the
	// quorum.
	QuorumRTT time.Duration `json:"quorum_rtt_ns"`
	// Write is a lone write, from the load generator and back.
	Write quorum.Prediction `json:"write"`
	// PipelineOps is how many writes a second fit the pipeline to that
	// follower; 0 is no bound.
	PipelineOps float64 `json:"pipeline_ops"`
	// Failover after the leader's death; nil where nothing is tolerated, or nobody
	// is elected, which NotElected then says.
	Failover   *quorum.Election `json:"failover"`
	NotElected string           `json:"not_elected,omitempty"`
}

// SyncsPerWrite of the log store: bbolt syncs its data pages and then its meta page in every
// write transaction (tx.go, Commit).
const SyncsPerWrite = 2

// Forecast predicts with the time that one sync of a disk takes here, which a
// setup with an emulated or no disk does not need: a write to the log store
// syncs twice.
func (s Setup) Forecast(sync time.Duration, seed int64) (Forecast, error) {
	rtts, store := s.roundTripsWithoutJitter(s.leaderIndex()), s.storeTime(sync)
	size := quorum.Size(s.Nodes)
	f := Forecast{
		Nodes: s.Nodes, Quorum: size.Quorum(), Tolerates: size.Tolerates(),
		QuorumRTT: quorum.CompletingRTT(rtts, s.Nodes),
	}
	f.PipelineOps = quorum.PipelineBound(s.Raft.MaxAppendEntries, s.Raft.MaxRPCsInFlight, f.QuorumRTT)
	f.Write = s.WriteLaw(WriteTimes{LeaderLog: store, Follower: store}).Summary()
	if f.Tolerates == 0 {
		return f, nil
	}
	if s.Nodes > quorum.MaxMembers {
		f.NotElected = fmt.Sprintf("elections of more than %d members are not simulated", quorum.MaxMembers)
		return f, nil
	}
	election, err := s.Failover(sync).Predict(failoverDraws, seed)
	switch {
	case errors.Is(err, quorum.ErrNotElected):
		f.NotElected, err = err.Error(), nil
	case err == nil:
		f.Failover = &election
	}
	return f, err
}

// FollowerTrips are the round trips of the links from the leader to each follower, in the
// order of their medians.
func (s Setup) FollowerTrips() []quorum.Law {
	leader := control.MemberID(s.leaderIndex())
	trips := make([]quorum.Law, 0, s.Nodes)
	for i := range s.Nodes {
		if id := control.MemberID(i); id != leader {
			trips = append(trips, s.roundTrip(leader, id))
		}
	}
	slices.SortStableFunc(trips, func(a, b quorum.Law) int { return cmp.Compare(a.Quantile(0.5), b.Quantile(0.5)) })
	return trips
}

// WriteTimes is what a write takes beside the links: code and its client's path, the
// leader's log, and all that a follower does.
type WriteTimes struct{ Code, LeaderLog, Follower time.Duration }

// WriteLaw of a lone write, from the load generator and back.
func (s Setup) WriteLaw(t WriteTimes) quorum.Law {
	leader := control.MemberID(s.leaderIndex())
	w := quorum.Write{
		LeaderSync: quorum.Always(t.LeaderLog), Client: s.roundTrip(control.ClientLink, leader), Apply: quorum.Always(t.Code),
		Overlap: s.Engine == EngineEtcd,
	}
	for i := range s.Nodes {
		if id := control.MemberID(i); id != leader {
			w.Followers = append(w.Followers, s.roundTrip(leader, id).Plus(quorum.Always(t.Follower)))
		}
	}
	return w.Law()
}

// failoverDraws settle the median of an outage to a percent, its p99 to a few.
const failoverDraws = 3000

// Failover is the death of this setup's leader, all others alive, to be
// simulated.
func (s Setup) Failover(sync time.Duration) quorum.Failover {
	return quorum.Failover{
		Nodes: quorum.Size(s.Nodes), Dead: 1, Leader: s.leaderIndex(), Rules: s.rules(),
		Store: s.storeTime(sync),
		OneWay: func(from, to int) quorum.Draw {
			if from == to {
				return quorum.Fixed(0)
			}
			return OneWay(s.Links[control.MemberID(from)][control.MemberID(to)]).Draw()
		},
	}
}

// rules by which the setup's members elect; etcd runs with its own defaults
// (etcd.io/docs, tuning: a heartbeat of 100 ms, an election timeout of 1 s).
func (s Setup) rules() quorum.Rules {
	if s.Engine == EngineEtcd {
		return quorum.Etcd(100*time.Millisecond, time.Second)
	}
	r := quorum.HashiCorp(quorum.Timeouts{
		Heartbeat: s.Raft.HeartbeatTimeout, Election: s.Raft.ElectionTimeout, Lease: s.Raft.LeaderLeaseTimeout,
	})
	r.PreVote = !s.Raft.PreVoteDisabled
	r.CommitIndex, r.InFlight = quorum.Twice(s.Raft.CommitTimeout), s.Raft.MaxRPCsInFlight
	return r
}

// leaderIndex is the first member at the leader's site, or the first of all.
func (s Setup) leaderIndex() int {
	for i := range s.Nodes {
		if s.Network.Site(i) == s.Leader {
			return i
		}
	}
	return 0
}

// storeTime is how long one write to the log store takes.
func (s Setup) storeTime(sync time.Duration) time.Duration {
	switch {
	case s.Storage.Store != control.StoreBolt:
		return 0
	case s.Storage.EmulatedSync > 0:
		sync = s.Storage.EmulatedSync
	}
	return SyncsPerWrite * sync
}

func (s Setup) roundTrip(a, b string) quorum.Law {
	return OneWay(s.Links[a][b]).Plus(OneWay(s.Links[b][a]))
}

// quantiles of a jitter that stand for it.
const quantiles = 2000

// OneWay is the law of one frame's delay on a link, behind no other frame: what loss
// and a rate add is not in it.
func OneWay(shape netem.Shape) quorum.Law {
	if shape.Jitter == 0 {
		return quorum.Always(shape.Delay)
	}
	var delays []time.Duration
	for _, d := range shape.Quantiles(quantiles) {
		delays = append(delays, time.Duration(d))
	}
	return quorum.Observed(delays)
}
