package configs

import (
	"math/rand/v2"
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
	// Failover after the leader's death; nil where nothing is tolerated.
	Failover *quorum.Election `json:"failover"`
}

// forecastDraws settle a median to well under a percent.
const forecastDraws = 20_000

// syncsPerWrite: bbolt syncs its data pages and then its meta page in every
// write transaction (tx.go, Commit).
const syncsPerWrite = 2

// Forecast predicts with the time that one sync of a disk takes here, which a
// setup with an emulated or no disk does not need: a write to the log store
// syncs twice. A jitter that is
// not uniform is drawn as normal.
func (s Setup) Forecast(sync time.Duration, seed int64) (Forecast, error) {
	leader := s.leaderIndex()
	rtts := make([]time.Duration, 0, s.Nodes)
	write := quorum.Write{
		LeaderSync: quorum.Fixed(s.storeTime(sync)),
		Client:     s.roundTrip(control.ClientLink, control.MemberID(leader)),
		Overlap:    s.Engine == EngineEtcd,
	}
	for i := range s.Nodes {
		if i == leader {
			continue
		}
		there, back := s.Links[control.MemberID(leader)][control.MemberID(i)], s.Links[control.MemberID(i)][control.MemberID(leader)]
		rtts = append(rtts, there.Delay+back.Delay)
		write.Followers = append(write.Followers,
			quorum.Sum(s.roundTrip(control.MemberID(leader), control.MemberID(i)), quorum.Fixed(s.storeTime(sync))))
	}
	size := quorum.Size(s.Nodes)
	f := Forecast{
		Nodes: s.Nodes, Quorum: size.Quorum(), Tolerates: size.Tolerates(),
		QuorumRTT: quorum.CompletingRTT(rtts, s.Nodes),
	}
	f.PipelineOps = quorum.PipelineBound(s.Raft.MaxAppendEntries, s.Raft.MaxRPCsInFlight, f.QuorumRTT)
	var err error
	if f.Write, err = write.Predict(forecastDraws, seed); err != nil || f.Tolerates == 0 {
		return f, err
	}
	election, err := quorum.Failover{
		Nodes: size, Dead: 1, Heartbeat: s.Raft.HeartbeatTimeout, RTT: f.QuorumRTT,
	}.Predict(forecastDraws, seed)
	f.Failover = &election
	return f, err
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
	return syncsPerWrite * sync
}

func (s Setup) roundTrip(a, b string) quorum.Draw {
	return quorum.Sum(oneWay(s.Links[a][b]), oneWay(s.Links[b][a]))
}

func oneWay(shape netem.Shape) quorum.Draw {
	if shape.Jitter == 0 {
		return quorum.Fixed(shape.Delay)
	}
	return func(r *rand.Rand) time.Duration {
		factor := r.NormFloat64()
		if shape.Distribution == netem.Uniform || shape.Distribution == "" {
			factor = 2*r.Float64() - 1
		}
		return max(0, shape.Delay+time.Duration(factor*float64(shape.Jitter)))
	}
}
