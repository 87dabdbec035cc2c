package report

import (
	"cmp"
	"image/color"
	"slices"
	"sort"
	"strings"
)

// key explains one look of a mark or line.
type key struct {
	text   string
	color  color.Color
	form   outline
	hollow bool
	line   bool
	dashes []float64
	bar    bool
	// crossed is the sign for a place struck out.
	crossed bool
}

// frame is what stands around the data of every chart.
type frame struct {
	title    string   // the message
	subtitle []string // what is shown
	keys     []key
	yTitle   string // with its unit
	xTitle   string
	warnings []string
	caption  []string
	// right is room kept beside the field for labels, in points.
	right float64
}

var (
	titlePen    = pen{30, true, dark}
	subtitlePen = pen{18, false, grey}
	keyPen      = pen{17, false, dark}
	axisPen     = pen{17, false, dark}
	tickPen     = pen{17, false, dark}
	warningPen  = pen{14, true, rust}
	captionPen  = pen{12.5, false, grey}
)

const margin = 34

// maxWarnings of a chart; the page has them all.
const maxWarnings = 3

// draft sets everything around the data and returns the field that is left.
func (f frame) draft(x, y axis) (*scene, field) {
	s := &scene{w: chartWidth, h: chartHeight}
	top := s.header(f)
	bottom := s.footer(f)
	left := margin + 0.0
	for _, t := range y.ticks {
		left = max(left, margin+tickPen.width(t.label)+12)
	}
	lines := 1
	for _, t := range x.ticks {
		lines = max(lines, 1+strings.Count(t.label, "\n"))
	}
	tickRoom := float64(lines)*tickPen.size*leading + 14
	below := bottom + tickRoom + 2
	if f.xTitle != "" {
		below += axisPen.size * leading
	}
	fd := field{rect{left, below, s.w - margin - f.right, top}, x, y}
	s.axes(f, fd, tickRoom)
	return s, fd
}

// header writes down from the top and returns where the field may begin.
func (s *scene) header(f frame) float64 {
	room := s.w - 2*margin
	title := titlePen
	for title.size > 20 && title.width(f.title) > room {
		title.size--
	}
	y := s.h - 22.0
	y = s.paragraph(title, y, f.title, room)
	y -= 2
	for _, line := range f.subtitle {
		y = s.paragraph(subtitlePen, y, line, room)
	}
	if len(f.keys) > 0 {
		y = s.legend(f.keys, y-6)
	}
	y -= 10
	y = s.paragraph(axisPen, y, f.yTitle, room)
	return y - 8
}

// paragraph writes wrapped lines below y and returns where the next begin.
func (s *scene) paragraph(p pen, y float64, text string, room float64) float64 {
	for _, line := range wrapPoints(p, text, room) {
		s.write(p, margin, y-ascent*p.size, 0, line)
		y -= p.size * leading
	}
	return y
}

// legend sets the keys side by side, in as many rows as they need.
func (s *scene) legend(keys []key, y float64) float64 {
	const swatch, space = 34, 26
	row := keyPen.size * 1.4
	x := float64(margin)
	for _, k := range keys {
		text := shortenPoints(keyPen, k.text, s.w-2*margin-swatch-8)
		need := swatch + 8 + keyPen.width(text)
		if x > margin && x+need > s.w-margin {
			x, y = margin, y-row
		}
		s.swatch(k, x, y-row/2, swatch)
		s.write(keyPen, x+swatch+8, y-row/2-keyPen.size*0.34, 0, text)
		x += need + space
	}
	return y - row
}

func (s *scene) swatch(k key, x, y, width float64) {
	if k.crossed {
		s.cross(k.color, x+width/2, y, 7)
		return
	}
	if k.bar {
		s.area(k.color, rect{x + 6, y - 8, x + width - 6, y + 8})
		return
	}
	if k.line {
		s.line(k.color, 3, k.dashes, [2]float64{x, y}, [2]float64{x + width, y})
	} else {
		s.line(k.color, 2.2, nil, [2]float64{x + width/2, y - 11}, [2]float64{x + width/2, y + 11})
	}
	s.dot(k.form, k.color, 7, x+width/2, y, k.hollow)
}

// footer writes up from the bottom and returns where the field may end.
func (s *scene) footer(f frame) float64 {
	y := 16.0
	room := s.w - 2*margin
	up := func(p pen, paragraphs []string) {
		for _, text := range slices.Backward(paragraphs) {
			for _, line := range slices.Backward(wrapPoints(p, text, room)) {
				s.write(p, margin, y+descent*p.size, 0, line)
				y += p.size * leading
			}
		}
	}
	up(captionPen, f.caption)
	if shown := f.shownWarnings(room); len(shown) > 0 {
		y += 4
		up(warningPen, shown)
	}
	return y + 6
}

// shownWarnings are the first few, each cut to one line; the page has all.
func (f frame) shownWarnings(room float64) []string {
	var out []string
	for i, w := range f.warnings {
		if i == maxWarnings-1 && len(f.warnings) > maxWarnings {
			return append(out, shortenPoints(warningPen,
				plural(len(f.warnings)-i, "more warning")+": see report.md", room))
		}
		out = append(out, shortenPoints(warningPen, w, room))
	}
	return out
}

// axes draws grid, ticks and the x axis's title.
func (s *scene) axes(f frame, fd field, tickRoom float64) {
	for _, t := range fd.y.ticks {
		y := fd.py(t.at)
		s.grid = append(s.grid, gridLine{fd.x0, fd.x1, y})
		s.write(tickPen, fd.x0-10, y-tickPen.size*0.34, 1, t.label)
	}
	last := rect{}
	for _, t := range fd.x.ticks {
		// At the ends a label gives way inwards; one without room is left out.
		half := tickPen.width(widest(t.label)) / 2
		x := min(max(fd.px(t.at), half+6), s.w-half-6)
		room := rect{x - half - 4, 0, x + half + 4, 1}
		if room.overlaps(last) {
			continue
		}
		last = room
		for i, line := range strings.Split(t.label, "\n") {
			p := tickPen
			if i > 0 {
				p.color = grey
			}
			s.write(p, x, fd.y0-11-ascent*p.size-float64(i)*p.size*leading, 0.5, line)
		}
	}
	s.line(dark, 1.6, nil, [2]float64{fd.x0, fd.y0}, [2]float64{fd.x1, fd.y0})
	if f.xTitle != "" {
		s.write(axisPen, (fd.x0+fd.x1)/2, fd.y0-tickRoom-ascent*axisPen.size, 0.5, f.xTitle)
	}
}

// widest is the longest line of a label.
func widest(label string) string {
	return slices.MaxFunc(strings.Split(label, "\n"), func(a, b string) int {
		return cmp.Compare(tickPen.width(a), tickPen.width(b))
	})
}

// wrapPoints breaks text at spaces into lines of at most room points.
func wrapPoints(p pen, text string, room float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && p.width(line+" "+word) > room {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+shortenPoints(p, word, room), " ")
	}
	if line == "" {
		return lines
	}
	return append(lines, line)
}

// shortenPoints cuts text to so many points.
func shortenPoints(p pen, text string, room float64) string {
	if p.width(text) <= room {
		return text
	}
	r := []rune(text)
	// The longest beginning that fits, never less than one letter.
	n := sort.Search(len(r), func(n int) bool { return p.width(string(r[:n+1])+"…") > room })
	return strings.TrimSpace(string(r[:max(n, 1)])) + "…"
}
