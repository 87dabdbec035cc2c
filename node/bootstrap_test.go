package node

import (
	"fmt"
	"testing"
	"time"

	"github.com/raftbench/raftbench/control"
)

// TestFirstElectionAtOnce: a bootstrapped node leads although its heartbeat
// timeout is far off, also where every message would be lost, and what it sent
// itself for that is no link.
func TestFirstElectionAtOnce(t *testing.T) {
	unhurried := func(o *control.Options) {
		o.Raft.HeartbeatTimeout, o.Raft.ElectionTimeout = time.Hour, time.Hour
		o.Probe = time.Millisecond
	}
	for _, size := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d nodes", size), func(t *testing.T) {
			nodes := startCluster(t, size, unhurried)
			if term := nodes[0].raft.CurrentTerm(); nodes[0].opts.ID != "n1" || term != 2 {
				t.Errorf("%s leads in term %d, want n1 in 2: the bootstrap's is 1", nodes[0].opts.ID, term)
			}
			for _, l := range nodes[0].Stats().Links {
				if l.From == l.To {
					t.Errorf("link of %s to itself: %+v", l.From, l)
				}
			}
		})
	}
	t.Run("all messages lost", func(t *testing.T) {
		startCluster(t, 1, func(o *control.Options) {
			unhurried(o)
			o.MessageFaults = &control.MessageFaults{Drop: 1}
		})
	})
}
