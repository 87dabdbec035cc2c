package configs

import (
	"fmt"
	"strconv"
	"time"

	"github.com/raftbench/raftbench/quorum"
)

// Acceleration is a watch in minutes of what a setup lives through in a year: all its
// times a scale shorter, and its pauses and stalls as frequent as can be told apart.
type Acceleration struct {
	// Scale divides the timeouts, the links' delays and jitter, the time of a sync and
	// the lengths of pauses and stalls.
	Scale int
	// Timeouts and Sync are those that are set where time is not scaled.
	Timeouts quorum.Timeouts
	Sync     time.Duration
	// Pauses and Stall are made as they stand here: their times are scaled already.
	// A Stall of no length is none.
	Pauses []quorum.Interruption
	Stall  quorum.Interruption
	// Watches are so many clusters at once, for so long each.
	Watches int
	For     time.Duration
}

// acceleratedRate of writes a second is so low that no follower hears of its leader by
// writes that a quiet cluster would not have.
const acceleratedRate = 1

// Accelerated is the experiment that watches the setup so, over the base's network,
// size and seed.
func (s Setup) Accelerated(base Experiment, a Acceleration) Experiment {
	e := base
	by := func(d time.Duration) List[Duration] { return One(Duration(d / time.Duration(a.Scale))) }
	e.Name = "advised-timeouts"
	e.Label = fmt.Sprintf("Accelerated: all times are 1/%d as long as those that are asked about, and pauses and stalls far more frequent.", a.Scale)
	if a.Scale == 1 {
		e.Label = "Accelerated: pauses and stalls are far more frequent than those that are asked about."
	}
	e.Trials, e.Proofs, e.Precision, e.Budget = 0, 0, 0, 0
	e.Raft.HeartbeatTimeout, e.Raft.ElectionTimeout, e.Raft.LeaderLeaseTimeout = by(a.Timeouts.Heartbeat), by(a.Timeouts.Election), by(a.Timeouts.Lease)
	e.Raft.CommitTimeout = by(s.Raft.CommitTimeout)
	e.Storage.Sync = One(Sync(a.Sync / time.Duration(a.Scale)))
	if a.Stall.Length > 0 {
		e.Storage.StallLength, e.Storage.StallEvery = One(Duration(a.Stall.Length)), One(Duration(a.Stall.Every))
	}
	e.Network.Links = s.scaledLinks(a.Scale)
	e.Watch = WatchSet{Duration: Duration(a.For), Rate: One(Rate(acceleratedRate)), Pauses: []Pause{}}
	for _, p := range a.Pauses {
		e.Watch.Pauses = append(e.Watch.Pauses, Pause{Duration(p.Length), Duration(p.Every)})
	}
	e.Arms = []Arm{}
	for i := range a.Watches {
		if a.Watches > 1 {
			e.Arms = append(e.Arms, Arm{Name: "watch" + strconv.Itoa(i+1), Set: Settings{}})
		}
	}
	return e
}

// MostWatches of one setup can run at once.
func (s Setup) MostWatches() int { return max(1, min(maxArms, MostWatched/s.Nodes)) }

// scaledLinks are those between the sites at which members stand, with their delays and
// jitter so much shorter.
func (s Setup) scaledLinks(scale int) []Link {
	out := []Link{}
	seen := map[[2]string]bool{}
	for i := range s.Nodes {
		for j := range s.Nodes {
			ends, shape := [2]string{s.Network.Site(i), s.Network.Site(j)}, s.shape(i, j)
			if i == j || seen[ends] || shape.Delay+shape.Jitter == 0 {
				continue
			}
			seen[ends] = true
			l := Link{From: ends[0], To: ends[1], Delay: One(Duration(shape.Delay / time.Duration(scale)))}
			if shape.Jitter > 0 {
				l.Jitter = One(Duration(shape.Jitter / time.Duration(scale)))
			}
			out = append(out, l)
		}
	}
	return out
}

// Loses tells whether a link between members loses anything.
func (s Setup) Loses() bool {
	for i := range s.Nodes {
		for j := range s.Nodes {
			if i != j && s.shape(i, j).Loss > 0 {
				return true
			}
		}
	}
	return false
}
