package report

import (
	"fmt"
	"slices"
)

// throughputs shows how many writes a second each size takes from a closed
// loop: bars from zero, with intervals.
func throughputs(sub subject) (chart, bool) {
	name, highest := throughput, 0.0
	for _, c := range sub.summary.Cells {
		if m, ok := metric(c, name); ok {
			highest = max(highest, upper(m))
		}
	}
	if highest <= 0 {
		return chart{}, false
	}
	f := sub.frame("Write throughput by number of nodes")
	f.subtitle = []string{sub.loop()}
	f.yTitle = "writes per second (" + sub.intervals(name) + ")"
	x, xTitle := sub.sizeAxis()
	f.xTitle = xTitle
	if len(sub.groups) > 1 {
		f.keys = seriesKeys(sub)
		for i := range f.keys {
			f.keys[i].bar = true
		}
	}
	s, fd := f.draft(x, linear(highest*1.08, rateLabel))
	sub.drawBars(s, fd, name)
	return chart{"throughput", f.title, s}, true
}

func (sub subject) loop() string {
	if sub.options.Clients == 0 {
		return "Closed loop: each client sends its next write when the last is answered."
	}
	return fmt.Sprintf("Closed loop of %s: each sends its next write when the last is answered.",
		plural(sub.options.Clients, "client"))
}

func (sub subject) drawBars(s *scene, fd field, name string) {
	sizes := sub.sizes()
	share := min(0.5, 0.8/float64(len(sub.groups)))
	var labels []label
	for gi, g := range sub.groups {
		for _, c := range g.cells {
			m, ok := metric(c, name)
			if !ok {
				continue
			}
			x := float64(slices.Index(sizes, c.Nodes)) + share*(float64(gi)-float64(len(sub.groups)-1)/2)
			bar := rect{fd.px(x - share*0.46), fd.y0, fd.px(x + share*0.46), fd.py(m.Median)}
			s.area(hue(gi), bar)
			s.taken = append(s.taken, bar)
			peak := bar
			if hasInterval(m) {
				peak.y1 = max(bar.y1, fd.py(*m.CIHigh))
				s.whisker(dark, (bar.x0+bar.x1)/2, fd.py(*m.CILow), fd.py(*m.CIHigh), min(11, bar.width()/3))
			}
			labels = append(labels, newLabel(peak, in(rateScale, m.Median), "", []side{north}))
		}
	}
	s.barLabels(fd, labels)
}

// barLabels writes each bar's value above it where all of them fit; some
// alone would mislead.
func (s *scene) barLabels(fd field, labels []label) {
	var places []rect
	for _, l := range labels {
		r := beside(l.wish, north, 6)
		if !(rect{fd.x0, fd.y0, fd.x1, fd.y1 + 8}).holds(r) || !free(r, places) {
			return
		}
		places = append(places, r.grown(2))
	}
	for i, l := range labels {
		r := beside(l.wish, north, 6)
		s.write(labelPen, (r.x0+r.x1)/2, r.y1-ascent*labelPen.size, 0.5, labels[i].name)
	}
}
