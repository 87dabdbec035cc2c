package configs

import (
	"fmt"
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/quorum"
)

// checkTimeouts refuses what cannot work: an order of timeouts that raft
// refuses, and a lease that a healthy leader loses. An experiment that only
// watches may look for the latter.
func (c combination) checkTimeouts(s Setup, n *network) mistakes {
	if s.Engine != EngineHashicorp {
		return nil
	}
	if errs := c.checkOrder(s); len(errs) > 0 {
		return errs
	}
	rtt, reason := n.slowest, n.reason
	if s.Nodes == 1 || c.onlyWatches() || s.Raft.LeaderLeaseTimeout > smallestLease(rtt, s.Raft.HeartbeatTimeout) {
		return nil
	}
	where := "in profile " + s.Network.Name
	paths := []string{c.at("raft.leader_lease_timeout"), c.at("raft.heartbeat_timeout"), c.at("network.profile")}
	if i := c.slowLink(s, n); i >= 0 {
		link := fmt.Sprintf("network.links[%d]", i)
		where = "over " + c.Network.Links[i].name()
		paths = []string{c.at(link + ".delay"), c.at(link + ".jitter"), link}
		if l := c.Network.Links[i]; 3*l.Jitter.First() > l.Delay.First() {
			paths[0], paths[1] = paths[1], paths[0]
		}
	}
	e := c.origin.mistake(
		fmt.Sprintf("a leader_lease_timeout of %s is too short, want more than %s: a round trip of %s %s (%s), and a fifth of heartbeat_timeout %s",
			short(s.Raft.LeaderLeaseTimeout), short(smallestLease(rtt, s.Raft.HeartbeatTimeout)),
			short(rtt), where, reason+s.jittery(), short(s.Raft.HeartbeatTimeout)),
		leaseAdvice(rtt, s.Raft.HeartbeatTimeout), paths...)
	e.rank = rtt // what does for the longest does for all
	return mistakes{e}
}

// slowLink is the changed link without which the lease would do: the one that
// alone makes the longest round trip; -1 where the profile's own are too long.
func (c combination) slowLink(s Setup, n *network) int {
	if n.bottleneck == nil {
		n.bottleneck = &bottleneck{without: c.slowestOver(s, nil), link: -1}
		longest := n.bottleneck.without
		for i := range c.Network.Links {
			if rtt := c.slowestOver(s, c.Network.Links[i:i+1]); rtt > longest || n.bottleneck.link < 0 {
				longest, n.bottleneck.link = rtt, i
			}
		}
	}
	if s.Raft.LeaderLeaseTimeout <= smallestLease(n.bottleneck.without, s.Raft.HeartbeatTimeout) {
		return -1
	}
	return n.bottleneck.link
}

// slowestOver is the longest round trip to a quorum with these links changed.
func (c combination) slowestOver(s Setup, links []Link) time.Duration {
	c.Network.Links = links
	s.Links = c.links(s)
	rtt, _ := s.slowestQuorum(c.kills())
	return rtt
}

// kills tells whether members are killed, so that any survivor may lead.
func (c combination) kills() bool {
	return c.Proofs > 0 || len(c.Faults) > 0 || c.Outages.Repeat > 0 || c.safe()
}

// checkOrder holds hashicorp/raft's own rule (ValidateConfig in config.go).
func (c combination) checkOrder(s Setup) mistakes {
	var errs mistakes
	heartbeat, lease, election := s.Raft.HeartbeatTimeout, s.Raft.LeaderLeaseTimeout, s.Raft.ElectionTimeout
	if lease > heartbeat {
		errs = append(errs, c.origin.mistake(
			fmt.Sprintf("a leader_lease_timeout of %s is above heartbeat_timeout %s", short(lease), short(heartbeat)),
			"raft wants leader_lease_timeout ≤ heartbeat_timeout ≤ election_timeout",
			c.at("raft.leader_lease_timeout"), c.at("raft.heartbeat_timeout")))
	}
	if heartbeat > election {
		errs = append(errs, c.origin.mistake(
			fmt.Sprintf("an election_timeout of %s is below heartbeat_timeout %s", short(election), short(heartbeat)),
			"raft wants leader_lease_timeout ≤ heartbeat_timeout ≤ election_timeout",
			c.at("raft.election_timeout"), c.at("raft.heartbeat_timeout")))
	}
	return errs
}

// smallestLease is the longest silence between two answers of a healthy
// follower. A heartbeat is sent up to a fifth of the heartbeat timeout after
// the last one was answered (replication.go of hashicorp/raft:
// randomTimeout(HeartbeatTimeout/10)), and its answer takes a round trip.
func smallestLease(rtt, heartbeat time.Duration) time.Duration { return rtt + heartbeat/5 }

// leaseAdvice names the smallest lease for this heartbeat timeout, and the
// smallest timeouts of all. With lease = heartbeat = T the rule reads
// T > rtt + T/5, or T > 5/4 rtt.
func leaseAdvice(rtt, heartbeat time.Duration) string {
	all := roundUp(rtt * 5 / 4)
	text := fmt.Sprintf("the smallest that would do: leader_lease_timeout, heartbeat_timeout and election_timeout %s each", short(all))
	if lease := roundUp(smallestLease(rtt, heartbeat)); lease <= heartbeat {
		text += fmt.Sprintf("; or leader_lease_timeout %s with heartbeat_timeout %s", short(lease), short(heartbeat))
	}
	return text
}

// roundUp to the next 10 ms above d, so that the rule holds strictly.
func roundUp(d time.Duration) time.Duration {
	const step = 10 * time.Millisecond
	return (d/step + 1) * step
}

// jittery tells that the round trips count more than their mean.
func (s Setup) jittery() string {
	for _, from := range s.Links {
		for _, shape := range from {
			if shape.Jitter > 0 {
				return ", jitter counted three times"
			}
		}
	}
	return ""
}

// slowestQuorum is the round trip to the member that completes a quorum, as
// long as it can become, and why. Where members are killed any survivor may
// lead, and in the end the quorum needs every survivor: the longest round trip
// between any two counts.
func (s Setup) slowestQuorum(kills bool) (time.Duration, string) {
	var slowest time.Duration
	for i := range s.Nodes {
		if s.Leader != AnyLeader && s.Network.Site(i) != s.Leader && !kills {
			continue
		}
		rtts := s.roundTrips(i)
		if kills && quorum.Size(s.Nodes).Tolerates() > 0 {
			for _, rtt := range rtts {
				slowest = max(slowest, rtt)
			}
			continue
		}
		slowest = max(slowest, quorum.CompletingRTT(rtts, s.Nodes))
	}
	switch {
	case kills:
		return slowest, "the longest: after kills any member may lead, and it needs every survivor"
	case s.Leader == AnyLeader:
		return slowest, "to the quorum, from the worst place for a leader"
	}
	return slowest, "from the leader to its quorum"
}

// writesPerVote are the store's transactions before a vote is given: hashicorp/raft
// writes the term once and the vote twice (setCurrentTerm and persistVote in raft.go).
const writesPerVote = 3

// tooSlow tells of an emulated disk under which nobody is elected, and of operations
// that are given up before they can be done.
func (s Setup) tooSlow() []string {
	var out []string
	vote, election := writesPerVote*s.storeTime(0), s.Raft.ElectionTimeout
	if s.Engine == EngineHashicorp && s.Nodes > 1 && vote >= election {
		out = append(out, fmt.Sprintf("storage.sync: none may be elected: with %s for a sync a vote takes %s to write, and the election_timeout is %s",
			short(s.Storage.EmulatedSync), short(vote), short(election)))
	}
	write := s.storeTime(0)
	if s.Nodes > 1 {
		write += quorum.CompletingRTT(s.roundTripsWithoutJitter(s.leaderIndex()), s.Nodes)
		if s.Engine == EngineHashicorp {
			write += s.storeTime(0)
		}
	}
	if limit := s.Workload.Timeout; limit > 0 && limit < write {
		out = append(out, fmt.Sprintf("workload.timeout: hardly a write is answered within %s: its round trip and syncs take %s", short(limit), short(write)))
	}
	return out
}

func (s Setup) roundTripsWithoutJitter(i int) []time.Duration {
	var rtts []time.Duration
	for j := range s.Nodes {
		if j != i {
			rtts = append(rtts, s.Links[control.MemberID(i)][control.MemberID(j)].Delay+s.Links[control.MemberID(j)][control.MemberID(i)].Delay)
		}
	}
	return rtts
}

// roundTrips from member i to each of the others. Jitter counts three times,
// pessimistically: 99.9 % of a normal distribution, all of a uniform one.
func (s Setup) roundTrips(i int) []time.Duration {
	var rtts []time.Duration
	for j := range s.Nodes {
		if j != i {
			rtts = append(rtts, s.oneWay(i, j)+s.oneWay(j, i))
		}
	}
	return rtts
}

func (s Setup) oneWay(i, j int) time.Duration {
	shape := s.Links[control.MemberID(i)][control.MemberID(j)]
	return shape.Delay + 3*shape.Jitter
}
