// Package draw turns a chart into pictures, a PNG and an SVG. It decides where
// things stand and adds no word and no number: what a chart says is in its
// data, package chart. Text never overlaps text nor leaves the picture, and
// series differ in shape as they do in colour.
package draw

import (
	"bytes"
	"fmt"
	"image/png"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/raftbench/raftbench/report/chart"
)

// A picture is 16 by 9 inches at 100 dots an inch: a slide, 1600 by 900 pixels.
// Its text still reads when a page shows it half as wide. Where keys and notes
// are many it is higher, so that they leave the data room.
const (
	chartWidth  = 1152 // points
	chartHeight = 648
	chartDPI    = 100
	leastField  = 200
)

// Picture is a chart of which everything has its place.
type Picture struct{ cv *canvas }

// Lay gives everything of a chart its place.
func Lay(c chart.Chart) Picture { return Picture{lay(&c)} }

func lay(c *chart.Chart) *canvas {
	cv := &canvas{w: chartWidth, h: chartHeight}
	fd := cv.surroundings(c)
	if lack := leastField - fd.height(); lack > 0 {
		cv = &canvas{w: chartWidth, h: chartHeight + lack}
		fd = cv.surroundings(c)
	}
	if c.X.Places {
		cv.bands(fd)
	}
	areas := newAreas(c)
	for i := range c.Series {
		switch c.Series[i].Form {
		case chart.Bars:
			cv.bars(fd, &c.Series[i], len(c.Series) > 1)
		case chart.Line:
			cv.stroke(fd, &c.Series[i])
		default:
			cv.estimates(fd, &c.Series[i], areas[i])
		}
	}
	for i := range c.Series {
		if c.Series[i].Form == chart.Line {
			cv.lineMarks(fd, &c.Series[i])
		}
	}
	cv.barTexts(fd, c.Series)
	cv.endNames(fd, c.Series)
	cv.labels(fd, c, areas)
	return cv
}

// PNG draws the picture in points of colour.
func (p Picture) PNG() ([]byte, error) {
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(p.cv.w), vg.Length(p.cv.h)), vgimg.UseDPI(chartDPI))
	p.cv.paint(c)
	var buf bytes.Buffer
	if err := png.Encode(&buf, c.Image()); err != nil {
		return nil, fmt.Errorf("draw a PNG: %w", err)
	}
	return buf.Bytes(), nil
}

// SVG draws the picture in lines and letters. It leaves the font to the viewer: Liberation Sans where there is one, else
// another sans-serif. Each text states its length, so that a wider font is
// drawn narrower instead of into its neighbour.
func (p Picture) SVG() ([]byte, error) {
	c := vgsvg.New(vg.Length(p.cv.w), vg.Length(p.cv.h))
	p.cv.paint(c)
	var buf bytes.Buffer
	if _, err := c.WriteTo(&buf); err != nil {
		return nil, fmt.Errorf("draw an SVG: %w", err)
	}
	text := bytes.ReplaceAll(buf.Bytes(), []byte("font-family:Liberation Sans;"),
		[]byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;"))
	return p.cv.stateLengths(text), nil
}

// stateLengths adds to each text element the length that its text was given
// room for; the elements stand in the order in which texts are painted, and no
// text holds a bare "<".
func (cv *canvas) stateLengths(svg []byte) []byte {
	const begin = "<text "
	var out bytes.Buffer
	for i, part := range bytes.Split(svg, []byte(begin)) {
		if i > 0 {
			w := cv.texts[i-1]
			fmt.Fprintf(&out, `%stextLength="%.5g" lengthAdjust="spacingAndGlyphs" `, begin, w.pen.width(w.text))
		}
		out.Write(part)
	}
	return out.Bytes()
}
