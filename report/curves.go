package report

import "image/color"

// curve is a line through a chart.
type curve struct {
	name    string // written at its end; empty where a key names it
	color   color.Color
	form    outline
	dashes  []float64
	points  [][2]float64
	marks   [][2]float64 // places with a mark
	crosses [][2]float64 // places struck out
	hollow  bool
}

var endPen = pen{17, true, dark}

const (
	endLimit = 300.0 // points that a name may take
	endLead  = 34.0  // from the field to the names
)

// endRoom is what the names beside the field need.
func endRoom(curves []curve) float64 {
	room := 0.0
	for _, c := range curves {
		room = max(room, endPen.width(shortenPoints(endPen, c.name, endLimit)))
	}
	return room + endLead + 4
}

// curves draws lines, their marks, and their names in a column at the right.
func (s *scene) curves(fd field, curves []curve) {
	for _, c := range curves {
		points := make([][2]float64, len(c.points))
		for k, p := range c.points {
			points[k] = [2]float64{fd.px(p[0]), fd.py(p[1])}
		}
		s.line(c.color, 3, c.dashes, points...)
	}
	for _, c := range curves {
		for _, m := range c.marks {
			s.dot(c.form, c.color, 6, fd.px(m[0]), fd.py(m[1]), c.hollow)
		}
		for _, m := range c.crosses {
			s.cross(dark, fd.px(m[0]), fd.py(m[1]), 7)
		}
	}
	s.endNames(fd, curves)
}

func (s *scene) endNames(fd field, curves []curve) {
	var named []curve
	var ends []float64
	for _, c := range curves {
		if c.name != "" {
			named, ends = append(named, c), append(ends, fd.py(c.points[len(c.points)-1][1]))
		}
	}
	places := stack(ends, endPen.size*1.3, fd.y0, fd.y1+endPen.size)
	for i, c := range named {
		from := fd.px(c.points[len(c.points)-1][0]) + 8
		s.line(c.color, 1.4, []float64{2, 3}, [2]float64{from, ends[i]}, [2]float64{max(from, fd.x1+8), ends[i]},
			[2]float64{fd.x1 + endLead - 6, places[i]})
		s.write(endPen, fd.x1+endLead, places[i]-endPen.size*0.34, 0, shortenPoints(endPen, c.name, endLimit))
	}
}
