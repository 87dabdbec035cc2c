package report

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/summary"
)

// point is a cell's p50 and p90 at its place in a chart.
type point struct {
	group    int
	cell     summary.Cell
	x        float64
	p50, p90 summary.Metric
	has90    bool
}

func pointOf(group int, c summary.Cell, p50, p90 string) (point, bool) {
	m, ok := metric(c, p50)
	if !ok {
		return point{}, false
	}
	m90, has90 := metric(c, p90)
	return point{group: group, cell: c, p50: m, p90: m90, has90: has90}, true
}

// latencyRange of all that is drawn of the points.
func latencyRange(points []point) (lowest, highest float64) {
	for i, p := range points {
		if i == 0 || p.p50.Median < lowest {
			lowest = p.p50.Median
		}
		highest = max(highest, upper(p.p50))
		if p.has90 {
			highest = max(highest, upper(p.p90))
		}
	}
	return lowest, highest
}

// upper is the upper end of what is drawn of a metric.
func upper(m summary.Metric) float64 {
	if hasInterval(m) {
		return max(m.Median, *m.CIHigh)
	}
	return m.Median
}

// look tells the percentiles apart by colour and shape where there is one
// series, and by filling where colour and shape tell the series.
func (sub subject) look(group int, p90 bool) (color.Color, outline, bool) {
	if len(sub.groups) > 1 {
		return hue(group), form(group), p90
	}
	if p90 {
		return hue(1), form(1), true
	}
	return hue(0), form(0), false
}

func percentileKeys(sub subject, what string) []key {
	if len(sub.groups) == 1 {
		c50, f50, h50 := sub.look(0, false)
		c90, f90, h90 := sub.look(0, true)
		return []key{
			{text: "p50: half of the " + what + " are faster", color: c50, form: f50, hollow: h50},
			{text: "p90: nine of ten are faster", color: c90, form: f90, hollow: h90},
		}
	}
	return append(seriesKeys(sub),
		key{text: "filled: p50", color: grey, form: form(0)},
		key{text: "hollow: p90", color: grey, form: form(0), hollow: true})
}

func seriesKeys(sub subject) []key {
	var keys []key
	for i, g := range sub.groups {
		keys = append(keys, key{text: g.name, color: hue(i), form: form(i)})
	}
	return keys
}

// drawPoints draws marks and intervals, then finds places for the labels: one
// a point, or one for all series of a size where there are several.
func (sub subject) drawPoints(s *scene, fd field, points []point) {
	// Where nothing was proven the axis says so.
	said := !anyProven(points)
	areas := make([]rect, len(points))
	for i, p := range points {
		x := fd.px(p.x)
		if p.has90 {
			s.estimate(fd, x, p.p90, sub, p.group, true)
		}
		areas[i] = s.estimate(fd, x, p.p50, sub, p.group, false)
	}
	if len(sub.groups) == 1 {
		s.labels(fd, pointLabels(points, areas, said))
		return
	}
	s.labels(fd, clusterLabels(points, areas, said))
}

// estimate draws a median with its interval and returns the mark's area.
func (s *scene) estimate(fd field, x float64, m summary.Metric, sub subject, group int, p90 bool) rect {
	c, o, hollow := sub.look(group, p90)
	y := fd.py(m.Median)
	if hasInterval(m) {
		s.whisker(c, x, fd.py(*m.CILow), fd.py(*m.CIHigh), whiskerCap)
	}
	s.dot(o, c, markRadius, x, y, hollow)
	return rect{x, y, x, y}.grown(markRadius)
}

const (
	markRadius = 7.0
	whiskerCap = 11.0
)

var (
	labelPen = pen{18, true, dark}
	valuePen = pen{16, false, dark}
)

// label is a wish with its text: a name, and a value under it or none.
type label struct {
	wish
	name, value string
}

func newLabel(mark rect, name, value string, sides []side) label {
	h := labelPen.size
	if value != "" {
		h += valuePen.size * leading
	}
	return label{wish{mark, max(labelPen.width(name), valuePen.width(value)), h, sides}, name, value}
}

func pointLabels(points []point, areas []rect, said bool) []label {
	var out []label
	for i, p := range points {
		name := plural(p.cell.Nodes, "node") + weakness([]summary.Cell{p.cell}, said)
		out = append(out, newLabel(areas[i], name, duration(p.p50.Median), outward(points, p)))
	}
	return out
}

// outward sends a label away from the neighbours of its point.
func outward(points []point, p point) []side {
	for _, other := range points {
		if d := other.x - p.x; d > 0 && d < 0.5 {
			return []side{west, south, north}
		}
	}
	return []side{east, south, north}
}

// clusterLabels name the points of all series that share a place and a size.
func clusterLabels(points []point, areas []rect, said bool) []label {
	type cluster struct {
		area  rect
		nodes int
		cells []summary.Cell
	}
	var clusters []cluster
	last := map[int]int{} // by size
	order := make([]int, len(points))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(areas[a].x0 - areas[b].x0) })
	for _, i := range order {
		n := points[i].cell.Nodes
		if k, ok := last[n]; ok && k == len(clusters)-1 {
			clusters[k].area = union(clusters[k].area, areas[i])
			clusters[k].cells = append(clusters[k].cells, points[i].cell)
			continue
		}
		last[n] = len(clusters)
		clusters = append(clusters, cluster{areas[i], n, []summary.Cell{points[i].cell}})
	}
	var out []label
	for _, c := range clusters {
		name := plural(c.nodes, "node") + weakness(c.cells, said)
		out = append(out, newLabel(c.area, name, "", []side{south, north}))
	}
	return out
}

// weakness is what a label adds for cells that something weakens; said: that
// nothing is proven need not be repeated.
func weakness(cells []summary.Cell, said bool) string {
	text := ""
	if slices.ContainsFunc(cells, doubted) {
		text = dagger
	}
	if !said && slices.ContainsFunc(cells, func(c summary.Cell) bool { return c.Faults.Survived == nil }) {
		text += ", " + unproven
	}
	return text
}

func union(a, b rect) rect {
	return rect{min(a.x0, b.x0), min(a.y0, b.y0), max(a.x1, b.x1), max(a.y1, b.y1)}
}

// labels places and writes labels, with a thin line to each that had to move
// far from its mark.
func (s *scene) labels(fd field, labels []label) {
	wishes := make([]wish, len(labels))
	for i, l := range labels {
		wishes[i] = l.wish
	}
	places, ok := placeLabels(rect{fd.x0, fd.y0 + 2, s.w - 4, fd.y1}, s.taken, wishes)
	for i, r := range places {
		if !ok[i] {
			continue
		}
		l := labels[i]
		s.write(labelPen, (r.x0+r.x1)/2, r.y1-ascent*labelPen.size, 0.5, l.name)
		if l.value != "" {
			s.write(valuePen, (r.x0+r.x1)/2, r.y0+descent*valuePen.size, 0.5, l.value)
		}
		if !r.overlaps(l.mark.grown(30)) {
			m := l.mark
			s.line(grey, 1, nil, [2]float64{(m.x0 + m.x1) / 2, (m.y0 + m.y1) / 2}, nearest(r, m))
		}
	}
}

// nearest is the point of r that is closest to the middle of m.
func nearest(r, m rect) [2]float64 {
	x, y := (m.x0+m.x1)/2, (m.y0+m.y1)/2
	return [2]float64{min(max(x, r.x0), r.x1), min(max(y, r.y0), r.y1)}
}

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
