package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/strictyaml"
)

// faults finds the mistakes that a fault shows by itself.
func (c *checker) faults(e Experiment) {
	if len(e.Faults) > 0 && e.Trials == 0 && e.Precision == 0 && !e.safe() {
		c.errs = append(c.errs, c.origin.mistake("faults are done in the light load of a measuring trial, or in a safety trial, and there is neither",
			"say how many there are: trials: 1; or leave faults out", "faults"))
	}
	for i, f := range e.Faults {
		fault := fmt.Sprintf("faults[%d]", i)
		told := func(message, advice string, keys ...string) {
			c.errs = append(c.errs, c.origin.mistake(message, advice, append(keys, fault)...))
		}
		action, known := ActionNamed(f.Action)
		switch {
		case f.Action == "":
			told("got no action, want one of "+strings.Join(actionNames(), ", "), "say what is done: action: kill", fault+".action")
		case impossible[f.Action] != "":
			told(impossible[f.Action], "pause stops all that a node does, its timers with it; leave clock-jump out", fault+".action")
		case !known:
			told(wanted(f.Action, "one of "+strings.Join(actionNames(), ", ")).Error(),
				strictyaml.Meant(f.Action, actionNames(), "docs/faults.md tells what each does"), fault+".action")
		default:
			c.keysOf(fault, f, action)
		}
	}
}

// keysOf holds what stands beside an action against what the action takes.
func (c *checker) keysOf(fault string, f FaultAt, a Action) {
	given := map[string]bool{
		"groups": len(f.Groups) > 0, "sync": f.Sync != 0, "link": f.Link != FaultLink{}, "messages": f.Messages != FaultMessages{},
	}
	for _, key := range []string{"groups", "sync", "link", "messages"} {
		if given[key] && a.Needs != key {
			c.errs = append(c.errs, c.origin.mistake(fmt.Sprintf("%s takes no %s", a.Name, key), "leave it out", fault+"."+key, fault))
		}
	}
	// No messages at all end those of the setup, and a link is a group of two.
	if a.Needs != "" && !given[a.Needs] && a.Needs != "messages" && (a.Name != Partition || f.Target == "") {
		c.errs = append(c.errs, c.origin.mistake(fmt.Sprintf("got %s without %s", a.Name, a.Needs), needed[a.Needs],
			fault+"."+a.Needs, fault+".action", fault)) // there, where it could not be read
	}
	if f.For != 0 && !a.Lasts {
		c.errs = append(c.errs, c.origin.mistake(a.Name+" is over at once, and takes no for", "leave it out", fault+".for", fault))
	}
	if f.Link.Distribution != "" {
		c.word(fault+".link.distribution", One(f.Link.Distribution))
	}
	between(c, fault+".sync", One(f.Sync), 0, longestSync)
	between(c, fault+".messages.max_delay", One(f.Messages.MaxDelay), 0, longestMessageDelay)
}

// longestSync of a slow disk; a longer one is a stall.
const longestSync = Duration(60 * 1e9)

// needed says how what an action needs is written.
var needed = map[string]string{
	"groups": "say who still reaches whom: groups: [[n1, n2], [n3]]; or which link is cut: target: n1->n2",
	"sync":   "say how much longer each sync takes: sync: 20ms",
	"link":   "say what the links become: link: {delay: 20ms}",
}

// checkFaults holds what is to be done against the cluster it is done to, and its
// instants against the load.
func (c combination) checkFaults(s Setup) mistakes {
	var errs mistakes
	for i, f := range s.Faults {
		at := faultCheck{combination: c, setup: s, i: i, f: f}
		at.action, _ = ActionNamed(f.Action)
		at.instants()
		at.target()
		at.groups()
		at.means()
		errs = append(errs, at.errs...)
	}
	return errs
}

// faultCheck looks at one fault of a setup's timeline.
type faultCheck struct {
	combination
	setup  Setup
	i      int
	f      TimedFault
	action Action
	// repeated: it is that of the section outages.
	repeated bool
	// section, where it is none of the faults, is the path of what asks for it.
	section string
	errs    mistakes
}

func (c *faultCheck) add(key, message, advice string) {
	if c.repeated {
		c.errs = append(c.errs, c.origin.mistake(message, advice, c.at("outages."+key), "outages"))
		return
	}
	if c.section != "" {
		c.errs = append(c.errs, c.origin.mistake(message, advice, c.section, "nemesis"))
		return
	}
	fault := fmt.Sprintf("faults[%d]", c.i)
	c.errs = append(c.errs, c.origin.mistake(message, advice, fault+"."+key, fault, "faults"))
}

// instants are in order and within the load.
func (c *faultCheck) instants() {
	for _, load := range c.loads() {
		switch {
		case !load.there:
			c.add("at", "got a fault and no light load to do it in", "faults go with load modes calm and calm+saturate")
		case c.f.At >= load.lasts:
			c.add("at", fmt.Sprintf("got %s, want less than the %s's %s", short(c.f.At), load.name, short(load.lasts)),
				"do it sooner, or make "+load.key+" longer")
		case c.f.At+c.f.For > load.lasts:
			c.add("for", fmt.Sprintf("got %s from %s on, past the end of the %s at %s", short(c.f.For), short(c.f.At), load.name, short(load.lasts)),
				"leave `for` out: what still stands at the end is undone")
		}
	}
	if c.i > 0 && c.f.At < c.setup.Faults[c.i-1].At {
		c.add("at", fmt.Sprintf("got %s after %s, want the faults in the order of their instants", short(c.f.At), short(c.setup.Faults[c.i-1].At)),
			"move it up, before the faults that come after it")
	}
}

// harmedLoad is one during which faults are done.
type harmedLoad struct {
	name, key string
	there     bool
	lasts     time.Duration
}

// loads are those during which the experiment's faults are done.
func (c *faultCheck) loads() (out []harmedLoad) {
	if calm := c.setup.Workload.Calm; c.Trials > 0 || c.Precision > 0 || !c.safe() {
		out = append(out, harmedLoad{"light load", "workload.calm.duration", calm.Rate > 0, calm.Duration})
	}
	if c.safe() {
		out = append(out, harmedLoad{"safety trial", "safety.duration", true, c.setup.Safety.Duration})
	}
	return out
}

// target is there, and of a kind that the action is done to.
func (c *faultCheck) target() {
	s, a, target := c.setup, c.action, c.f.Target
	if s.Nodes < a.Fewest {
		c.add("action", fmt.Sprintf("got %s, which takes at least %d nodes, and %d", a.Name, a.Fewest, s.Nodes),
			fmt.Sprintf("leave sizes below %d out of nodes", a.Fewest))
		return
	}
	optional := a.Leader || a.Name == Heal || a.Name == "rolling-restart" || len(c.f.Groups) > 0
	switch {
	case target == "" && !optional:
		c.add("target", "got no target, want "+s.targets(a), "say to whom it is done: target: leader")
	case target != "" && len(c.f.Groups) > 0:
		c.add("target", "got a target and groups, want one of them", "leave one of them out")
	case target != "" && !s.hasTarget(a, target):
		c.add("target", wanted(target, s.targets(a)).Error(), s.targetAdvice(a, target))
	case a.Part && s.covers(target):
		c.add("target", fmt.Sprintf("got %s of all members, which cuts nothing", a.Name), "name some of them: a site, minority, or a member")
	case c.nothingToUndo():
		c.add("action", fmt.Sprintf("got %s, and nothing was done before that it could undo", a.Name),
			"put it after the fault that it ends, and give it the same target")
	}
	c.alive()
	c.removal()
}

// nothingToUndo tells of an action whose only use is to undo, before which there
// is nothing to be undone.
func (c *faultCheck) nothingToUndo() bool {
	if c.action.Name != Heal && len(c.action.Undoes) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.setup.Faults[:c.i], func(f TimedFault) bool {
		earlier, _ := ActionNamed(f.Action)
		same := c.f.Target == "" || c.f.Target == f.Target || c.setup.hasMember(c.f.Target) && c.setup.mayHit(f, c.f.Target)
		return same && c.action.undoes(earlier)
	})
}

// groups hold every member once.
func (c *faultCheck) groups() {
	if len(c.f.Groups) == 0 {
		return
	}
	if len(c.f.Groups) == 1 {
		c.add("groups", "got one group, which cuts nothing, want two or more", needed["groups"])
	}
	seen := map[string]bool{}
	for _, group := range c.f.Groups {
		if len(group) == 0 {
			c.add("groups", "got a group of nobody, want members in each", "leave it out")
		}
		for _, id := range group {
			switch {
			case !c.setup.hasMember(id):
				c.add("groups", wanted(id, fmt.Sprintf("a member n1 to n%d", c.setup.Nodes)).Error(), "sizes that differ need a timeline each: write it in a file of its own")
			case seen[id]:
				c.add("groups", "got "+id+" twice, want each member in one group", "a member that reaches both sides is a bridge: action: bridge")
			}
			seen[id] = true
		}
	}
	var left []string
	for i := range c.setup.Nodes {
		if id := control.MemberID(i); !seen[id] {
			left = append(left, id)
		}
	}
	if len(left) > 0 {
		c.add("groups", fmt.Sprintf("got a partition that leaves %s out, want every member in one group", strings.Join(left, ", ")),
			fmt.Sprintf("add [%s], which cuts it off, or put it into a group", strings.Join(left, ", ")))
	}
}

// means are what the action needs of store, links and messages.
func (c *faultCheck) means() {
	s, a := c.setup, c.action
	uncut, cutBy := s.powerUncut()
	switch {
	case a.Name == PowerLoss && !s.Storage.PowerLoss:
		c.add("action", "got power-loss and a store that forgets nothing", "set storage.power_loss: true")
	case a.Name == PowerLoss && uncut != "":
		c.add("action", "got power-loss, which would be a kill and no more: "+uncut, cutBy)
	case a.Disk && s.Storage.Store == control.StoreMemory:
		c.add("action", fmt.Sprintf("got %s and the store %s, which has no disk", a.Name, s.Storage.Store), "set storage.store: boltdb")
	case a.Syncs && s.Storage.Store == control.StoreBoltNoSync && s.Storage.EmulatedSync == 0:
		c.add("action", fmt.Sprintf("got %s and the store %s, which makes no sync", a.Name, s.Storage.Store), "set storage.store: boltdb")
	}
	if err := c.f.Link.Change(netem.Shape{}).Validate(); err != nil {
		c.add("link", err.Error(), "links change within what network.links takes")
	}
	if l := c.f.Link; (l.Distribution != "" || l.Correlation > 0) && l.Jitter == 0 && !s.hasJitter() {
		c.add("link", "correlation and distribution are of the jitter, and the links have none: they would do nothing", "add one, such as jitter: 1ms")
	}
	if l := c.f.Link; l.Jitter > 0 && l.Delay == 0 && !s.hasDelay() {
		c.add("link", fmt.Sprintf("got a jitter of %s and no delay, on links that have none: no message can be earlier than at once, so that half of them would not be slowed at all; want a delay that they are spread around", short(span(l.Jitter))),
			fmt.Sprintf("add one of at least the jitter: link: {delay: %s, jitter: %[1]s}", short(span(l.Jitter))))
	}
	if c.harmsNoMessage() {
		c.add("messages", "got message-faults with no share of the messages, and nothing before that it could end", "messages: {drop: 1%}; or give network.message_faults, or faults before, that it ends")
	}
	if err := c.f.Messages.Validate(); err != nil {
		c.add("messages", err.Error(), cmp.Or(advice(err), "messages: {delay: 10%, max_delay: 20ms}"))
	}
}

// harmsNoMessage tells of message faults that neither do anything nor end those of the
// setup, or of a fault before.
func (c *faultCheck) harmsNoMessage() bool {
	some := func(m *control.MessageFaults) bool { return m != nil && m.Drop+m.Duplicate+m.Reorder+m.Delay > 0 }
	return c.f.Messages != nil && !some(c.f.Messages) && !some(c.setup.MessageFaults) &&
		!slices.ContainsFunc(c.setup.Faults[:c.i], func(f TimedFault) bool { return some(f.Messages) })
}

// hasJitter tells whether any link has, or gets by a fault, jitter of a kind that
// could change.
func (s Setup) hasJitter() bool {
	return s.anyLink(func(shape netem.Shape) bool { return shape.Jitter > 0 }, func(l FaultLink) bool { return l.Jitter > 0 })
}

// hasDelay tells whether any link has, or gets by a fault, a delay that jitter can be
// spread around.
func (s Setup) hasDelay() bool {
	return s.anyLink(func(shape netem.Shape) bool { return shape.Delay > 0 }, func(l FaultLink) bool { return l.Delay > 0 })
}

// anyLink tells of a link that is, or is made by a fault, of a kind.
func (s Setup) anyLink(is func(netem.Shape) bool, made func(FaultLink) bool) bool {
	for _, from := range s.Links {
		for _, shape := range from {
			if is(shape) {
				return true
			}
		}
	}
	return slices.ContainsFunc(s.Faults, func(f TimedFault) bool { return made(f.Link) })
}

// checkMessages holds the shares of harmed messages against each other.
func (c combination) checkMessages(s Setup) mistakes {
	if s.MessageFaults == nil {
		return nil
	}
	if err := s.MessageFaults.Validate(); err != nil {
		return mistakes{c.origin.mistake(err.Error(), cmp.Or(advice(err), "message_faults: {delay: 10%, max_delay: 20ms}"), "network.message_faults")}
	}
	return nil
}

func (s Setup) hasMember(id string) bool {
	digits, found := strings.CutPrefix(id, "n")
	i, err := strconv.Atoi(digits)
	return found && err == nil && i >= 1 && i <= s.Nodes && control.MemberID(i-1) == id
}

func (s Setup) targetAdvice(a Action, target string) string {
	all := append(s.roles(false), s.Network.Sites...)
	for i := range s.Nodes {
		all = append(all, control.MemberID(i))
	}
	all = slices.DeleteFunc(all, func(t string) bool { return !s.hasTarget(a, t) })
	kinds := "a target is a role, a member or a site: docs/faults.md"
	if a.Links {
		kinds = "a target is a role, a member, a site or a link: docs/faults.md"
	}
	switch {
	case a.One && s.hasTarget(Action{Members: true}, target):
		return a.Name + " is arranged around one member: name it"
	case a.Name == Partition:
		return "groups say who still reaches whom; isolate cuts members off"
	case a.Leader:
		return a.Name + " is about the leader: leave target out"
	case s.Nodes == 1 && slices.Contains(Setup{Nodes: 3}.roles(false), target):
		return fmt.Sprintf("a cluster of %d has no follower: leave size 1 out of nodes", s.Nodes)
	case isMember(target):
		return fmt.Sprintf("leave sizes without %s out of nodes, or name a role", target)
	}
	if a.Members && slices.Contains(s.Network.Sites, target) {
		return fmt.Sprintf("no member of %d stands there; sites with a member: %s", s.Nodes, s.siteList())
	}
	return strictyaml.MeantName(target, all, kinds)
}

// isMember also holds for members that only larger sizes have.
func isMember(name string) bool { return Setup{Nodes: MaxNodes}.hasMember(name) }
