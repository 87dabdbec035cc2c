package configs

import (
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/quorum"
)

// WithTimeouts is the setup with raft's timeouts changed, that what they get can
// be predicted.
func (s Setup) WithTimeouts(t quorum.Timeouts) Setup {
	s.Raft.HeartbeatTimeout, s.Raft.ElectionTimeout, s.Raft.LeaderLeaseTimeout = t.Heartbeat, t.Election, t.Lease
	return s
}

// OfEngine is the setup under another engine's rules.
func (s Setup) OfEngine(engine string) Setup {
	s.Engine = engine
	return s
}

// Allows tells whether an experiment may have these timeouts in this setup.
func (s Setup) Allows(t quorum.Timeouts) bool {
	rtt, _ := s.slowestQuorum(false)
	return t.Lease > smallestLease(rtt, t.Heartbeat)
}

// leastRTO is how long TCP waits before it sends a lost segment again: Linux's
// TCP_RTO_MIN.
const leastRTO = 200 * time.Millisecond

// Healthy is this setup while nothing fails, with what interrupts its processes,
// to estimate how often its leader loses its place. The disks stall as its storage
// says.
func (s Setup) Healthy(pauses []quorum.Interruption) quorum.Healthy {
	h := quorum.Healthy{
		Nodes: quorum.Size(s.Nodes), Leader: s.leaderIndex(), Lease: s.Raft.LeaderLeaseTimeout,
		Rules: s.rules(), OneWay: s.Failover(0).OneWay, RTO: leastRTO, Pauses: pauses,
		Farthest: func(from, to int) time.Duration { return farthest(s.shape(from, to)) },
		Loss:     func(from, to int) float64 { return s.shape(from, to).Loss },
	}
	if s.Storage.StallLength > 0 {
		h.Stalls = []quorum.Interruption{{Length: s.Storage.StallLength, Every: s.Storage.StallEvery}}
	}
	return h
}

func (s Setup) shape(from, to int) netem.Shape {
	return s.Links[control.MemberID(from)][control.MemberID(to)]
}

// farthest is the longest delay of a shape: a uniform jitter ends at once itself,
// and the others where tc's tables do, at four times.
func farthest(s netem.Shape) time.Duration {
	if s.Distribution == netem.Uniform || s.Distribution == "" {
		return s.Delay + s.Jitter
	}
	return s.Delay + 4*s.Jitter
}
