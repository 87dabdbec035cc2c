package draw

import (
	"image/color"

	"github.com/raftbench/raftbench/report/chart"
)

// bands draws what lasted: a pale stretch between two thin lines over all of the field.
// The areas of the marks are where they begin.
func (cv *canvas) bands(fd field, s *chart.Series, areas []rect) {
	for i, p := range s.Points {
		r := rect{fd.px(p.From), fd.y0, fd.px(p.X), fd.y1}
		cv.band(hue(s.Look), r)
		for _, x := range []float64{r.x0, r.x1} {
			cv.taken = append(cv.taken, rect{x, r.y0, x, r.y1}.grown(2))
		}
		if p.Y != nil {
			areas[i] = rect{r.x0, fd.py(*p.Y), r.x0, fd.py(*p.Y)}.grown(2)
		}
	}
}

// band is one of them. Its ends are lines, so that one in grey, or one under another,
// is still seen.
func (cv *canvas) band(c color.Color, r rect) {
	cv.area(faded(c), r)
	for _, x := range []float64{r.x0, r.x1} {
		cv.line(c, 1.4, nil, [2]float64{x, r.y0}, [2]float64{x, r.y1})
	}
}

// faded is a colour through which the data are seen.
func faded(c color.Color) color.Color {
	const share = 0x26
	of, _ := color.NRGBAModel.Convert(c).(color.NRGBA)
	of.A = share
	return of
}
