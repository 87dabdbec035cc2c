package report

import (
	"image/color"
	"math"
	"sync"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// rect is an area of a chart in points, y upwards.
type rect struct{ x0, y0, x1, y1 float64 }

func (r rect) width() float64  { return r.x1 - r.x0 }
func (r rect) height() float64 { return r.y1 - r.y0 }

// overlaps is true where two areas share more than an edge.
func (r rect) overlaps(o rect) bool {
	return r.x0 < o.x1 && o.x0 < r.x1 && r.y0 < o.y1 && o.y0 < r.y1
}

func (r rect) holds(o rect) bool {
	return o.x0 >= r.x0 && o.y0 >= r.y0 && o.x1 <= r.x1 && o.y1 <= r.y1
}

func (r rect) corners() [][2]float64 {
	return [][2]float64{{r.x0, r.y0}, {r.x1, r.y0}, {r.x1, r.y1}, {r.x0, r.y1}}
}

func (r rect) grown(by float64) rect { return rect{r.x0 - by, r.y0 - by, r.x1 + by, r.y1 + by} }

// pen is how text looks.
type pen struct {
	size  float64 // points
	bold  bool
	color color.Color
}

var fonts = font.NewCache(liberation.Collection())

func (p pen) face() font.Face {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: font.Length(p.size)}
	if p.bold {
		f.Weight = xfont.WeightBold
	}
	return fonts.Lookup(f, f.Size)
}

// widths remembers what was measured: kerning is slow, and layout asks for
// the same words again and again. A report's words are few.
var widths sync.Map

type extent struct {
	size float64
	bold bool
	text string
}

func (p pen) width(text string) float64 {
	// By size and weight alone: the widths are those of letters.
	k := extent{p.size, p.bold, text}
	if w, ok := widths.Load(k); ok {
		return w.(float64)
	}
	face := p.face()
	w := float64(face.Width(text))
	widths.Store(k, w)
	return w
}

// Of Liberation Sans, as shares of the size: how far letters reach above and
// below the line they stand on, and the distance of lines.
const (
	ascent  = 0.76
	descent = 0.22
	leading = 1.22
)

// words is one line of text that has its place.
type words struct {
	text string
	pen  pen
	x, y float64 // where the line begins; y is its base
}

func (w words) box() rect {
	return rect{w.x, w.y - descent*w.pen.size, w.x + w.pen.width(w.text), w.y + ascent*w.pen.size}
}

// scene is a chart before it is drawn: everything has its place, so that
// tests can see whether text overlaps or leaves the canvas.
type scene struct {
	w, h float64
	// From back to front: shades, grid, strokes, texts.
	shades  []rect
	grid    []gridLine
	strokes []func(*draw.Canvas)
	texts   []words
	// taken are areas that labels keep off: marks, intervals, bars.
	taken []rect
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
func (s *scene) write(p pen, x, y, ax float64, text string) {
	s.texts = append(s.texts, words{text, p, x - ax*p.width(text), y})
}

func (s *scene) line(c color.Color, width float64, dashes []float64, points ...[2]float64) {
	s.strokes = append(s.strokes, func(cv *draw.Canvas) {
		sty := draw.LineStyle{Color: c, Width: vg.Length(width)}
		for _, d := range dashes {
			sty.Dashes = append(sty.Dashes, vg.Length(d))
		}
		cv.StrokeLines(sty, vgPoints(points))
	})
}

func (s *scene) area(c color.Color, r rect) {
	s.strokes = append(s.strokes, func(cv *draw.Canvas) { cv.FillPolygon(c, vgPoints(r.corners())) })
}

// dot draws a mark; a hollow one is white inside.
func (s *scene) dot(o outline, c color.Color, radius, x, y float64, hollow bool) {
	s.strokes = append(s.strokes, func(cv *draw.Canvas) {
		path := markPath(o, radius, x, y)
		if hollow {
			cv.SetColor(white)
			cv.Fill(path)
			cv.SetLineStyle(draw.LineStyle{Color: c, Width: vg.Length(radius / 2.6)})
			cv.Stroke(path)
			return
		}
		cv.SetColor(c)
		cv.Fill(path)
	})
	s.taken = append(s.taken, rect{x, y, x, y}.grown(radius*1.3))
}

// whisker draws an interval with its caps.
func (s *scene) whisker(c color.Color, x, low, high, cap float64) {
	const width = 2.2
	s.line(c, width, nil, [2]float64{x, low}, [2]float64{x, high})
	s.line(c, width, nil, [2]float64{x - cap, low}, [2]float64{x + cap, low})
	s.line(c, width, nil, [2]float64{x - cap, high}, [2]float64{x + cap, high})
	s.taken = append(s.taken, rect{x - cap, low, x + cap, high}.grown(width/2))
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

// paint draws the scene, text last.
func (s *scene) paint(c vg.CanvasSizer) {
	cv := draw.New(c)
	cv.SetColor(white)
	cv.Fill(cv.Path())
	for _, r := range s.shades {
		cv.FillPolygon(band, vgPoints(r.corners()))
	}
	for _, g := range s.grid {
		for _, p := range g.gaps(s.texts) {
			cv.StrokeLines(draw.LineStyle{Color: pale, Width: 1.2}, vgPoints([][2]float64{{p[0], g.y}, {p[1], g.y}}))
		}
	}
	for _, stroke := range s.strokes {
		stroke(&cv)
	}
	for _, w := range s.texts {
		cv.SetColor(w.pen.color)
		cv.FillString(w.pen.face(), vg.Point{X: vg.Length(w.x), Y: vg.Length(w.y)}, w.text)
	}
}
