package draw

import (
	"image/color"
	"math"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
)

const (
	markRadius = 7.0
	whiskerCap = 11.0
	dotRadius  = 3.4
)

// sizes of marks and of their whiskers' caps, in points.
type sizes struct{ mark, cap float64 }

// sizesIn a panel are smaller where marks stand close: no whisker reaches into its
// neighbour, nor does a mark, as far as that can still be seen.
func sizesIn(fd field, p *chart.Panel) sizes {
	const leastMark, leastCap, between = 2.5, 1, 3
	gap := closest(fd, p)
	return sizes{max(min(markRadius, gap/2-1), leastMark), max(min(whiskerCap, (gap-between)/2), leastCap)}
}

// closest is how near two marks of a panel stand that are not at one place; +Inf
// where there are no two.
func closest(fd field, p *chart.Panel) float64 {
	var at []float64
	for _, s := range p.Series {
		if s.Form != chart.Points {
			continue
		}
		for _, pt := range s.Points {
			at = append(at, fd.px(pt.X))
		}
	}
	slices.Sort(at)
	gap := math.Inf(1)
	for i := 1; i < len(at); i++ {
		if d := at[i] - at[i-1]; d > 0.01 {
			gap = min(gap, d)
		}
	}
	return gap
}

// newAreas has room for the area of each mark that labels may name.
func newAreas(c *chart.Panel) [][]rect {
	out := make([][]rect, len(c.Series))
	for i, s := range c.Series {
		out[i] = make([]rect, len(s.Points))
	}
	return out
}

// estimates draws marks with their intervals and notes the marks' areas.
func (cv *canvas) estimates(fd field, s *chart.Series, sz sizes, areas []rect) {
	for i, p := range s.Points {
		areas[i] = cv.estimate(fd, s.Look, sz, p)
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

func (cv *canvas) estimate(fd field, l chart.Look, sz sizes, p chart.Point) rect {
	x := fd.px(p.X)
	if p.Y == nil {
		return cv.missing(fd, hue(l), p)
	}
	y := fd.py(*p.Y)
	cv.interval(fd, hue(l), x, p, sz.cap)
	cv.dot(shape(l), hue(l), sz.mark, x, y, l.Hollow)
	return around(x, y, sz.mark)
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
