package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// holdsWhere says of the costs of steps that they are this host's, which all nodes
// share, and what is predicted where they do not; empty where nobody knows what they
// share.
func (r *Report) holdsWhere(steps []step) string {
	if len(r.env.Endpoints) > 0 {
		return ""
	}
	shared := "cores"
	if r.env.Cores > 0 {
		shared = units.Plural(r.env.Cores, "core")
	}
	if r.disks() != allEmulated {
		shared += " and disk"
	}
	text := "On this host, whose " + shared + " all nodes share."
	if own := r.ownMachines(steps); own != "" {
		text += " On machines of your own, predicted and not measured: " + own + "."
	}
	return text
}

// ownMachines is what a median write is predicted to take where each member has a
// machine of its own, of the sizes in these steps that survive a failure: sizes of which
// the same is predicted are named together. Empty where nothing is predicted.
func (r *Report) ownMachines(steps []step) string {
	var cells []summary.Cell
	for _, s := range steps {
		for _, c := range []summary.Cell{s.from, s.to} {
			known := slices.ContainsFunc(cells, func(o summary.Cell) bool { return o.Cell == c.Cell })
			if !known && c.Tolerates > 0 && r.theories[c.Cell].OwnMachines != nil {
				cells = append(cells, c)
			}
		}
	}
	var parts []string
	for len(cells) > 0 {
		time := wording.Duration(*r.theories[cells[0].Cell].OwnMachines)
		n := slices.IndexFunc(cells, func(c summary.Cell) bool { return wording.Duration(*r.theories[c.Cell].OwnMachines) != time })
		if n < 0 {
			n = len(cells)
		}
		sizes := fmt.Sprint(cells[0].Nodes)
		if n > 1 {
			sizes += fmt.Sprintf(" to %d", cells[n-1].Nodes)
		}
		if len(parts) == 0 {
			sizes += " nodes"
		}
		parts, cells = append(parts, time+" for "+sizes), cells[n:]
	}
	return strings.Join(parts, ", ")
}
