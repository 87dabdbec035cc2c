package node

import (
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// tellProgress tells how far this node's log and its commit index reach: at once, and
// then at most once in `every` and only where one of them changed, until the node closes.
// It asks raft instead of standing in the way of an entry, so that it costs a write
// nothing.
func (n *Node) tellProgress(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var told control.Event
	for {
		now := control.Event{Kind: control.EventProgress, Index: n.raft.LastIndex(), Commit: n.raft.CommitIndex()}
		if now != told {
			told, now.AtNS = now, clock.Now()
			n.emit(now)
		}
		select {
		case <-n.closing.Done():
			return
		case <-tick.C:
		}
	}
}
