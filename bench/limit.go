package bench

import (
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// A resource counts as the limit when it was used for this share of a window.
const saturated = 0.85

// limitOf names what kept a window from carrying more; nil where nothing was
// near its end.
func limitOf(w *results.Window, c cost, s configs.Setup, leader string) *results.Limit {
	if w.HostBusy >= saturated {
		return &results.Limit{Resource: results.LimitCPU, User: largestUser(c, leader), Used: w.HostBusy}
	}
	if busy := storeBusy(c, leader); busy >= saturated {
		return &results.Limit{Resource: results.LimitStore, Used: busy}
	}
	if full := fullLink(c, s); full != nil {
		return full
	}
	if bound := pipelineBound(s, leader); bound > 0 && w.ThroughputOps >= saturated*bound {
		return &results.Limit{Resource: results.LimitPipeline, MaxOps: bound, Used: w.ThroughputOps / bound}
	}
	return nil
}

// largestUser compares the leader, all followers together, the generator, and
// everything that is not ours.
func largestUser(c cost, leader string) string {
	var followers time.Duration
	for id, d := range c.cpu {
		if id != leader {
			followers += d
		}
	}
	user, most := results.UserLeader, c.cpu[leader]
	if followers > most {
		user, most = results.UserFollowers, followers
	}
	if c.client > most {
		user, most = results.UserClient, c.client
	}
	if foreign := c.host.Foreign; foreign != nil && *foreign > most {
		user = results.UserForeign
	}
	return user
}

// fullLink is the first link that carried nearly its rate.
func fullLink(c cost, s configs.Setup) *results.Limit {
	for _, l := range c.links {
		rate := s.Links[l.From][l.To].Rate
		if rate == 0 || c.length == 0 {
			continue
		}
		used := float64(8*l.Bytes) / c.length.Seconds() / float64(rate)
		if used >= saturated {
			return &results.Limit{Resource: results.LimitLink, Link: &results.Ends{From: l.From, To: l.To}, Used: used}
		}
	}
	return nil
}

// storeBusy is the share of the window that the leader spent writing its log.
func storeBusy(c cost, leader string) float64 {
	h := c.store[leader]
	if h == nil || c.length == 0 {
		return 0
	}
	return h.Mean() * float64(h.TotalCount()) / float64(c.length)
}

// pipelineBound is how many entries a second fit a follower's pipeline: at
// most MaxRPCsInFlight batches of MaxAppendEntries entries a round trip, to
// the follower that completes the quorum. Zero means no bound.
func pipelineBound(s configs.Setup, leader string) float64 {
	return quorum.PipelineBound(s.Raft.MaxAppendEntries, s.Raft.MaxRPCsInFlight, quorumRTT(s, leader))
}

// quorumRTT is the emulated round trip from the leader to the follower, of those
// that live, that completes its quorum.
func quorumRTT(s configs.Setup, leader string) time.Duration {
	var rtts []time.Duration
	for _, id := range byDistance(s, leader)[s.Dead:] {
		rtts = append(rtts, tripBetween(s, leader, id))
	}
	return quorum.CompletingRTT(rtts, s.Nodes)
}
