package report

import (
	"bytes"
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A chart is 16 by 9 inches at 100 dots an inch: a slide, 1600 by 900 pixels.
// Its text still reads when a page shows it half as wide.
const (
	chartWidth  = 1152 // points
	chartHeight = 648
	chartDPI    = 100
)

func (s *scene) png() ([]byte, error) {
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(s.w), vg.Length(s.h)), vgimg.UseDPI(chartDPI))
	s.paint(c)
	var buf bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(&buf); err != nil {
		return nil, fmt.Errorf("draw a PNG: %w", err)
	}
	return buf.Bytes(), nil
}

// svg leaves the font to the viewer: Liberation Sans where there is one, else
// another sans-serif. Each text states its length, so that a wider font is
// drawn narrower instead of into its neighbour.
func (s *scene) svg() ([]byte, error) {
	c := vgsvg.New(vg.Length(s.w), vg.Length(s.h))
	s.paint(c)
	var buf bytes.Buffer
	if _, err := c.WriteTo(&buf); err != nil {
		return nil, fmt.Errorf("draw an SVG: %w", err)
	}
	text := bytes.ReplaceAll(buf.Bytes(), []byte("font-family:Liberation Sans;"),
		[]byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;"))
	return s.stateLengths(text), nil
}

// stateLengths adds to each text element the length that its text was given
// room for; the elements stand in the order in which texts are painted.
func (s *scene) stateLengths(svg []byte) []byte {
	const begin = "<text "
	var out bytes.Buffer
	for i, part := range bytes.Split(svg, []byte(begin)) {
		if i > 0 {
			w := s.texts[i-1]
			fmt.Fprintf(&out, `%stextLength="%.5g" lengthAdjust="spacingAndGlyphs" `, begin, w.pen.width(w.text))
		}
		out.Write(part)
	}
	return out.Bytes()
}
