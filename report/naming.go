package report

import (
	"slices"

	"github.com/raftbench/raftbench/summary"
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
		value := duration(p.p50.Median)
		if p.uncosted {
			value = "no valid trial"
		}
		out = append(out, newLabel(areas[i], name, value, outward(points, p)))
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
