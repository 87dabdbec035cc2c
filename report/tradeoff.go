package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/summary"
)

// tradeoff shows what a failure tolerated costs per write. Sizes that
// tolerate the same stand at the same x, side by side.
func tradeoff(sub subject) (chart, bool) {
	points, most := tradeoffPoints(sub)
	if !slices.ContainsFunc(points, func(p point) bool { return !p.uncosted }) {
		return chart{}, false
	}
	x := axis{min: -0.5, max: float64(most) + 0.5}
	for t := 0; t <= most; t++ {
		x.ticks = append(x.ticks, tick{float64(t), fmt.Sprint(t)})
	}
	y, unit := latencyAxis(latencyRange(points))
	f := sub.frame("Write latency against failures tolerated")
	f.subtitle = sub.lesson()
	f.keys = percentileKeys(sub, "writes")
	if slices.ContainsFunc(points, func(p point) bool { return p.uncosted }) {
		f.keys = append(f.keys, key{text: "cost not known: no valid measuring trial", color: dark, crossed: true})
	}
	f.yTitle = sub.options.latency("write") + "," + unit + " (" + sub.intervals(writeP50) + ")"
	f.xTitle = "failures proven to be tolerated"
	if !anyProven(points) {
		f.xTitle = "failures tolerated in theory: this run has not proven them"
	}
	s, fd := f.draft(x, y)
	s.bands(fd, most)
	sub.drawPoints(s, fd, points)
	return chart{"tradeoff", f.title, s}, true
}

// lesson is the subtitle: what the first size that buys nothing costs.
func (sub subject) lesson() []string {
	if len(sub.groups) == 1 {
		for _, sentence := range verdict(sub.groups[0]) {
			if strings.Contains(sentence, gainless) {
				return []string{sentence + sub.hint()}
			}
		}
	}
	for i, n := range sub.sizes() {
		if i > 0 && n == sub.sizes()[i-1]+1 && n%2 == 0 {
			return []string{"Sizes at the same place tolerate the same: the larger one buys nothing."}
		}
	}
	return nil
}

// hint weakens a sentence on differences that no interval supports.
func (sub subject) hint() string {
	for _, c := range sub.summary.Cells {
		if m, ok := metric(c, writeP50); ok && hasInterval(m) {
			return ""
		}
	}
	return " A hint only: too few trials for intervals."
}

func anyProven(points []point) bool {
	return slices.ContainsFunc(points, func(p point) bool { return p.cell.Faults.Survived != nil })
}

func tradeoffPoints(sub subject) (points []point, most int) {
	at := map[int][]int{}
	for gi, g := range sub.groups {
		for _, c := range g.cells {
			p, ok := pointOf(gi, c, writeP50, writeP90)
			if !ok && !unmeasured(c) {
				continue
			}
			if !ok {
				p = point{group: gi, cell: c, uncosted: true}
			}
			t := c.Tolerates
			if c.Faults.Survived != nil {
				t = *c.Faults.Survived
			}
			p.x, most = float64(t), max(most, t)
			at[t] = append(at[t], len(points))
			points = append(points, p)
		}
	}
	for _, members := range at {
		dodge(points, members)
	}
	return points, most
}

// unmeasured tells a size that should have a cost, and has none since no
// measuring trial of it was valid, from one that was not to be measured so.
func unmeasured(c summary.Cell) bool {
	return c.ValidTrials == 0 && (c.Trials > 0 || c.Faults.Survived != nil)
}

// dodge spreads points that share a place over the middle of its stretch,
// by size, with more room between sizes than within one.
func dodge(points []point, members []int) {
	slices.SortStableFunc(members, func(a, b int) int { return cmp.Compare(points[a].cell.Nodes, points[b].cell.Nodes) })
	offsets := make([]float64, len(members))
	for i := 1; i < len(members); i++ {
		gap := 1.0
		if points[members[i]].cell.Nodes != points[members[i-1]].cell.Nodes {
			gap = 2
		}
		offsets[i] = offsets[i-1] + gap
	}
	width := offsets[len(offsets)-1]
	step := min(0.045, 0.72/max(width, 1))
	for i, m := range members {
		points[m].x += step * (offsets[i] - width/2)
	}
}

// bands shades every other tick's stretch, so that one place reads as one.
func (s *scene) bands(fd field, most int) {
	for t := 0; t <= most; t += 2 {
		s.shades = append(s.shades, rect{fd.px(float64(t) - 0.5), fd.y0, fd.px(float64(t) + 0.5), fd.y1})
	}
}
