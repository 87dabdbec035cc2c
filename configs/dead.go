package configs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/units"
)

// DeadAxis is the key of how many followers are dead under a measuring trial's load.
const DeadAxis = "dead"

// tolerable leaves out the combinations that have more dead than their size goes on
// without: with sizes 3 and 5 and up to two dead, three nodes have at most one. A
// number of dead that no size goes on without is a mistake.
func tolerable(all []combination) (kept []combination, wrong mistakes) {
	fits, most := map[string]bool{}, combination{}
	for _, c := range all {
		at := c.at(DeadAxis)
		if c.Dead.First() <= quorum.Size(c.Nodes.First()).Tolerates() {
			kept, fits[at] = append(kept, c), true
		}
		if len(most.Nodes) == 0 || c.Nodes.First() > most.Nodes.First() {
			most = c
		}
	}
	told := map[string]bool{}
	for _, c := range all {
		if at := c.at(DeadAxis); !fits[at] && !told[at] {
			told[at] = true
			size := most.Nodes.First()
			wrong = append(wrong, c.origin.mistake(
				fmt.Sprintf("got %d, want at most %d: a cluster of %d commits nothing with more of its members dead", c.Dead.First(), quorum.Size(size).Tolerates(), size),
				fmt.Sprintf("%d dead take %d nodes", c.Dead.First(), 2*c.Dead.First()+1), at))
		}
	}
	return kept, wrong
}

// leftOut are the warnings of what tolerable leaves out.
func (e Experiment) leftOut() []string {
	var out []string
	for _, dead := range e.Dead {
		var sizes []string
		for _, n := range e.Nodes {
			if dead > quorum.Size(n).Tolerates() {
				sizes = append(sizes, fmt.Sprint(n))
			}
		}
		if len(sizes) > 0 {
			out = append(out, fmt.Sprintf("with %s dead, nodes: %s is left out: so many dead are more than it tolerates",
				units.Plural(dead, "follower"), strings.Join(sizes, ", ")))
		}
	}
	return out
}

// unmeasured refuses dead followers where nothing is measured: only a measuring trial
// has them, and without one they would name setups that are all alike.
func (e Experiment) unmeasured() mistakes {
	i := slices.IndexFunc(e.Dead, func(n int) bool { return n > 0 })
	if i < 0 || e.Trials > 0 || e.Precision > 0 {
		return nil
	}
	return mistakes{e.origin.mistake(
		fmt.Sprintf("got %s dead and no measuring trial, want some: followers are dead in measuring trials only", units.Plural(e.Dead[i], "follower")),
		"set trials: 10, or leave dead out", element(DeadAxis, i, len(e.Dead)), "trials")}
}

// wholeNone refuses outages and time to watch where every setup has dead followers.
func (e Experiment) wholeNone(setups []Setup) mistakes {
	if e.Outages.Repeat == 0 && e.Watch.Duration == 0 || slices.ContainsFunc(setups, func(s Setup) bool { return s.Dead == 0 }) {
		return nil
	}
	return mistakes{e.origin.mistake("got dead followers in every setup, and outages or time to watch, which take a whole cluster",
		"add setups without: dead: [0, 1]", DeadAxis)}
}

// onlyDead warns of outages and time to watch that setups with dead followers do not have.
func (e Experiment) onlyDead(setups []Setup) []string {
	dead := slices.ContainsFunc(setups, func(s Setup) bool { return s.Dead > 0 })
	if !dead || e.Outages.Repeat == 0 && e.Watch.Duration == 0 {
		return nil
	}
	return []string{"setups with dead followers are only measured: outages are timed and elections watched in whole clusters"}
}

// checkDead refuses dead followers where something else harms the cluster under
// the same load: what a fault means, and what it cost, would not be plain.
func (c combination) checkDead(s Setup) mistakes {
	if s.Dead == 0 || len(s.Faults) == 0 {
		return nil
	}
	return mistakes{c.origin.mistake(
		fmt.Sprintf("got %s dead before the load and faults during it, want one of them", units.Plural(s.Dead, "follower")),
		"kill them by a fault at the load's beginning, or leave out faults", c.at(DeadAxis), "faults")}
}
