package configs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/quorum"
)

// warnings are what a plan does otherwise than it reads, each once.
func (e Experiment) warnings(setups []Setup) []string {
	var all []string
	networks := unlike(setups)
	for i, l := range e.Network.Links {
		all = append(all, l.idle(fmt.Sprintf("network.links[%d]", i), networks)...)
	}
	for _, s := range networks {
		for _, w := range s.Network.Warnings {
			all = append(all, "profile "+s.Network.Name+": "+w)
		}
		all = append(all, slices.Concat(s.withoutLocal(), s.cutOff(), s.clamped())...)
	}
	for _, s := range setups {
		all = append(all, s.tooSlow()...)
	}
	all = append(all, powerWarnings(setups)...)
	all = append(all, e.Network.MessageFaults.warnings(setups)...)
	all = append(all, e.Outages.warnings(setups)...)
	all = append(all, e.safetyWarnings(setups)...)
	all = append(all, e.onlyDead(setups)...)
	return unique(all)
}

// unlike are the setups that differ in their network: a thousand setups may
// have one.
func unlike(setups []Setup) []Setup {
	seen := map[string]bool{}
	var out []Setup
	for _, s := range setups {
		key := fmt.Sprintf("%d %q %q", s.Nodes, s.Network.Name, s.Client)
		for _, path := range slices.Sorted(maps.Keys(s.Params)) {
			if strings.HasPrefix(path, "network.") {
				key += fmt.Sprintf(" %s=%s", path, s.Params[path])
			}
		}
		if !seen[key] {
			out = append(out, s)
		}
		seen[key] = true
	}
	return out
}

func unique(texts []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(texts, func(t string) bool {
		again := seen[t]
		seen[t] = true
		return again
	})
}

// idle tells what a changed link says to no effect.
func (l Link) idle(path string, setups []Setup) []string {
	if l.empty() {
		return []string{fmt.Sprintf("%s: %s is not changed: no figure is given", path, l.name())}
	}
	for _, end := range []string{l.From, l.To} {
		if isMember(end) && !slices.ContainsFunc(setups, func(s Setup) bool { return s.hasMember(end) }) {
			return []string{fmt.Sprintf("%s: does nothing: no size has a member %s", path, end)}
		}
	}
	found, jitter := false, !l.wobbles() // only then is it looked for
	for _, s := range setups {
		if found && jitter {
			break
		}
		for _, shape := range s.matching(l) {
			found, jitter = true, jitter || shape.Jitter > 0
		}
	}
	switch {
	case !found:
		return []string{fmt.Sprintf("%s: does nothing: no size has %s", path, l.name())}
	case !jitter:
		return []string{fmt.Sprintf("%s: correlation and distribution are of the jitter, and %s has none: they do nothing", path, l.name())}
	}
	return nil
}

func (l Link) empty() bool {
	return len(l.Delay)+len(l.Jitter)+len(l.Correlation)+len(l.Distribution)+
		len(l.Loss)+len(l.Rate)+len(l.Limit)+len(l.SlowClose) == 0
}

// wobbles where it speaks of jitter's kind.
func (l Link) wobbles() bool {
	return len(l.Distribution) > 0 || slices.ContainsFunc(l.Correlation, func(p Percent) bool { return p > 0 })
}

// matching are the shapes of the links that l changes.
func (s Setup) matching(l Link) []netem.Shape {
	var shapes []netem.Shape
	for _, from := range s.ends() {
		for _, to := range s.ends() {
			if from != to && from.is(l.From) && to.is(l.To) && !s.beside(from, to) {
				shapes = append(shapes, s.Links[from.id][to.id])
			}
		}
	}
	return shapes
}

// withoutLocal tells that two members share a site whose inner round trip
// nobody gave: none is invented.
func (s Setup) withoutLocal() []string {
	if !s.Network.NoLocal || len(s.Network.Sites) == 0 {
		return nil
	}
	for _, pair := range s.neighbours() {
		if s.Links[pair[0]][pair[1]].Delay == 0 {
			return []string{fmt.Sprintf("profile %s gives no `local`, and some members share a site: members of one site have no delay between them", s.Network.Name)}
		}
	}
	return nil
}

// neighbours are the members that share a site, two by two.
func (s Setup) neighbours() (pairs [][2]string) {
	for i := range s.Nodes {
		for j := range i {
			if s.Network.Site(i) == s.Network.Site(j) {
				pairs = append(pairs, [2]string{control.MemberID(j), control.MemberID(i)})
			}
		}
	}
	return pairs
}

// cutOff tells of a cluster in which nobody can be elected.
func (s Setup) cutOff() []string {
	size := quorum.Size(s.Nodes)
	for i := range s.Nodes {
		if s.reached(i) >= size.Quorum() {
			return nil
		}
	}
	return []string{fmt.Sprintf("with %d nodes no member reaches a quorum, so none is elected: a loss of 100%% cuts a link for good", s.Nodes)}
}

// reached is how many members, itself too, talk with member i both ways.
func (s Setup) reached(i int) int {
	n := 0
	for j := range s.Nodes {
		there, back := s.Links[control.MemberID(i)][control.MemberID(j)], s.Links[control.MemberID(j)][control.MemberID(i)]
		if there.Loss < 1 && back.Loss < 1 {
			n++
		}
	}
	return n
}

// clamped tells where jitter cannot do what it says.
func (s Setup) clamped() []string {
	seen := map[string]bool{}
	for _, from := range s.Links {
		for _, shape := range from {
			if shape.Clamped() {
				seen[fmt.Sprintf("a jitter of %s around a delay of %s is cut off at zero: the mean is above %s",
					short(shape.Jitter), short(shape.Delay), short(shape.Delay))] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// warnings tell what message faults make of a run, or that they make nothing
// of it.
func (m Messages) warnings(setups []Setup) []string {
	var out []string
	harmed := func(s Setup) bool { return s.MessageFaults != nil }
	switch {
	case slices.ContainsFunc(setups, func(s Setup) bool { return harmed(s) && s.Nodes > 1 }):
		out = append(out, "message faults: a safety run, labelled so: its figures are no performance result, and raft's pipelining is off")
	case slices.ContainsFunc(setups, harmed):
		out = append(out, "message faults do nothing: a cluster of 1 sends no messages, and yet the run is labelled a safety run")
	}
	positive := func(p Percent) bool { return p > 0 }
	if !slices.ContainsFunc(slices.Concat(m.Delay, m.Reorder), positive) && slices.ContainsFunc(m.MaxDelay, func(d Duration) bool { return d > 0 }) {
		out = append(out, "network.message_faults.max_delay does nothing: neither delay nor reorder has a share of the messages")
	}
	return out
}
