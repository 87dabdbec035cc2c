package draw

import (
	"image/color"
	"math"

	"github.com/raftbench/raftbench/report/chart"
)

// tileGap parts neighbours, so that two of one shade are two.
const tileGap = 2

// tilePen and tileUnderPen write a tile's value and what stands below it.
var (
	tilePen      = pen{19, true, dark}
	tileUnderPen = pen{14, false, dark}
	// tileMissingPen says why a tile has no value.
	tileMissingPen = pen{14, false, grey}
)

// tiles draws a map: each point fills the place of 1 by 1 around it in a shade of
// one colour, the darker the more, which reads the same in grey; its value and the
// interval stand in it.
func (cv *canvas) tiles(fd field, s *chart.Series) {
	for _, p := range s.Points {
		if p.Y == nil {
			continue
		}
		r := rect{fd.px(p.X - 0.5), fd.py(*p.Y - 0.5), fd.px(p.X + 0.5), fd.py(*p.Y + 0.5)}.grown(-tileGap)
		cv.taken = append(cv.taken, r)
		if p.Struck {
			cv.hatch(r)
			cv.inTile(tileMissingPen, grey, r, (r.y0+r.y1)/2-tileMissingPen.size*0.34, p.Missing)
			continue
		}
		of := shaded(p.Shade)
		cv.area(of, r)
		ink := inkOn(of)
		middle := (r.y0 + r.y1) / 2
		if p.Under == "" {
			cv.inTile(tilePen, ink, r, middle-tilePen.size*0.34, p.Text)
			continue
		}
		cv.inTile(tilePen, ink, r, middle+2, p.Text)
		cv.inTile(tileUnderPen, ink, r, middle-tileUnderPen.size-4, p.Under)
	}
}

// hatchGap is between the strokes of a tile without a value.
const hatchGap = 11

// hatch fills a tile with slanting strokes and leaves a white strip for its words, so
// that no shade is taken for a value.
func (cv *canvas) hatch(r rect) {
	strip := rect{r.x0, (r.y0+r.y1)/2 - tileMissingPen.size, r.x1, (r.y0+r.y1)/2 + tileMissingPen.size}
	cv.slants(pale, 1.4, hatchGap, r)
	cv.area(white, strip)
	cv.line(pale, 1.4, nil, [2]float64{r.x0, r.y0}, [2]float64{r.x1, r.y0}, [2]float64{r.x1, r.y1}, [2]float64{r.x0, r.y1}, [2]float64{r.x0, r.y0})
}

// slants are strokes from the lower left to the upper right, within an area.
func (cv *canvas) slants(c color.Color, width, gap float64, r rect) {
	for x := r.x0 - r.height() + gap; x < r.x1; x += gap {
		from, to := max(x, r.x0), min(x+r.height(), r.x1)
		cv.line(c, width, nil, [2]float64{from, r.y0 + from - x}, [2]float64{to, r.y0 + to - x})
	}
}

// inTile writes a line in the middle of a tile, smaller where that is narrow.
func (cv *canvas) inTile(p pen, ink color.Color, r rect, y float64, text string) {
	p.color = ink
	for p.size > 8 && p.width(text) > r.width()-6 {
		p.size--
	}
	cv.write(p, (r.x0+r.x1)/2, y, 0.5, text)
}

// inkOn a colour is black or white, whichever stands out more: on every colour at least 4.5
// to 1, which WCAG 2.2 (1.4.3) wants of text. Where the two stand out alike the colour has
// the relative luminance 0.179.
func inkOn(of color.NRGBA) color.Color {
	if luminance(of) > 0.179 {
		return color.NRGBA{A: 0xFF}
	}
	return white
}

// luminance of a colour from 0, black, to 1, white, as WCAG 2.2 defines it.
func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		if s := float64(v) / 255; s > 0.04045 {
			return math.Pow((s+0.055)/1.055, 2.4)
		}
		return float64(v) / 255 / 12.92
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// shaded is the colour of a shade from 0, almost white, to 1, a dark blue.
func shaded(shade float64) color.NRGBA {
	shade = min(max(shade, 0), 1)
	from, to := band, color.NRGBA{0x00, 0x2F, 0x5C, 0xFF}
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + shade*(float64(b)-float64(a)) + 0.5) }
	return color.NRGBA{mix(from.R, to.R), mix(from.G, to.G), mix(from.B, to.B), 0xFF}
}
