package node

import (
	"fmt"

	"github.com/raftbench/raftbench/control"
)

// harm does a fault to links, messages, disk or state machine, or ends it.
func (n *Node) harm(c control.Command) error {
	switch {
	case c.Op == control.OpLinks && c.Fault == nil:
		return missing(c.Op, "fault")
	case c.Op == control.OpLinks:
		return n.Links(*c.Fault)
	case c.Op == control.OpMessageFaults:
		return n.MessageFaults(c.MessageFaults)
	case c.Op == control.OpDisk && c.Disk == nil:
		return missing(c.Op, "disk")
	case c.Op == control.OpDisk:
		n.stores.disk.faults.set(*c.Disk)
	case c.Op == control.OpDeadlock:
		n.machine.stuck.set(c.Deadlock)
	}
	return nil
}

// Links does a fault to outgoing links: to the members named, or to all
// others.
func (n *Node) Links(f control.Fault) error {
	for _, to := range n.linksOf(f) {
		switch f.Action {
		case control.FaultCut:
			n.endpoint.Cut(to)
		case control.FaultHeal:
			n.endpoint.Heal(to, f.Immediate)
		case control.FaultReset:
			n.endpoint.Reset(to)
		case control.FaultShape:
			if err := n.endpoint.Shape(to, f.Shape); err != nil {
				return fmt.Errorf("link to %s: %w", to, err)
			}
		default:
			return fmt.Errorf("fault %q is unknown, want cut, heal, reset or shape", f.Action)
		}
	}
	return nil
}

func (n *Node) linksOf(f control.Fault) []string {
	if len(f.To) > 0 {
		return f.To
	}
	var to []string
	for _, m := range n.peers.all() {
		if m.ID != n.opts.ID {
			to = append(to, m.ID)
		}
	}
	return to
}
