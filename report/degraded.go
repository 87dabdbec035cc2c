package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// A cluster is bought for the time in which some of it is down. What a write costs
// then stands beside what it costs with all alive, size by size; and so does what it
// costs after the leader has moved, which is where most failures leave a cluster.

// deadOf is how many followers were dead under a setup's load.
func deadOf(c summary.Cell) int {
	n, _ := strconv.Atoi(c.Params[summary.DeadAxis])
	return n
}

// degraded tells of setups with members that were dead.
func degraded(g group) bool { return deadOf(g.cells[0]) > 0 }

// deadCounts are the numbers of dead that a run has, ascending; nil where it has one
// alone.
func (r *Report) deadCounts() []int {
	var out []int
	for _, c := range r.summary.Cells {
		if n := deadOf(c); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	if slices.Sort(out); len(out) < 2 {
		return nil
	}
	return out
}

// sibling differs from a setup in one parameter alone.
func (r *Report) sibling(c summary.Cell, param, value string) (summary.Cell, bool) {
	others := slices.DeleteFunc(dimensions(r.summary.Cells), func(d string) bool { return d == param })
	for _, s := range r.summary.Cells {
		if s.Nodes == c.Nodes && s.Params[param] == value && slices.Equal(traits(s, others), traits(c, others)) {
			return s, true
		}
	}
	return summary.Cell{}, false
}

// wholeGroups are the groups of setups whose members all live, named by what varies
// beside the dead.
func (r *Report) wholeGroups() []group {
	var apart []string
	for _, d := range dimensions(r.summary.Cells) {
		if d != summary.DeadAxis && varies(r.summary.Cells, d) {
			apart = append(apart, d)
		}
	}
	var out []group
	for _, g := range r.groups {
		if !degraded(g) {
			out = append(out, group{groupName(g.cells[0], apart), g.cells})
		}
	}
	return out
}

// alive names a number of dead in a title.
func alive(dead int) string {
	if dead == 0 {
		return "all alive"
	}
	return fmt.Sprintf("%d dead", dead)
}

// readsAxis is how reads were answered: linearizable or serializable.
const readsAxis = "workload.reads"

// readKinds are the ways in which a run's reads were answered, where it has several;
// else one without a name.
func (r *Report) readKinds() []string {
	var out []string
	for _, c := range r.summary.Cells {
		if kind := c.Params[readsAxis]; kind != "" && !slices.Contains(out, kind) {
			out = append(out, kind)
		}
	}
	if len(out) < 2 {
		return []string{""}
	}
	return out
}

// degradedSheet has a row a size: its latency with all alive and with some dead, and
// by how much the dead change it; reads that were answered in several ways stand beside
// each other. It is empty where no run has both.
func (r *Report) degradedSheet() sheet {
	kinds := r.readKinds()
	out := sheet{title: "What a write and a read cost with the nearest followers dead", columns: []column{nodesColumn()}, groups: r.degradedGroups(kinds[0])}
	for i, m := range r.degradedCosts(kinds) {
		out.columns = append(out.columns, r.degradedColumns(m, 2*i)...)
	}
	return out
}

// degradedCost is a latency whose change is told, among the setups that answer reads in
// a certain way.
type degradedCost struct{ of, metric, kind string }

func (r *Report) degradedCosts(kinds []string) []degradedCost {
	out := []degradedCost{{"write", figures.WriteP50, kinds[0]}}
	for _, kind := range kinds {
		out = append(out, degradedCost{strings.TrimSpace(kind + " read"), figures.ReadP50, kind})
	}
	return out
}

// degradedGroups are the groups of whole clusters, of those whose reads are answered in
// several ways each once.
func (r *Report) degradedGroups(kind string) []group {
	if kind == "" {
		return r.wholeGroups()
	}
	var apart []string
	for _, d := range dimensions(r.summary.Cells) {
		if d != summary.DeadAxis && d != readsAxis && varies(r.summary.Cells, d) {
			apart = append(apart, d)
		}
	}
	var out []group
	for _, g := range r.groups {
		if !degraded(g) && g.cells[0].Params[readsAxis] == kind {
			out = append(out, group{groupName(g.cells[0], apart), g.cells})
		}
	}
	return out
}

// degradedColumns are the latencies by number of dead, then their changes; less is
// needed of each latency that follows.
func (r *Report) degradedColumns(m degradedCost, later int) []column {
	var out []column
	counts := r.deadCounts()
	answered := func(c summary.Cell) (summary.Cell, bool) {
		if m.kind == "" {
			return c, true
		}
		return r.sibling(c, readsAxis, m.kind)
	}
	for _, dead := range counts {
		col := measured(r.latency(m.of)+" p50", alive(dead), max(1, 9-later), m.metric, units.Duration)
		value := col.value
		col.value = func(c summary.Cell) entry {
			if s, ok := answered(c); ok {
				if s, ok = r.sibling(s, summary.DeadAxis, strconv.Itoa(dead)); ok {
					return value(s)
				}
			}
			return entry{main: units.Absent}
		}
		out = append(out, col)
	}
	for _, dead := range counts[min(1, len(counts)):] {
		out = append(out, column{over: m.of + ", change in %", title: alive(dead), keep: max(1, 8-later), metric: m.metric, value: func(c summary.Cell) entry {
			s, ok := answered(c)
			if !ok {
				return entry{main: units.Absent}
			}
			return r.deadPrice(m.metric, s, dead)
		}})
	}
	return out
}

// deadPrice is by how much so many dead change a metric of a size, in per cent.
func (r *Report) deadPrice(metric string, c summary.Cell, dead int) entry {
	whole, ok := r.sibling(c, summary.DeadAxis, "0")
	with, there := r.sibling(c, summary.DeadAxis, strconv.Itoa(dead))
	if !ok || !there {
		return entry{main: units.Absent}
	}
	return entry{main: r.price(metric, step{whole, with}), of: differenceOrigin(metric, whole.Cell, with.Cell)}
}

// degradedLines answer in words, a line for each number of dead and each group:
// leader a: a write with 1 dead: 3 nodes +7.1 %; and a line for where the leader may
// go.
func (r *Report) degradedLines() []string {
	counts := r.deadCounts()
	if len(counts) == 0 {
		return nil
	}
	var out []string
	tell := func(before, after string, g group, param, value string) {
		other := func(c summary.Cell) (summary.Cell, bool) { return r.sibling(c, param, value) }
		for _, m := range []struct{ of, metric string }{{"write", figures.WriteP50}, {"read", figures.ReadP50}} {
			if changes := r.changes(m.metric, g.cells, other); changes != "" {
				out = append(out, wording.Capital(before+"a "+m.of+after)+": "+changes+".")
				return
			}
		}
	}
	groups := r.wholeGroups()
	for i, g := range groups {
		name := ""
		if g.name != "" {
			name = g.name + ": "
		}
		for _, dead := range counts[1:] {
			tell(name, " with "+alive(dead), g, summary.DeadAxis, strconv.Itoa(dead))
		}
		if i > 0 {
			continue
		}
		// What a move of the leader does stands before what deaths do where it went.
		from := g.cells[0].Params[summary.LeaderAxis]
		for _, to := range r.leaders() {
			if to != from {
				tell("", ", all alive, after the leader has moved from "+from+" to "+to, g, summary.LeaderAxis, to)
			}
		}
	}
	return out
}

// leaders are the sites where the leader stood, as far as that varied.
func (r *Report) leaders() []string {
	var out []string
	for _, c := range r.summary.Cells {
		if site := c.Params[summary.LeaderAxis]; site != "" && !slices.Contains(out, site) {
			out = append(out, site)
		}
	}
	return out
}

// changes of a metric, size by size, from some setups to others.
func (r *Report) changes(metric string, cells []summary.Cell, other func(summary.Cell) (summary.Cell, bool)) string {
	var parts []string
	for _, c := range cells {
		to, ok := other(c)
		if !ok {
			continue
		}
		d, ok := r.differenceIn(metric, c, to)
		if !ok {
			continue
		}
		words := units.Change(d.Ratio) + d.PlusMinus()
		switch {
		case d.Decided == stats.Bounded && d.Interval:
			words = "at most " + d.Most()
		case d.Decided != stats.Found:
			words += " (undecided)"
		}
		parts = append(parts, units.Plural(c.Nodes, "node")+" "+words)
	}
	return strings.Join(parts, ", ")
}
