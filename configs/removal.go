package configs

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/quorum"
)

// Raft counts a change of the configuration by the new one as soon as it is in the
// leader's log (Ongaro's thesis, 4.1). A removal after which too few of those that stay
// run is never committed, and nothing after it: whoever asks for it waits in vain.

// removal refuses one that is sure to leave the cluster without one. What removals before
// took out counts like the dead: it votes no more.
func (c *faultCheck) removal() {
	out := c.removedBefore()
	// One that is out already is not taken out again, and an add-node only adds it.
	if !c.action.Removes || slices.Contains(out, c.f.Target) || len(out) > 0 && !c.action.Lasts {
		return
	}
	dead := c.fallen()
	voters := max(0, c.setup.Nodes-len(out)-1)
	running := voters - max(0, dead.count()-len(out)) // the dead may be those that are out
	if slices.Contains(dead.names, c.f.Target) {
		running++ // it is one of the dead that is taken out
	}
	want := quorum.Size(voters).Quorum()
	if running >= want {
		return
	}
	lost, advice := fmt.Sprintf("%d of %d dead", dead.count(), c.setup.Nodes), "start before whom the kills left dead, or do it to a larger cluster"
	if len(out) > 0 {
		lost = fmt.Sprintf("%d of %d removed and %d dead", len(out), c.setup.Nodes, dead.count())
		advice = "end removals before, by a `for` or by add-node, or do it to a larger cluster"
	}
	c.add("action", fmt.Sprintf("got %s with at least %s: at most %d of the other %d would run, want %d, or nothing is committed any more",
		c.action.Name, lost, max(0, running), voters, want), advice)
}

// removedBefore are the targets of the removals before that are sure to have taken one
// more out, where somebody led, and stand. An add-node of a role may have ended any.
func (c *faultCheck) removedBefore() (out []string) {
	for _, f := range c.setup.Faults[:c.i] {
		a, _ := ActionNamed(f.Action)
		target := cmp.Or(f.Target, Leader)
		switch {
		case !a.Removes:
		case a.Lasts && (over(f, c.f.At) || mayBeOut(out, target)):
		case a.Lasts:
			out = append(out, target)
		default:
			out = added(out, target)
		}
	}
	return out
}

// mayBeOut tells whether whom a removal is done to may be out by then, so that it is not
// done. Whoever leads is not.
func mayBeOut(out []string, target string) bool {
	role := slices.ContainsFunc(out, func(t string) bool { return !isMember(t) })
	return target != Leader && (role || slices.Contains(out, target) || !isMember(target) && len(out) > 0)
}

// added leaves out the removal that an add-node of a target ended, or may have ended.
func added(out []string, target string) []string {
	i := slices.Index(out, target)
	if i < 0 {
		i = slices.IndexFunc(out, func(t string) bool { return !isMember(t) || !isMember(target) })
	}
	if i < 0 {
		return out
	}
	return slices.Delete(out, i, i+1)
}

// fallen are members that are sure to be dead: some by name, and so many others.
type fallen struct {
	names  []string
	others int
}

func (f fallen) count() int { return len(f.names) + f.others }

// kill is one of a timeline with whom it is sure to have left dead.
type kill struct {
	TimedFault
	fallen
}

// fallen are those that the kills before a fault left dead at its instant.
func (c *faultCheck) fallen() fallen {
	var kills []kill
	named := true // a kill of a member that is named surely finds it alive
	for _, f := range c.setup.Faults[:c.i] {
		action, _ := ActionNamed(f.Action)
		switch {
		case f.Action == "kill":
			kills = append(kills, kill{f, c.kills(f, kills, named)})
		case slices.Contains(mayKillToo, f.Action):
			named = false
		case action.Starts:
			kills = started(kills, f.Target)
		}
	}
	return standing(kills, c.f.At)
}

// kills is whom a kill leaves dead beside those of the kills before.
func (c *faultCheck) kills(f TimedFault, before []kill, named bool) fallen {
	n := c.setup.Nodes
	already := standing(before, f.At)
	named = named && !slices.ContainsFunc(before, func(k kill) bool { return k.others > 0 && !over(k.TimedFault, f.At) })
	living := max(0, n-already.count())
	switch f.Target {
	case Leader, Follower:
		return fallen{others: min(1, living)}
	case Followers:
		return fallen{others: max(0, living-1)}
	case Minority:
		return fallen{others: min(quorum.Size(n).Tolerates(), living)}
	case Majority:
		return fallen{others: min(quorum.Size(n).Tolerates()+1, living)}
	case Everybody:
		return fallen{others: living}
	}
	var out fallen
	for i := range n {
		if id := control.MemberID(i); named && c.setup.hits(f.Target, id) && !slices.Contains(already.names, id) {
			out.names = append(out.names, id)
		}
	}
	return out
}

// started leaves of some kills those whose dead were not started by what was done to a
// target. Who is known by no name may have been.
func started(kills []kill, target string) []kill {
	var out []kill
	for _, k := range kills {
		k.others = 0
		if !isMember(target) {
			k.names = nil
		}
		k.names = slices.DeleteFunc(slices.Clone(k.names), func(id string) bool { return id == target })
		out = append(out, k)
	}
	return out
}

// standing sums up the kills that stand at an instant.
func standing(kills []kill, at time.Duration) (sum fallen) {
	for _, k := range kills {
		if k.For == 0 || at < k.At+k.For {
			sum.names, sum.others = append(sum.names, k.names...), sum.others+k.others
		}
	}
	return sum
}
