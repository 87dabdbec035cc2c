package report

import (
	"maps"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// group is the setups that differ in their number of nodes alone: one series
// of a chart, one section of a table.
type group struct {
	// name says only what tells this group from the others; empty where there
	// is one group.
	name  string
	cells []summary.Cell // by number of nodes
}

// groups splits a summary by everything but the number of nodes, in the order
// in which the setups first appear, or that of numbers where they differ in these alone.
func groups(s summary.Summary) []group {
	all := dimensions(s.Cells)
	var apart []string
	for _, d := range all {
		if varies(s.Cells, d) {
			apart = append(apart, d)
		}
	}
	var order []string
	byKey := map[string]*group{}
	for _, c := range s.Cells {
		key := strings.Join(traits(c, all), "\x00")
		if byKey[key] == nil {
			order = append(order, key)
			byKey[key] = &group{name: groupName(c, apart)}
		}
		byKey[key].cells = append(byKey[key].cells, c)
	}
	out := make([]group, 0, len(order))
	for _, key := range order {
		g := byKey[key]
		slices.SortStableFunc(g.cells, func(a, b summary.Cell) int { return a.Nodes - b.Nodes })
		out = append(out, *g)
	}
	if !slices.ContainsFunc(out, func(g group) bool { return wording.WithoutDigits(g.name) != wording.WithoutDigits(out[0].name) }) {
		slices.SortStableFunc(out, func(a, b group) int { return wording.Natural(a.name, b.name) })
	}
	return out
}

// dimensions lists what a setup can differ in besides its size.
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
		if words, ok := loadWords[c.Load]; ok {
			return words
		}
		return c.Load
	}
	return c.Params[dimension]
}

// loadWords are what people call the modes of load.
var loadWords = map[string]string{"calm+saturate": "light and full load", "calm": "light load", "saturate": "full load"}

func traits(c summary.Cell, dimensions []string) []string {
	out := make([]string, len(dimensions))
	for i, d := range dimensions {
		out[i] = trait(c, d)
	}
	return out
}

// groupName joins the traits in which the setups differ: "etcd, multi-az,
// max_rpcs_in_flight 16".
func groupName(c summary.Cell, apart []string) string {
	var parts []string
	for _, d := range apart {
		v := trait(c, d)
		if v == "" {
			v = "default"
		}
		v = wording.Shorten(v, traitLimit)
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

// sizeName is "3 nodes", with the group's name where there are several.
func sizeName(g group, c summary.Cell) string {
	name := units.Plural(c.Nodes, "node")
	if g.name != "" {
		name += " (" + g.name + ")"
	}
	return name
}
