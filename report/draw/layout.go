package draw

import (
	"slices"

	"github.com/raftbench/raftbench/report/chart"
)

// A chart is a header (title, subtitle, keys, the y axis's title), the field
// with the data, the x axis, and a footer. Header and footer take the room
// they need, the field takes what is left.

var (
	titlePen    = pen{30, true, dark}
	subtitlePen = pen{18, false, grey}
	keyPen      = pen{17, false, dark}
	axisPen     = pen{17, false, dark}
	tickPen     = pen{17, false, dark}
	underPen    = pen{17, false, grey}
	alarmPen    = pen{14, true, rust}
	notePen     = pen{12.5, false, dark}
	captionPen  = pen{12.5, false, grey}
)

const margin = 34

// field is the area of a chart in which data stand.
type field struct {
	rect
	x, y chart.Axis
	bare bool // its x axis is that of a field below it
}

func (f field) px(v float64) float64 { return f.x0 + f.x.Share(v)*f.width() }
func (f field) py(v float64) float64 { return f.y0 + f.y.Share(v)*f.height() }

// panelGap stands between two panels.
const panelGap = 40

// surroundings sets everything around the data and returns the field of each
// panel, from left to right or from the top down.
func (cv *canvas) surroundings(c *chart.Chart, panels []chart.Panel) []field {
	top, bottom := cv.header(c), cv.footer(c)
	if c.Stacked {
		return cv.stacked(panels, top, bottom)
	}
	width := (cv.w - 2*margin - panelGap*float64(len(panels)-1)) / float64(len(panels))
	out := make([]field, len(panels))
	for i := range panels {
		x := margin + float64(i)*(width+panelGap)
		out[i] = cv.field(&panels[i], rect{x, bottom, x + width, top}, leftOf(&panels[i]), false)
	}
	return out
}

// stackGap is above each of stacked panels but the first.
const stackGap = 14

// stacked panels share what is left of the height, and begin and end at the same x;
// the last has the axis of all.
func (cv *canvas) stacked(panels []chart.Panel, top, bottom float64) []field {
	left, n := 0.0, len(panels)
	for i := range panels {
		left = max(left, leftOf(&panels[i]))
	}
	axis := cv.axisRoom(&panels[n-1])
	height := (top - bottom - axis - stackGap*float64(n-1)) / float64(n)
	out := make([]field, n)
	for i := range panels {
		room := rect{margin, top - height, cv.w - margin, top}
		if i == n-1 {
			room.y0 = bottom
		}
		out[i] = cv.field(&panels[i], room, left, i < n-1)
		top -= height + stackGap
	}
	return out
}

// leftOf is how wide the labels of a panel's y axis are, with the space beside them.
func leftOf(p *chart.Panel) (room float64) {
	for _, t := range p.Y.Ticks {
		room = max(room, tickPen.width(t.Label)+12)
	}
	return room
}

// axisRoom is the height of an x axis with its title.
func (cv *canvas) axisRoom(p *chart.Panel) float64 {
	room := cv.tickRoom(p) + 2
	if p.X.Title != "" {
		room += axisPen.size * leading
	}
	return room
}

// field sets the axes of a panel into its room, with the y axis's title above; a bare
// one has no x axis of its own.
func (cv *canvas) field(p *chart.Panel, room rect, left float64, bare bool) field {
	top := room.y1
	for _, line := range axisPen.wrap(p.Y.Title, room.width()) {
		cv.write(axisPen, room.x0, top-ascent*axisPen.size, 0, line)
		top -= axisPen.size * leading
	}
	below := room.y0
	if !bare {
		below += cv.axisRoom(p)
	}
	fd := field{rect{room.x0 + left, below, room.x1 - endRoom(p.Series), top - 8}, p.X, p.Y, bare}
	cv.axes(p, fd)
	return fd
}

// header writes down from the top and returns where the field may begin.
func (cv *canvas) header(c *chart.Chart) float64 {
	room := cv.w - 2*margin
	title := titlePen
	for title.size > 20 && title.width(c.Title) > room {
		title.size--
	}
	y := cv.h - 22.0
	y = cv.paragraph(title, y, c.Title, room)
	y -= 2
	for _, line := range c.Subtitle {
		y = cv.paragraph(subtitlePen, y, line, room)
	}
	if len(c.Keys) > 0 {
		y = cv.legend(c.Keys, y-6)
	}
	return y - 10
}

// paragraph writes wrapped lines below y and returns where the next begin.
func (cv *canvas) paragraph(p pen, y float64, text string, room float64) float64 {
	for _, line := range p.wrap(text, room) {
		cv.write(p, margin, y-ascent*p.size, 0, line)
		y -= p.size * leading
	}
	return y
}

// legend sets the keys side by side, in as many rows as they need.
func (cv *canvas) legend(keys []chart.Key, y float64) float64 {
	const swatch, space = 34, 26
	row := keyPen.size * 1.4
	x := float64(margin)
	for _, k := range keys {
		text := keyPen.shorten(k.Text, cv.w-2*margin-swatch-8)
		need := swatch + 8 + keyPen.width(text)
		if x > margin && x+need > cv.w-margin {
			x, y = margin, y-row
		}
		cv.swatch(k, x, y-row/2, swatch)
		cv.write(keyPen, x+swatch+8, y-row/2-keyPen.size*0.34, 0, text)
		x += need + space
	}
	return y - row
}

func (cv *canvas) swatch(k chart.Key, x, y, width float64) {
	middle := x + width/2
	switch k.Sign {
	case chart.SignStruck:
		cv.cross(dark, middle, y, 7)
	case chart.SignBar:
		cv.filled(k.Look, rect{x + 6, y - 8, x + width - 6, y + 8})
		cv.markIn(k.Look, middle, y)
	case chart.SignLine:
		cv.line(hue(k.Look), 3, dashes(k.Look), [2]float64{x, y}, [2]float64{x + width, y})
		if !k.Plain {
			cv.dot(shape(k.Look), hue(k.Look), 7, middle, y, k.Look.Hollow)
		}
	case chart.SignBand:
		cv.band(hue(k.Look), rect{x, y - 10, x + width, y + 10})
	case chart.SignDot:
		cv.dot(shape(k.Look), hue(k.Look), dotRadius, middle, y, k.Look.Hollow)
	default:
		cv.line(hue(k.Look), 2.2, nil, [2]float64{middle, y - 11}, [2]float64{middle, y + 11})
		cv.dot(shape(k.Look), hue(k.Look), 7, middle, y, k.Look.Hollow)
	}
}

// footer writes up from the bottom and returns where the field may end.
func (cv *canvas) footer(c *chart.Chart) float64 {
	y := 16.0
	up := func(p pen, paragraphs []string) {
		for _, text := range slices.Backward(paragraphs) {
			for _, line := range slices.Backward(p.wrap(text, cv.w-2*margin)) {
				cv.write(p, margin, y+descent*p.size, 0, line)
				y += p.size * leading
			}
		}
	}
	up(captionPen, c.Caption)
	up(notePen, c.Notes)
	if len(c.Alarms) > 0 {
		y += 4
		up(alarmPen, c.Alarms)
	}
	return y + 6
}
