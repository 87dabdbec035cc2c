package draw

import (
	"math"

	"github.com/raftbench/raftbench/report/chart"
)

var endPen = pen{17, true, dark}

const (
	endLimit = 300.0 // points that a name may take
	endLead  = 34.0  // from the field to the names
)

// endRoom is what the names beside the field need.
func endRoom(series []chart.Series) float64 {
	room, named := 0.0, false
	for _, s := range series {
		if s.Named {
			named = true
			room = max(room, endPen.width(endPen.shorten(s.Name, endLimit)))
		}
	}
	if !named {
		return 0
	}
	return room + endLead + 4
}

// stroke draws the line through the points of a series that have a value.
func (cv *canvas) stroke(fd field, s *chart.Series) {
	var through [][2]float64
	for _, p := range s.Points {
		if p.Y != nil {
			through = append(through, [2]float64{fd.px(p.X), fd.py(*p.Y)})
		}
	}
	cv.line(hue(s.Look), 3, dashes(s.Look), through...)
	if len(through) <= shortLine {
		for i := 1; i < len(through); i++ {
			cv.keepOff(through[i-1], through[i])
		}
	}
}

// shortLine is of how many points a line is at most that labels keep off: round one of many
// they would find no place.
const shortLine = 12

// keepOff a piece of a line: labels on it would be struck through.
func (cv *canvas) keepOff(from, to [2]float64) {
	const step, half = 8, 3
	if from[0] == to[0] || from[1] == to[1] {
		cv.taken = append(cv.taken, rect{min(from[0], to[0]), min(from[1], to[1]), max(from[0], to[0]), max(from[1], to[1])}.grown(half))
		return
	}
	n := math.Ceil(math.Hypot(to[0]-from[0], to[1]-from[1]) / step)
	for i := 0.0; i <= n; i++ {
		cv.taken = append(cv.taken, around(from[0]+(to[0]-from[0])*i/n, from[1]+(to[1]-from[1])*i/n, half))
	}
}

func (cv *canvas) lineMarks(fd field, s *chart.Series, areas []rect) {
	for i, p := range s.Points {
		if p.Y == nil {
			if p.Missing != "" {
				areas[i] = cv.missing(fd, hue(s.Look), p)
			}
			continue
		}
		x, y := fd.px(p.X), fd.py(*p.Y)
		areas[i] = around(x, y, 2)
		if !p.Plain {
			cv.dot(shape(s.Look), hue(s.Look), 6, x, y, s.Look.Hollow)
		}
		if p.Struck {
			cv.cross(dark, x, y, 7)
		}
	}
}

// endNames writes the names of lines in a column at the right, each joined to
// its line's end.
func (cv *canvas) endNames(fd field, series []chart.Series) {
	var named []*chart.Series
	var ends [][2]float64
	var heights []float64
	for i := range series {
		if end, ok := endOf(fd, &series[i]); ok {
			named, ends, heights = append(named, &series[i]), append(ends, end), append(heights, end[1])
		}
	}
	places := stack(heights, endPen.size*1.3, fd.y0, fd.y1+endPen.size)
	for i, s := range named {
		from := ends[i][0] + 8
		cv.line(hue(s.Look), 1.4, []float64{2, 3}, [2]float64{from, ends[i][1]}, [2]float64{max(from, fd.x1+8), ends[i][1]},
			[2]float64{fd.x1 + endLead - 6, places[i]})
		cv.write(endPen, fd.x1+endLead, places[i]-endPen.size*0.34, 0, endPen.shorten(s.Name, endLimit))
	}
}

// endOf is where the last value of a named line stands.
func endOf(fd field, s *chart.Series) ([2]float64, bool) {
	for i := len(s.Points) - 1; s.Named && i >= 0; i-- {
		if p := s.Points[i]; p.Y != nil {
			return [2]float64{fd.px(p.X), fd.py(*p.Y)}, true
		}
	}
	return [2]float64{}, false
}
