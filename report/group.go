package report

import (
	"maps"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// group is the cells that differ in their number of nodes alone: one series
// of a chart, one section of a table.
type group struct {
	// name says only what tells this group from the others; empty where there
	// is one group.
	name  string
	cells []summary.Cell // by number of nodes
}

// groups splits a summary by everything but the number of nodes, in the order
// in which the cells first appear.
func groups(s summary.Summary) []group {
	var order []string
	byKey := map[string]*group{}
	for _, c := range s.Cells {
		key := strings.Join(traits(c, dimensions(s.Cells)), "\x00")
		if byKey[key] == nil {
			order = append(order, key)
			byKey[key] = &group{name: groupName(c, s.Cells)}
		}
		byKey[key].cells = append(byKey[key].cells, c)
	}
	out := make([]group, 0, len(order))
	for _, key := range order {
		g := byKey[key]
		slices.SortStableFunc(g.cells, func(a, b summary.Cell) int { return a.Nodes - b.Nodes })
		out = append(out, *g)
	}
	return out
}

// calmOrClosed returns the summary to be shown: as it is where any cell had a
// calm window, else with the figures of the closed loop in the calm one's
// place, and true.
func calmOrClosed(s summary.Summary) (summary.Summary, bool) {
	const prefix = results.WindowSaturate + "_"
	loaded := false
	for _, c := range s.Cells {
		if _, calm := c.Metrics[writeP50]; calm {
			return s, false
		}
		_, there := c.Metrics[prefix+writeP50]
		loaded = loaded || there
	}
	if !loaded {
		return s, false
	}
	s.Cells = slices.Clone(s.Cells)
	for i, c := range s.Cells {
		renamed := map[string]summary.Metric{}
		for name, m := range c.Metrics {
			renamed[strings.TrimPrefix(name, prefix)] = m
		}
		s.Cells[i].Metrics = renamed
	}
	return s, true
}

// dimensions lists what a cell can differ in besides its size.
func dimensions(cells []summary.Cell) []string {
	params := map[string]bool{}
	for _, c := range cells {
		for k := range c.Params {
			params[k] = true
		}
	}
	return append([]string{"engine", "profile", "load"}, slices.Sorted(maps.Keys(params))...)
}

func trait(c summary.Cell, dimension string) string {
	switch dimension {
	case "engine":
		return c.Engine
	case "profile":
		return c.Profile
	case "load":
		return c.Load
	}
	return c.Params[dimension]
}

func traits(c summary.Cell, dimensions []string) []string {
	out := make([]string, len(dimensions))
	for i, d := range dimensions {
		out[i] = trait(c, d)
	}
	return out
}

// groupName joins the traits in which the cells differ: "etcd, multi-az,
// max_rpcs_in_flight 16".
func groupName(c summary.Cell, all []summary.Cell) string {
	var parts []string
	for _, d := range dimensions(all) {
		if !varies(all, d) {
			continue
		}
		v := trait(c, d)
		if v == "" {
			v = "default"
		}
		v = shorten(v, traitLimit)
		if _, param := c.Params[d]; param {
			v = shortPath(d) + " " + v
		}
		parts = append(parts, v)
	}
	return strings.Join(parts, ", ")
}

// traitLimit is how many runes of a trait a name shows.
const traitLimit = 32

func varies(cells []summary.Cell, dimension string) bool {
	for _, c := range cells {
		if trait(c, dimension) != trait(cells[0], dimension) {
			return true
		}
	}
	return false
}

// shortPath is the last part of a YAML path: raft.max_rpcs_in_flight is
// max_rpcs_in_flight.
func shortPath(path string) string { return path[strings.LastIndex(path, ".")+1:] }

// shorten cuts text to a number of runes, in its middle, where names differ
// least.
func shorten(text string, limit int) string {
	r := []rune(text)
	if len(r) <= limit || limit < 3 {
		return text
	}
	head := (limit - 1) / 2
	return string(r[:head]) + "…" + string(r[len(r)-(limit-1-head):])
}
