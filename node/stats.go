package node

import (
	"github.com/hashicorp/raft"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// Stats is the node's account of itself since it started.
func (n *Node) Stats() control.Stats {
	s := n.counters(n.endpoint.Arrivals())
	s.StoreTime = n.stores.disk.storeTime.encode()
	return s
}

// Counters are Stats without its histograms.
func (n *Node) Counters() control.Stats { return n.counters(n.endpoint.Counts()) }

func (n *Node) counters(arrivals []netem.Arrival) control.Stats {
	at := n.machine.position()
	_, leader := n.raft.LeaderWithID()
	return control.Stats{
		AtNS:         clock.Now(),
		State:        n.raft.State().String(),
		Term:         n.raft.CurrentTerm(),
		Leader:       string(leader),
		LastIndex:    n.raft.LastIndex(),
		CommitIndex:  n.raft.CommitIndex(),
		Applied:      n.applied(),
		Revision:     at.revision,
		Voters:       n.voters(),
		Snapshots:    n.stores.snaps.stored.Load(),
		DurableIndex: n.stores.disk.durable.index(),
		Fsyncs:       n.stores.disk.fsyncs.Load(),
		HeldWrites:   n.stores.disk.stalls.writes(),
		HeldTime:     n.stores.disk.stalls.time(),
		Forwarded:    n.forwarded.Load(),
		Links:        linkStats(arrivals, n.opts.ID),
		// Links' waits and, where it is emulated, the disk's.
		InjectionCPU: n.endpoint.InjectionCPU() + clock.SleepCPU(),
	}
}

// linkStats is what came in, by sender. What a node sends itself crosses no
// link.
func linkStats(arrivals []netem.Arrival, to string) []control.LinkStats {
	links := make([]control.LinkStats, 0, len(arrivals))
	for _, a := range arrivals {
		if a.From == to {
			continue
		}
		links = append(links, control.LinkStats{
			From: a.From, To: to,
			Asked: a.Asked, Bytes: a.Bytes, Frames: a.Frames,
			Error: encodeHistogram(a.Error), Realised: encodeHistogram(a.Realised),
			Own: encodeHistogram(a.Own), CoreWait: encodeHistogram(a.CoreWait),
		})
	}
	return links
}

// applied is the index up to which the state machine holds everything. Raft's
// own applied index runs ahead of the machine (it counts what is handed over),
// and the machine never hears of no-ops and barriers: those that follow its
// last entry are counted here.
func (n *Node) applied() uint64 {
	index, handed := n.machine.position().index, n.raft.AppliedIndex()
	for index < handed {
		var next raft.Log
		if err := n.stores.logs.GetLog(index+1, &next); err != nil {
			break // compacted: the machine's index is the snapshot's
		}
		if next.Type == raft.LogCommand || next.Type == raft.LogConfiguration {
			break
		}
		index++
	}
	return index
}
