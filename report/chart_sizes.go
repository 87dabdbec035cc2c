package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// sizes lists the numbers of nodes of all groups, ascending.
func (r *Report) sizes() []int {
	var out []int
	for _, c := range r.summary.Cells {
		if !slices.Contains(out, c.Nodes) {
			out = append(out, c.Nodes)
		}
	}
	slices.Sort(out)
	return out
}

// axisRunes are how many letters the labels under an axis may have together.
const axisRunes = 118

// sizeAxis has a place for each size; where words under each size have no
// room, the axis's title says them once.
func (r *Report) sizeAxis() chart.Axis {
	sizes := r.sizes()
	a := chart.Axis{Min: -0.5, Max: float64(len(sizes)) - 0.5, Places: true}
	crowded := false
	for i, n := range sizes {
		t := chart.Tick{At: float64(i), Label: units.Plural(n, "node"), Under: r.tolerance(n)}
		crowded = crowded || max(utf8.RuneCountInString(t.Label), utf8.RuneCountInString(t.Under))+2 > axisRunes/len(sizes)
		a.Ticks = append(a.Ticks, t)
	}
	if crowded {
		a.Title = "nodes, over the failures that they tolerate in theory"
		for i, n := range sizes {
			a.Ticks[i].Label, a.Ticks[i].Under = fmt.Sprint(n), fmt.Sprint((n-1)/2)
		}
	}
	return a
}

// tolerance is what the setups of a size were seen, or are said, to tolerate.
func (r *Report) tolerance(nodes int) string {
	var out []string
	for _, c := range r.summary.Cells {
		if t := toleration(c); c.Nodes == nodes && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return strings.Join(out, ", ")
}

func toleration(c summary.Cell) string {
	if c.Faults.Survived == nil {
		return fmt.Sprintf("theory: tolerates %d", c.Tolerates)
	}
	return fmt.Sprintf("tolerates %d", *c.Faults.Survived)
}
