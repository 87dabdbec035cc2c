package draw

import (
	"image/color"

	"github.com/raftbench/raftbench/report/chart"
)

// interval draws that of a point where it has one.
func (cv *canvas) interval(fd field, c color.Color, x float64, p chart.Point, cap float64) {
	switch {
	case p.Low == nil:
	case p.Open:
		cv.whisker(c, x, fd.py(*p.Low), fd.y1, cap, true)
	case p.High != nil:
		cv.whisker(c, x, fd.py(*p.Low), fd.py(*p.High), cap, false)
	}
}

// footRadius of the mark under a bar.
const footRadius = 3.5

// bars draws a series from the foot of the field up; one among others has its
// mark under each of its bars, for those who do not tell the colours apart.
func (cv *canvas) bars(fd field, s *chart.Series, among bool) {
	for _, p := range s.Points {
		if among {
			cv.dot(shape(s.Look), hue(s.Look), footRadius, fd.px(p.X), fd.y0-footRadius-2, false)
		}
		if p.Y == nil {
			cv.missing(fd, hue(s.Look), p)
			continue
		}
		bar := barOf(fd, s, p)
		cv.filled(s.Look, bar)
		cv.taken = append(cv.taken, bar)
		cv.interval(fd, dark, (bar.x0+bar.x1)/2, p, min(whiskerCap, bar.width()/3))
	}
}

// leastMarked is how high a piece of a stack is at least, in points, that has room for
// its mark.
const leastMarked = 4 * footRadius

// stack draws one part of bars that stand on one another, parted by thin lines and with
// the mark of its key, for those who do not tell the colours apart.
func (cv *canvas) stack(fd field, s *chart.Series) {
	for _, p := range s.Points {
		if p.Y == nil {
			continue
		}
		bar := barOf(fd, s, p)
		bar.y0 = fd.py(p.From)
		cv.filled(s.Look, bar)
		cv.line(white, 1, nil, [2]float64{bar.x0, bar.y0}, [2]float64{bar.x1, bar.y0})
		if bar.y1-bar.y0 >= leastMarked {
			cv.markIn(s.Look, (bar.x0+bar.x1)/2, (bar.y0+bar.y1)/2)
		}
		cv.taken = append(cv.taken, bar)
	}
}

// Stripes are this far apart and this wide.
const (
	stripeGap   = 7
	stripeWidth = 2.2
)

// filled is an area in the colour of a look, with its stripes.
func (cv *canvas) filled(l chart.Look, r rect) {
	cv.area(hue(l), r)
	if striped(l) {
		cv.slants(white, stripeWidth, stripeGap, r)
	}
}

// markIn stands on an area of its own look: white, with a rim where stripes would run into it.
func (cv *canvas) markIn(l chart.Look, x, y float64) {
	if striped(l) {
		cv.dot(shape(l), hue(l), footRadius+1.5, x, y, true)
		return
	}
	cv.dot(shape(l), white, footRadius, x, y, false)
}

func barOf(fd field, s *chart.Series, p chart.Point) rect {
	return rect{fd.px(p.X - s.Width/2), fd.y0, fd.px(p.X + s.Width/2), fd.py(*p.Y)}
}

// barTexts writes each bar's value above it where all of them fit; some alone
// would mislead.
func (cv *canvas) barTexts(fd field, series []chart.Series) {
	var places []rect
	var texts []string
	for i := range series {
		if series[i].Form != chart.Bars {
			continue
		}
		for _, p := range series[i].Points {
			r := barText(fd, p)
			if !(rect{fd.x0, fd.y0, fd.x1, fd.y1 + 8}).holds(r) || !free(r, places) {
				return
			}
			places, texts = append(places, r.grown(2)), append(texts, p.Text)
		}
	}
	for i, r := range places {
		cv.write(labelPen, (r.x0+r.x1)/2, r.y1-2-ascent*labelPen.size, 0.5, texts[i])
	}
}

// barText is the place of a value above its bar and interval.
func barText(fd field, p chart.Point) rect {
	x, top := fd.px(p.X), fd.y0+3*markRadius
	if p.Y != nil {
		top = fd.py(*p.Y)
		if p.High != nil {
			top = max(top, fd.py(*p.High))
		}
	}
	half := labelPen.width(p.Text) / 2
	return rect{x - half, top + 6, x + half, top + 6 + labelPen.size}
}
