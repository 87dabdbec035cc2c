package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/summary"
)

// sizes lists the numbers of nodes of all groups, ascending.
func (sub subject) sizes() []int {
	var out []int
	for _, c := range sub.summary.Cells {
		if !slices.Contains(out, c.Nodes) {
			out = append(out, c.Nodes)
		}
	}
	slices.Sort(out)
	return out
}

// sizeAxis has a stretch of 1 for each size, centred on its index; where words
// under each size have no room, the axis's title says them once.
func (sub subject) sizeAxis() (a axis, title string) {
	sizes := sub.sizes()
	a = axis{min: -0.5, max: float64(len(sizes)) - 0.5}
	const field = chartWidth - 3*margin
	for i, n := range sizes {
		a.ticks = append(a.ticks, tick{float64(i), sub.sizeLabel(n)})
		for _, line := range strings.Split(sub.sizeLabel(n), "\n") {
			if tickPen.width(line) > field/float64(len(sizes))-8 {
				title = "nodes, over the failures that they tolerate in theory"
			}
		}
	}
	if title != "" {
		for i, n := range sizes {
			a.ticks[i].label = sub.sizeFigures(n)
		}
	}
	return a, title
}

func (sub subject) sizeFigures(n int) string {
	for _, c := range sub.summary.Cells {
		if c.Nodes == n {
			return fmt.Sprintf("%d%s\n%d", n, sub.sizeMark(n), c.Tolerates)
		}
	}
	return fmt.Sprint(n)
}

// sizeMark is the dagger where any cell of the size is doubted.
func (sub subject) sizeMark(n int) string {
	for _, c := range sub.summary.Cells {
		if c.Nodes == n && doubted(c) {
			return dagger
		}
	}
	return ""
}

// sizeLabel is "3 nodes" over "tolerates 1", with what weakens any of them.
func (sub subject) sizeLabel(n int) string {
	tolerates := []string{}
	for _, c := range sub.summary.Cells {
		if t := toleration(c); c.Nodes == n && !slices.Contains(tolerates, t) {
			tolerates = append(tolerates, t)
		}
	}
	return plural(n, "node") + sub.sizeMark(n) + "\n" + strings.Join(tolerates, ", ")
}

func toleration(c summary.Cell) string {
	if c.Faults.Survived == nil {
		return fmt.Sprintf("theory: tolerates %d", c.Tolerates)
	}
	return fmt.Sprintf("tolerates %d", *c.Faults.Survived)
}
