package draw

import "github.com/raftbench/raftbench/report/chart"

// tickRoom is the height that the labels under the x axis take.
func (cv *canvas) tickRoom(p *chart.Panel) float64 {
	lines := 1.0
	for _, t := range p.X.Ticks {
		if t.Under != "" {
			lines = 2
		}
	}
	return lines*tickPen.size*leading + 14
}

// axes draws grid, ticks and the x axis's title.
func (cv *canvas) axes(p *chart.Panel, fd field) {
	for _, t := range p.Y.Ticks {
		y := fd.py(t.At)
		cv.grid = append(cv.grid, gridLine{fd.x0, fd.x1, y})
		cv.write(tickPen, fd.x0-10, y-tickPen.size*0.34, 1, t.Label)
	}
	if p.Y.Min < 0 && !p.Y.Log { // below no change
		cv.line(dark, 1.2, nil, [2]float64{fd.x0, fd.py(0)}, [2]float64{fd.x1, fd.py(0)})
	}
	cv.line(dark, 1.6, nil, [2]float64{fd.x0, fd.y0}, [2]float64{fd.x1, fd.y0})
	if fd.bare {
		return
	}
	cv.xTicks(p, fd)
	if p.X.Title != "" {
		cv.write(axisPen, (fd.x0+fd.x1)/2, fd.y0-cv.tickRoom(p)-ascent*axisPen.size, 0.5, p.X.Title)
	}
}

// xTicks writes the labels under the field. At the ends one gives way inwards;
// one without room is left out.
func (cv *canvas) xTicks(p *chart.Panel, fd field) {
	last := rect{}
	for _, t := range p.X.Ticks {
		half := tickPen.widest(t.Label, t.Under) / 2
		x := min(max(fd.px(t.At), half+6), cv.w-half-6)
		room := rect{x - half - 4, 0, x + half + 4, 1}
		if room.overlaps(last) {
			continue
		}
		last = room
		base := fd.y0 - 11 - ascent*tickPen.size
		cv.write(tickPen, x, base, 0.5, t.Label)
		if t.Under != "" {
			cv.write(underPen, x, base-tickPen.size*leading, 0.5, t.Under)
		}
	}
}

// shadePlaces shades every other place, so that one place reads as one.
func (cv *canvas) shadePlaces(fd field) {
	for i, t := range fd.x.Ticks {
		if i%2 == 0 {
			cv.shades = append(cv.shades, rect{fd.px(t.At - 0.5), fd.y0, fd.px(t.At + 0.5), fd.y1})
		}
	}
}
