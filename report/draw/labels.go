package draw

import (
	"math"

	"github.com/raftbench/raftbench/report/chart"
)

var (
	labelPen = pen{18, true, dark}
	valuePen = pen{16, false, dark}
)

// labels places and writes labels within the field, with a thin line to each that
// had to move far from its mark.
func (cv *canvas) labels(fd field, c *chart.Panel, areas [][]rect) {
	wishes := make([]wish, len(c.Labels))
	for i, l := range c.Labels {
		wishes[i] = wishOf(fd, c, l, areas)
	}
	places, ok := placeLabels(rect{fd.x0, fd.y0 + 2, fd.x1, fd.y1}, cv.taken, wishes)
	for i, r := range places {
		if ok[i] {
			cv.label(c.Labels[i], r, wishes[i].mark)
		}
	}
}

// wishOf is the room that a label wants, beside the marks that it names.
func wishOf(fd field, c *chart.Panel, l chart.Label, areas [][]rect) wish {
	marks := c.Known(l.Of)
	mark := areas[marks[0].Series][marks[0].Point]
	whole := mark
	for _, ref := range marks {
		mark = union(mark, areas[ref.Series][ref.Point])
		whole = union(whole, mark)
		if p := c.At(ref); p.Low != nil {
			whole.y0 = min(whole.y0, fd.py(*p.Low))
			if p.High != nil {
				whole.y1 = max(whole.y1, fd.py(*p.High))
			}
		}
	}
	h := 0.0
	if l.Name != "" {
		h += labelPen.size
	}
	if l.Value != "" {
		h += valuePen.size * leading
	}
	return wish{
		mark: mark, whole: whole, w: max(labelPen.width(l.Name), valuePen.width(l.Value)), h: h,
		sides: sidesOf(c, l), home: homeOf(fd, c.At(marks[0]).X),
	}
}

// homeOf is the stretch in which a mark stands: that of its place, or all of the field.
func homeOf(fd field, x float64) rect {
	home := fd.rect
	if fd.x.Places {
		home.x0, home.x1 = max(home.x0, fd.px(math.Round(x)-0.5)+2), min(home.x1, fd.px(math.Round(x)+0.5)-2)
	}
	return home
}

// sidesOf sends a label away from its neighbour at the same place, and under
// the marks where it names several.
func sidesOf(c *chart.Panel, l chart.Label) []side {
	if len(l.Of) > 1 {
		return []side{south, north}
	}
	x := c.At(l.Of[0]).X
	for _, other := range c.Labels {
		if d := c.At(other.Of[0]).X - x; d > 0 && d < 0.5 {
			return []side{west, south, north}
		}
	}
	return []side{east, south, north}
}

func (cv *canvas) label(l chart.Label, r, mark rect) {
	middle := (r.x0 + r.x1) / 2
	if l.Name != "" {
		cv.write(labelPen, middle, r.y1-ascent*labelPen.size, 0.5, l.Name)
	}
	if l.Value != "" {
		cv.write(valuePen, middle, r.y0+descent*valuePen.size, 0.5, l.Value)
	}
	if !r.overlaps(mark.grown(30)) {
		cv.line(grey, 1, nil, [2]float64{(mark.x0 + mark.x1) / 2, (mark.y0 + mark.y1) / 2}, nearest(r, mark))
	}
}

// nearest is the point of r that is closest to the middle of m.
func nearest(r, m rect) [2]float64 {
	x, y := (m.x0+m.x1)/2, (m.y0+m.y1)/2
	return [2]float64{min(max(x, r.x0), r.x1), min(max(y, r.y0), r.y1)}
}
