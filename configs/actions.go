package configs

import (
	"fmt"
	"slices"
	"strings"
)

// Actions that something depends on by name.
const (
	Partition     = "partition"
	MessageFaults = "message-faults"
	PowerLoss     = "power-loss"
)

// Action is what a fault does, as far as an experiment can be held against it.
// What it does to a process, a disk or the network is bench's to know.
type Action struct {
	Name string
	// Members, One, Links, Leader: what it can be done to: any number of members,
	// a single one, a directed link, or whoever leads, which needs no target.
	Members, One, Links, Leader bool
	// Part: it is done to some of the members and never to all.
	Part bool
	// Needs is the key, beside its target, that says what is done.
	Needs string
	// Process: it is done to processes that run, and to none that does not. Starts: it
	// starts whom it is done to, whatever ended that one before. Removes: it takes a
	// member out of the cluster's configuration.
	Process, Starts, Removes bool
	// Lasts: it stands until it is undone, and takes `for`.
	Lasts bool
	// Undoes the actions of these names; all where its own name is Heal.
	Undoes []string
	// Fewest nodes that it makes sense with.
	Fewest int
	// Disk: it is done to a store that writes to one; Syncs: that syncs it.
	Disk, Syncs bool
}

// Heal undoes what was done to network, disk and state machine.
const Heal = "heal"

// actions in the order in which a person is told of them.
var actions = []Action{
	{Name: "kill", Members: true, Process: true, Lasts: true},
	{Name: "pause", Members: true, Process: true, Lasts: true},
	{Name: "resume", Members: true, Undoes: []string{"pause"}},
	{Name: "restart", Members: true, Starts: true},
	{Name: "rolling-restart", Members: true, Process: true, Starts: true},
	{Name: PowerLoss, Members: true, Starts: true},
	{Name: "deadlock", Members: true, Process: true, Lasts: true},

	{Name: "disk-stall", Members: true, Lasts: true, Disk: true},
	{Name: "disk-slow", Members: true, Lasts: true, Needs: "sync", Disk: true, Syncs: true},
	{Name: "disk-full", Members: true, Lasts: true, Disk: true},

	{Name: Partition, Links: true, Lasts: true, Needs: "groups", Fewest: 2},
	{Name: "isolate", Members: true, Part: true, Lasts: true, Fewest: 2},
	{Name: "send-only", Members: true, Part: true, Lasts: true, Fewest: 2},
	{Name: "receive-only", Members: true, Part: true, Lasts: true, Fewest: 2},
	{Name: "halves", One: true, Lasts: true, Fewest: 2},
	{Name: "bridge", One: true, Lasts: true, Fewest: 3},
	{Name: "majorities-ring", One: true, Lasts: true, Fewest: 4},
	{Name: "quorum-loss", Leader: true, Lasts: true, Fewest: 4},
	{Name: "constrained-election", Leader: true, Lasts: true, Fewest: 4},
	{Name: "chained", Leader: true, Lasts: true, Fewest: 3},

	{Name: "transfer", Leader: true, Fewest: 2},
	{Name: "add-node", One: true, Starts: true, Removes: true, Fewest: 2},
	{Name: "remove-node", One: true, Removes: true, Lasts: true, Fewest: 2},
	{Name: "remove-leader", Leader: true, Removes: true, Lasts: true, Fewest: 2},
	{Name: "install-snapshot", One: true, Process: true, Starts: true, Fewest: 3},

	{Name: "slow", Members: true, Links: true, Lasts: true, Needs: "link", Fewest: 2},
	{Name: MessageFaults, Members: true, Lasts: true, Needs: "messages", Fewest: 2},
	{Name: Heal, Members: true, Links: true},
}

// impossible are faults that other tools do and that cannot be done here, and why.
var impossible = map[string]string{
	"clock-jump": "a node's clock cannot be made to jump: hashicorp/raft measures its timeouts with Go's monotonic clock, " +
		"which no setting of the wall clock moves, and all nodes of a host share both",
}

// Actions that a fault may name.
func Actions() []Action { return slices.Clone(actions) }

// ActionNamed finds one; false where there is none of that name.
func ActionNamed(name string) (Action, bool) {
	i := slices.IndexFunc(actions, func(a Action) bool { return a.Name == name })
	if i < 0 {
		return Action{}, false
	}
	return actions[i], true
}

func actionNames() []string {
	var names []string
	for _, a := range actions {
		names = append(names, a.Name)
	}
	return names
}

// undoes tells whether an action ends what another, done before, still does.
func (a Action) undoes(earlier Action) bool {
	if a.Name == Heal {
		return earlier.Heals()
	}
	return slices.Contains(a.Undoes, earlier.Name)
}

// Heals tells whether heal undoes it: what was done to network, disk and state
// machine, and not what was done to a process or to the configuration.
func (a Action) Heals() bool {
	return a.Lasts && !slices.Contains([]string{"kill", "pause", "remove-node", "remove-leader"}, a.Name)
}

// Roles that a target may name instead of a member. The members of a minority are
// as many followers as may die; of a majority one more than that.
const (
	Leader    = "leader"
	Follower  = "follower"
	Followers = "followers"
	Minority  = "minority"
	Majority  = "majority"
	Everybody = "all"
)

// roles that a cluster of some size has, of one member or of several.
func (s Setup) roles(one bool) []string {
	var all []string
	add := func(when bool, role string) {
		if when {
			all = append(all, role)
		}
	}
	add(true, Leader)
	add(s.Nodes > 1, Follower)
	add(s.Nodes > 1 && !one, Followers)
	add(s.Nodes > 2 && !one, Minority)
	add(s.Nodes > 1 && !one, Majority)
	add(!one, Everybody)
	return all
}

// targets that an action may be done to, in a person's words.
func (s Setup) targets(a Action) string {
	var all []string
	if a.Members || a.One {
		all = append(all, s.roles(a.One)...)
		all = append(all, fmt.Sprintf("a member n1 to n%d", s.Nodes))
	}
	if a.Members && len(s.Network.Sites) > 0 {
		all = append(all, "a site ("+s.siteList()+")")
	}
	if a.Links {
		all = append(all, "a link n1->n2")
	}
	if a.Leader {
		all = append(all, Leader)
	}
	if n := len(all); n > 1 {
		return strings.Join(all[:n-1], ", ") + " or " + all[n-1]
	}
	return all[0]
}

// hasTarget tells whether an action can be done to this target.
func (s Setup) hasTarget(a Action, target string) bool {
	if from, to, isLink := strings.Cut(target, "->"); isLink {
		return a.Links && from != to && s.hasMember(from) && s.hasMember(to)
	}
	switch {
	case a.Leader:
		return target == Leader
	case a.One:
		return slices.Contains(s.roles(true), target) || s.hasMember(target)
	}
	return a.Members && (slices.Contains(s.roles(false), target) || s.hasMember(target) || s.occupied(target))
}

// covers tells of a target that is every member.
func (s Setup) covers(target string) bool {
	if target == Everybody {
		return true
	}
	return !slices.ContainsFunc(s.ends()[:s.Nodes], func(e end) bool { return e.site != target }) && target != ""
}
