package node

import (
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// heldTick is how often a node looks whether it ran when it should have: a few
// hundred wake-ups a second would be load of their own.
const heldTick = 5 * time.Millisecond

// tellHeld tells each time that this process was ready and did not run for at
// least so long, until the node closes: its host had no core for it, the
// hypervisor none for the host, or its own runtime was busy. Whatever raft's
// goroutines had to do then, they did as much later, so that a leader that loses
// its place just then may have lost it to that.
func (n *Node) tellHeld(least time.Duration) {
	tick := time.NewTimer(heldTick)
	defer tick.Stop()
	for {
		due := clock.Now() + heldTick.Nanoseconds()
		tick.Reset(heldTick)
		select {
		case <-n.closing.Done():
			return
		case <-tick.C:
		}
		now := clock.Now()
		if held := time.Duration(now - due); held >= least {
			n.emit(control.Event{Kind: control.EventHeld, AtNS: now, Held: held})
		}
	}
}
