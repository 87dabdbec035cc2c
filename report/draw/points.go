package draw

import (
	"image/color"

	"github.com/raftbench/raftbench/report/chart"
)

const (
	markRadius = 7.0
	whiskerCap = 11.0
	dotRadius  = 3.4
)

// newAreas has room for the area of each mark that labels may name.
func newAreas(c *chart.Panel) [][]rect {
	out := make([][]rect, len(c.Series))
	for i, s := range c.Series {
		out[i] = make([]rect, len(s.Points))
	}
	return out
}

// estimates draws marks with their intervals and notes the marks' areas.
func (cv *canvas) estimates(fd field, s *chart.Series, areas []rect) {
	for i, p := range s.Points {
		areas[i] = cv.estimate(fd, s.Look, p)
	}
}

// dots draws single values, smaller than the marks that sum them up.
func (cv *canvas) dots(fd field, s *chart.Series) {
	for _, p := range s.Points {
		if p.Y == nil {
			cv.missing(fd, hue(s.Look), p)
			continue
		}
		cv.dot(shape(s.Look), hue(s.Look), dotRadius, fd.px(p.X), fd.py(*p.Y), s.Look.Hollow)
	}
}

func (cv *canvas) estimate(fd field, l chart.Look, p chart.Point) rect {
	x := fd.px(p.X)
	if p.Y == nil {
		return cv.missing(fd, hue(l), p)
	}
	y := fd.py(*p.Y)
	cv.interval(fd, hue(l), x, p, whiskerCap)
	cv.dot(shape(l), hue(l), markRadius, x, y, l.Hollow)
	return around(x, y, markRadius)
}

// missing strikes a place out that has no value: its foot where that is not
// known, its top where it is above every number.
func (cv *canvas) missing(fd field, c color.Color, p chart.Point) rect {
	x, y := fd.px(p.X), fd.y0+2*markRadius
	if p.Beyond {
		y = fd.y1 - 2*markRadius
	}
	cv.cross(c, x, y, markRadius)
	return around(x, y, markRadius)
}
