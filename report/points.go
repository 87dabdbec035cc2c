package report

import (
	"image/color"

	"github.com/raftbench/raftbench/summary"
)

// point is a cell's p50 and p90 at its place in a chart.
type point struct {
	group    int
	cell     summary.Cell
	x        float64
	p50, p90 summary.Metric
	has90    bool
	// uncosted: no valid trial measured it, so that it has a place and no
	// height.
	uncosted bool
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
	for _, p := range points {
		if p.uncosted {
			continue
		}
		if highest == 0 || p.p50.Median < lowest {
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
		if p.uncosted {
			areas[i] = s.strike(fd, x)
			continue
		}
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

// strike marks a size that has no cost, at the foot of its place, and returns
// the mark's area.
func (s *scene) strike(fd field, x float64) rect {
	area := rect{x, fd.y0 + 2*markRadius, x, fd.y0 + 2*markRadius}.grown(markRadius)
	s.cross(dark, x, fd.y0+2*markRadius, markRadius)
	s.taken = append(s.taken, area)
	return area
}

const (
	markRadius = 7.0
	whiskerCap = 11.0
)

var (
	labelPen = pen{18, true, dark}
	valuePen = pen{16, false, dark}
)
