package quorum

import (
	"cmp"
	"slices"
	"time"
)

// PipelineBound is how many entries a second one follower's pipeline carries:
// at most inFlight batches of batch entries a round trip. With hashicorp/raft's
// defaults that is 2·64/R. It is 0, no bound, where the round trip is 0.
func PipelineBound(batch, inFlight int, rtt time.Duration) float64 {
	if rtt <= 0 {
		return 0
	}
	return float64(batch) * float64(max(1, inFlight)) / rtt.Seconds()
}

// Resource is what bounds how many writes a second a cluster carries.
type Resource string

// The resources that a write takes of.
const (
	ResourcePipeline Resource = "pipeline" // what raft keeps unanswered to a follower
	ResourceDisk     Resource = "disk"     // the leader's log, one batch after the other
	ResourceNetwork  Resource = "network"  // what the leader sends its followers
	ResourceCPU      Resource = "cpu"
)

// Demand is what writes take, as far as it is known; a zero takes nothing and bounds
// nothing.
type Demand struct {
	// Batch is how many entries go into one AppendEntries, and into one write of the
	// leader's log (MaxAppendEntries); InFlight how many AppendEntries may be unanswered
	// to one follower.
	Batch, InFlight int
	// RTT to the follower that completes the quorum.
	RTT time.Duration
	// Store is how long the leader's log takes for one batch.
	Store time.Duration
	// Followers are sent EntryBytes of each write, each over a link of Rate bits a
	// second; SharedRate is that of the leader's card, which all of them share.
	Followers        int
	EntryBytes       float64
	Rate, SharedRate float64
	// CPU is what one write takes of all processes of one machine with so many Cores.
	CPU   time.Duration
	Cores float64
}

// Bound is the most writes a second that one resource carries.
type Bound struct {
	Resource Resource `json:"resource"`
	Ops      float64  `json:"ops"`
}

// Bounds are those that are known, the tightest first. A cluster carries no more than
// the first; near it writes queue.
func (d Demand) Bounds() []Bound {
	batch := float64(max(1, d.Batch))
	var out []Bound
	add := func(r Resource, ops float64) {
		if ops > 0 {
			out = append(out, Bound{r, ops})
		}
	}
	if d.Followers > 0 {
		add(ResourcePipeline, PipelineBound(max(1, d.Batch), d.InFlight, d.RTT))
		if d.EntryBytes > 0 {
			copies := float64(d.Followers)
			add(ResourceNetwork, leastAbove0(d.Rate, d.SharedRate/copies)/8/d.EntryBytes)
		}
	}
	if d.Store > 0 {
		add(ResourceDisk, batch/d.Store.Seconds())
	}
	if d.CPU > 0 {
		add(ResourceCPU, max(1, d.Cores)/d.CPU.Seconds())
	}
	slices.SortStableFunc(out, func(a, b Bound) int { return cmp.Compare(a.Ops, b.Ops) })
	return out
}

// leastAbove0 of two, of which 0 is none.
func leastAbove0(a, b float64) float64 {
	if a <= 0 || b > 0 && b < a {
		return b
	}
	return a
}
