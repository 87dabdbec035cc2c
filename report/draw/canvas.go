package draw

import (
	"image/color"
	"math"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// canvas is a chart before it is painted: everything has its place, so that
// tests can see whether text overlaps or leaves the picture.
type canvas struct {
	w, h float64
	// From back to front: shades, grid, strokes, texts.
	shades  []rect
	grid    []gridLine
	strokes []func(*draw.Canvas)
	texts   []words
	// taken are areas that labels keep off: marks, intervals, bars.
	taken []rect
}

// words is one line of text that has its place.
type words struct {
	text string
	pen  pen
	x, y float64 // where the line begins; y is its base
}

func (w words) box() rect {
	return rect{w.x, w.y - descent*w.pen.size, w.x + w.pen.width(w.text), w.y + ascent*w.pen.size}
}

// gridLine is a level line of the field; it stops at texts, which it would
// strike through.
type gridLine struct{ x0, x1, y float64 }

// gaps cuts a grid line at the texts that stand on it.
func (g gridLine) gaps(texts []words) [][2]float64 {
	pieces := [][2]float64{{g.x0, g.x1}}
	for _, w := range texts {
		b := w.box().grown(4)
		if g.y <= b.y0 || g.y >= b.y1 {
			continue
		}
		var cut [][2]float64
		for _, p := range pieces {
			if b.x0 > p[0] {
				cut = append(cut, [2]float64{p[0], min(p[1], b.x0)})
			}
			if b.x1 < p[1] {
				cut = append(cut, [2]float64{max(p[0], b.x1), p[1]})
			}
		}
		pieces = cut
	}
	return pieces
}

// write puts a line of text; ax 0 begins at x, 0.5 centres on it, 1 ends there.
func (cv *canvas) write(p pen, x, y, ax float64, text string) {
	text = printable(text)
	cv.texts = append(cv.texts, words{text, p, x - ax*p.width(text), y})
}

// printable replaces what XML cannot hold: whoever names a thing must not be
// able to break the picture.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, text)
}

func (cv *canvas) line(c color.Color, width float64, dashes []float64, points ...[2]float64) {
	cv.strokes = append(cv.strokes, func(dc *draw.Canvas) {
		sty := draw.LineStyle{Color: c, Width: vg.Length(width)}
		for _, d := range dashes {
			sty.Dashes = append(sty.Dashes, vg.Length(d))
		}
		dc.StrokeLines(sty, vgPoints(points))
	})
}

func (cv *canvas) area(c color.Color, r rect) {
	cv.strokes = append(cv.strokes, func(dc *draw.Canvas) { dc.FillPolygon(c, vgPoints(r.corners())) })
}

// dot draws a mark; a hollow one is white inside.
func (cv *canvas) dot(o outline, c color.Color, radius, x, y float64, hollow bool) {
	cv.strokes = append(cv.strokes, func(dc *draw.Canvas) {
		path := markPath(o, radius, x, y)
		if hollow {
			dc.SetColor(white)
			dc.Fill(path)
			dc.SetLineStyle(draw.LineStyle{Color: c, Width: vg.Length(radius / 2.6)})
			dc.Stroke(path)
			return
		}
		dc.SetColor(c)
		dc.Fill(path)
	})
	cv.taken = append(cv.taken, around(x, y, radius*1.3))
}

// whisker draws an interval with its caps; an open one has an arrow in place
// of its upper cap.
func (cv *canvas) whisker(c color.Color, x, low, high, cap float64, open bool) {
	const width = 2.2
	cv.line(c, width, nil, [2]float64{x, low}, [2]float64{x, high})
	cv.line(c, width, nil, [2]float64{x - cap, low}, [2]float64{x + cap, low})
	if open {
		cv.line(c, width, nil, [2]float64{x - cap*0.7, high - cap}, [2]float64{x, high}, [2]float64{x + cap*0.7, high - cap})
	} else {
		cv.line(c, width, nil, [2]float64{x - cap, high}, [2]float64{x + cap, high})
	}
	cv.taken = append(cv.taken, rect{x - cap, low, x + cap, high}.grown(width/2))
}

// cross strikes a place out.
func (cv *canvas) cross(c color.Color, x, y, arm float64) {
	cv.line(c, 2.4, nil, [2]float64{x - arm, y - arm}, [2]float64{x + arm, y + arm})
	cv.line(c, 2.4, nil, [2]float64{x - arm, y + arm}, [2]float64{x + arm, y - arm})
	cv.taken = append(cv.taken, around(x, y, arm))
}

func markPath(o outline, radius, x, y float64) vg.Path {
	var path vg.Path
	if o == nil {
		centre := vg.Point{X: vg.Length(x), Y: vg.Length(y)}
		path.Move(vg.Point{X: vg.Length(x + radius), Y: vg.Length(y)})
		path.Arc(centre, vg.Length(radius), 0, 2*math.Pi)
		path.Close()
		return path
	}
	for i, v := range o {
		at := vg.Point{X: vg.Length(x + v[0]*radius), Y: vg.Length(y + v[1]*radius)}
		if i == 0 {
			path.Move(at)
		} else {
			path.Line(at)
		}
	}
	path.Close()
	return path
}

func vgPoints(points [][2]float64) []vg.Point {
	out := make([]vg.Point, len(points))
	for i, p := range points {
		out[i] = vg.Point{X: vg.Length(p[0]), Y: vg.Length(p[1])}
	}
	return out
}

// paint draws the canvas, text last.
func (cv *canvas) paint(c vg.CanvasSizer) {
	dc := draw.New(c)
	dc.SetColor(white)
	dc.Fill(dc.Path())
	for _, r := range cv.shades {
		dc.FillPolygon(band, vgPoints(r.corners()))
	}
	for _, g := range cv.grid {
		for _, p := range g.gaps(cv.texts) {
			dc.StrokeLines(draw.LineStyle{Color: pale, Width: 1.2}, vgPoints([][2]float64{{p[0], g.y}, {p[1], g.y}}))
		}
	}
	for _, stroke := range cv.strokes {
		stroke(&dc)
	}
	for _, w := range cv.texts {
		dc.SetColor(w.pen.color)
		dc.FillString(w.pen.face(), vg.Point{X: vg.Length(w.x), Y: vg.Length(w.y)}, w.text)
	}
}
