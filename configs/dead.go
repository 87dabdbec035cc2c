package configs

import (
	"fmt"
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
