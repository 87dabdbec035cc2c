package configs

import (
	"fmt"
	"slices"
	"time"
)

// A timeline names most of those it harms by a role, and who has it shows only when
// it is done. What names members can be followed before anything runs: what follows
// tells of nothing that might turn out otherwise.

// mayKillToo are actions under which a member may be without a process without a kill,
// until they end: who is killed then may be dead already.
var mayKillToo = []string{"disk-full", "remove-node", "remove-leader"}

// dead is the fault that left a fault's member without a process; false where there is
// none, or it is not sure.
func (c *faultCheck) dead() (killed TimedFault, found bool) {
	if !c.setup.hasMember(c.f.Target) || !c.action.Process {
		return TimedFault{}, false
	}
	for _, f := range c.setup.Faults[:c.i] {
		touches := c.setup.mayHit(f, c.f.Target)
		action, _ := ActionNamed(f.Action)
		switch {
		case f.Action == "kill" && c.setup.hits(f.Target, c.f.Target):
			if !found || over(killed, f.At) { // else a site's kill was of the others
				killed, found = f, true
			}
		case touches && action.Starts:
			found = false
		case touches && slices.Contains(mayKillToo, f.Action):
			return TimedFault{}, false
		}
	}
	return killed, found && !over(killed, c.f.At)
}

// over tells whether a fault is to have ended by itself before an instant.
func over(f TimedFault, at time.Duration) bool { return f.For > 0 && at > f.At+f.For }

// alive refuses what is done to a member that is known not to run by then.
func (c *faultCheck) alive() {
	if killed, dead := c.dead(); dead {
		c.add("target", fmt.Sprintf("got %s of %s, which the kill at %s left dead", c.action.Name, c.f.Target, short(killed.At)),
			fmt.Sprintf("start it before: {action: restart, target: %s}; or give the kill a `for` that is over by then", killed.Target))
	}
}

// hits tells of a target that a member is always among.
func (s Setup) hits(target, member string) bool {
	return target == member || target == Everybody || s.stands(member, target)
}

// mayHit tells whether a fault can have been done to a member: to a role, whoever has it.
func (s Setup) mayHit(f TimedFault, member string) bool {
	switch {
	case len(f.Groups) > 0 || s.hasTarget(Action{Links: true}, f.Target):
		return false // done to links
	case s.hasMember(f.Target):
		return f.Target == member
	case s.occupied(f.Target):
		return s.stands(member, f.Target)
	}
	return true
}

// stands tells whether a member is at a site.
func (s Setup) stands(member, site string) bool {
	return site != "" && slices.Contains(s.ends()[:s.Nodes], end{member, site})
}
