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
	panels := c.Fields()
	cv := &canvas{w: chartWidth, h: chartHeight}
	fields := cv.surroundings(c, panels)
	lack := 0.0
	for _, fd := range fields {
		lack = max(lack, leastField-fd.height())
	}
	if c.Stacked {
		lack *= float64(len(fields))
	}
	if lack > 0 {
		cv = &canvas{w: chartWidth, h: chartHeight + lack}
		fields = cv.surroundings(c, panels)
	}
	for i, fd := range fields {
		cv.data(fd, &panels[i])
	}
	return cv
}

// data draws what a panel shows.
func (cv *canvas) data(fd field, p *chart.Panel) {
	if p.X.Places {
		cv.shadePlaces(fd)
	}
	areas, sz := newAreas(p), sizesIn(fd, p)
	for i := range p.Series {
		switch p.Series[i].Form {
		case chart.Bands:
			cv.bands(fd, &p.Series[i], areas[i])
		case chart.Bars:
			cv.bars(fd, &p.Series[i], len(p.Series) > 1)
		case chart.Stacks:
			cv.stack(fd, &p.Series[i])
		case chart.Line:
			cv.stroke(fd, &p.Series[i])
		case chart.Dots:
			cv.dots(fd, &p.Series[i])
		case chart.Tiles:
			cv.tiles(fd, &p.Series[i])
		default:
			cv.estimates(fd, &p.Series[i], sz, areas[i])
		}
	}
	for i := range p.Series {
		if p.Series[i].Form == chart.Line {
			cv.lineMarks(fd, &p.Series[i], areas[i])
		}
	}
	cv.barTexts(fd, p.Series)
	cv.endNames(fd, p.Series)
	cv.labels(fd, p, areas)
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
