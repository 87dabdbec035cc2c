package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/strictyaml"
	"github.com/raftbench/raftbench/units"
)

// FaultsATrial is how many of a setup's repeated faults one outage trial does. A
// trial is what an interruption costs, and what stands for itself when it comes to
// how far clusters differ.
const FaultsATrial = 10

// outages finds the mistakes in the section itself.
func (c *checker) outages(o Outages) {
	between(c, "outages.repeat", One(o.Repeat), 0, 10_000)
	between(c, "outages.rate", One(o.Rate), Rate(1), 1000)
	for i, name := range o.Action {
		if !slices.Contains(repeatable(), name) {
			c.errs = append(c.errs, c.origin.mistake(wanted(name, "one of "+strings.Join(repeatable(), ", ")).Error(),
				cmp.Or(impossible[name], strictyaml.Meant(name, repeatable(), "what is over at once, or can be undone, is repeated")),
				element("outages.action", i, len(o.Action))))
		}
	}
	c.sameOutage(o)
	if o.Repeat == 0 && len(o.Action)+len(o.Target) > 2 {
		c.errs = append(c.errs, c.origin.mistake("got several outages to compare, and none is timed",
			"say how often each is repeated: outages: {repeat: 30}", "outages.action", "outages.target"))
	}
}

// sameOutage refuses two targets that are one: an empty target is the usual one.
func (c *checker) sameOutage(o Outages) {
	for _, action := range o.Action {
		seen := map[string]bool{}
		for i, t := range o.Target {
			target := Outages{Action: One(action), Target: One(t)}.target()
			if seen[target] && slices.Contains(o.Target, "") {
				c.errs = append(c.errs, c.origin.mistake(fmt.Sprintf("got %s of %s twice: an empty target is the usual one, %s", action, target, target),
					"leave one of them out", element("outages.target", i, len(o.Target)), "outages.target"))
				return
			}
			seen[target] = true
		}
	}
}

// checkOutages holds what is repeated against the cluster that it is done to, as a
// fault of a timeline would be.
func (c combination) checkOutages(s Setup) mistakes {
	if c.Outages.Repeat == 0 || !s.survives() {
		return nil
	}
	at := faultCheck{combination: c, setup: s, f: TimedFault{Action: s.Outage.Action, Target: s.Outage.Target}, repeated: true}
	at.action, _ = ActionNamed(s.Outage.Action)
	at.target()
	at.means()
	return at.errs
}

// target of the fault: as written or, where it is left empty, whom the action is
// usually done to, so that several actions may be compared.
func (o Outages) target() string {
	if target := o.Target.First(); target != "" {
		return target
	}
	switch a, _ := ActionNamed(o.Action.First()); {
	case a.Name == "rolling-restart":
		return Everybody
	case a.One:
		return Follower
	}
	return Leader
}

// repeatable are the actions that can be done again and again: those that are over at
// once, or are undone, and need nothing said beside their target.
func repeatable() (names []string) {
	for _, a := range actions {
		if a.Needs == "" && a.Name != Heal && len(a.Undoes) == 0 {
			names = append(names, a.Name)
		}
	}
	return names
}

// OutagesOf is how many outages of a setup are timed: none where no member may fail,
// since writes are then out until it is back, and none of a setup with dead followers,
// since outages begin with a whole cluster: they would be those of the setup without.
func (p Plan) OutagesOf(s Setup) int {
	if !s.survives() || s.Dead > 0 {
		return 0
	}
	return p.Outages
}

// survives tells whether any member may fail.
func (s Setup) survives() bool { return quorum.Size(s.Nodes).Tolerates() > 0 }

// untimed refuses outages of sizes that all survive none.
func (e Experiment) untimed(setups []Setup) mistakes {
	if e.Outages.Repeat == 0 || slices.ContainsFunc(setups, Setup.survives) {
		return nil
	}
	return mistakes{e.origin.mistake("got outages, and no size of which a member may fail: writes would be out until it is back",
		"give a size of 3 or more: nodes: [3, 5]", "outages.repeat", "nodes")}
}

// warnings tell which sizes are left out.
func (o Outages) warnings(setups []Setup) (out []string) {
	for _, s := range setups {
		if o.Repeat > 0 && !s.survives() {
			out = append(out, fmt.Sprintf("outages: %s survives no failure, so none of its outages is timed", units.Plural(s.Nodes, "node")))
		}
	}
	return out
}

// OutageTrials are how many faults each of a setup's outage trials does: as equal
// as can be, none more than FaultsATrial.
func (p Plan) OutageTrials() []int {
	trials := (p.Outages + FaultsATrial - 1) / FaultsATrial
	out := make([]int, trials)
	for i := range out {
		out[i] = p.Outages/trials + min(1, max(0, p.Outages%trials-i))
	}
	return out
}

// Beside one repeated fault stands what it takes to have a whole cluster again: the
// member's start, and the leader's pauses between tries to reach it, which are as
// long as it was away; all at once with other clusters on two cores.
const wholeAgain = 800 * time.Millisecond

// RecoveryBound is how long writes may take to go on: elections that split
// their votes are repeated, each within twice the timeout.
func RecoveryBound(r control.Raft) time.Duration {
	return 10*time.Second + 10*max(r.ElectionTimeout, r.HeartbeatTimeout)
}

// outlasts tells of an outage that ends no sooner than it is undone: writes are waited
// for in vain, each time as long as they may take. A leader that hangs or whose disk
// stalls still sends heartbeats, and nobody else is elected.
func (s Setup) outlasts() bool {
	switch s.Outage.Action {
	case "deadlock", "disk-stall":
		return s.Outage.Target != Follower && s.Outage.Target != Followers
	}
	return s.Outage.Action == "constrained-election"
}

// OutageTrialTime is about how long one outage trial of so many faults takes: each is
// preceded by a wait of 2.25 heartbeat timeouts on average (bench's settling) and
// followed by an election of some two (as simulated in quorum).
func OutageTrialTime(s Setup, faults int) time.Duration {
	each := 17*s.Raft.HeartbeatTimeout/4 + wholeAgain
	if s.outlasts() {
		each += RecoveryBound(s.Raft)
	}
	return bootTime + time.Duration(faults)*each + auditTime
}

// MostProcesses are the nodes that live at once where memory has room: those of
// clusters of 1, 3, 4, 5 and 7 with some to spare. Without load as many take a
// quarter to half a core in heartbeats, and up to 60 MiB each.
const MostProcesses = 24

// MostHarmed are the nodes whose outages are timed at once on a host of two cores. A
// node that is written to 20 times a second, killed and started again takes 0.08 of a
// core, and its client 0.03: nine of them leave half of the host idle. With 20 at once
// both cores were busy throughout, a write took 20 to 30 ms where it takes 7, and at
// election timeouts of 25 to 150 ms outages were up to half longer than those of each
// cluster by itself.
const MostHarmed = 9

// OutageGroups are the setups whose outage trials live at once, as places in the
// plan. They are spread so that no group has many more processes than another.
func (p Plan) OutageGroups() [][]int {
	most := MostHarmed
	if p.Processes > 0 {
		most = min(most, p.Processes)
	}
	if p.Apart {
		most = 0
	}
	var all []int
	for i, s := range p.Setups {
		if p.OutagesOf(s) > 0 {
			all = append(all, i)
		}
	}
	slices.SortStableFunc(all, func(a, b int) int { return p.Setups[b].Nodes - p.Setups[a].Nodes })
	for groups := 1; len(all) > 0; groups++ {
		if split, fits := p.spread(all, groups, most); fits || groups >= len(all) {
			return split
		}
	}
	return nil
}

// spread gives each setup, largest first, to the group with the fewest processes.
func (p Plan) spread(largestFirst []int, groups, most int) (split [][]int, fits bool) {
	split, sizes := make([][]int, groups), make([]int, groups)
	for _, i := range largestFirst {
		least := 0
		for g := range sizes {
			if sizes[g] < sizes[least] {
				least = g
			}
		}
		split[least] = append(split[least], i)
		sizes[least] += p.Setups[i].Nodes
	}
	return split, slices.Max(sizes) <= most
}

// OutageTime is about how long all outage trials of the plan take.
func (p Plan) OutageTime() (sum time.Duration) {
	for _, faults := range p.OutageTrials() {
		for _, group := range p.OutageGroups() {
			var longest time.Duration
			for _, i := range group {
				longest = max(longest, OutageTrialTime(p.Setups[i], faults))
			}
			sum += longest
		}
	}
	return sum
}

// OutageTrialCount is how many outage trials the plan has.
func (p Plan) OutageTrialCount() (trials int) {
	for _, group := range p.OutageGroups() {
		trials += len(group) * len(p.OutageTrials())
	}
	return trials
}
