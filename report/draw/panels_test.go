package draw

import (
	"fmt"
	"testing"

	"github.com/raftbench/raftbench/report/chart"
)

// framed is a panel of some marks on a time axis.
func framed(high float64, series ...chart.Series) chart.Panel {
	return chart.Panel{
		X:      chart.Axis{Title: "seconds", Max: 10, Ticks: []chart.Tick{{At: 0, Label: "0"}, {At: 10, Label: "10"}}},
		Y:      chart.Axis{Title: "value", Max: high, Ticks: []chart.Tick{{At: high, Label: fmt.Sprint(high)}}},
		Series: series,
	}
}

// Stacked panels stand one above the other, and an instant stands at one x in all of them,
// however wide the labels of their axes are; the axis is written once.
func TestStackedPanelsHaveOneAxis(t *testing.T) {
	c := chart.Chart{Title: "t", Stacked: true, Panels: []chart.Panel{framed(1), framed(1000000), framed(10)}}
	cv := &canvas{w: chartWidth, h: chartHeight}
	fields := cv.surroundings(&c, c.Fields())
	for i, fd := range fields {
		if fd.x0 != fields[0].x0 || fd.x1 != fields[0].x1 {
			t.Errorf("panel %d goes from %g to %g, the first from %g to %g", i, fd.x0, fd.x1, fields[0].x0, fields[0].x1)
		}
		if i > 0 && fd.y1 > fields[i-1].y0 {
			t.Errorf("panel %d begins at %g, above the end of the one before at %g", i, fd.y1, fields[i-1].y0)
		}
		if fd.height() < 80 {
			t.Errorf("panel %d is %g high", i, fd.height())
		}
	}
	titles := 0
	for _, w := range cv.texts {
		if w.text == "seconds" {
			titles++
		}
	}
	if titles != 1 {
		t.Errorf("the axis's title is written %d times", titles)
	}
}

// A band covers its stretch of the axis, from the foot of the field to its top.
func TestABandCoversWhatLasted(t *testing.T) {
	y := 0.9
	p := framed(1, chart.Series{Form: chart.Bands, Points: []chart.Point{{From: 2, X: 5, Y: &y}}})
	cv := &canvas{w: chartWidth, h: chartHeight}
	fd := field{rect{100, 100, 1100, 500}, p.X, p.Y, false}
	areas := newAreas(&p)
	cv.bands(fd, &p.Series[0], areas[0])
	if len(cv.taken) != 2 || !cv.taken[0].holds(rect{300, 100, 300, 500}) || !cv.taken[1].holds(rect{600, 100, 600, 500}) {
		t.Errorf("the ends stand at %v, want 300 and 600", cv.taken)
	}
	if at := areas[0][0]; !at.holds(rect{300, 460, 300, 460}) {
		t.Errorf("its label is to stand by %v, want where it begins", at)
	}
}

// A label stands within its panel: at the right as at the left.
func TestLabelsStayInTheirPanel(t *testing.T) {
	y := 5.0
	for _, x := range []float64{0.2, 9.8} {
		p := framed(10, chart.Series{Points: []chart.Point{{X: x, Y: &y}}})
		p.Labels = []chart.Label{{Name: "−24 %", Value: "−30 to −17", Of: []chart.Ref{{}}}}
		cv := &canvas{w: chartWidth, h: chartHeight}
		fd := cv.field(&p, rect{margin, 40, chartWidth - margin, 600}, leftOf(&p), false)
		cv.data(fd, &p)
		found := 0
		for _, w := range cv.texts {
			if w.text != p.Labels[0].Name && w.text != p.Labels[0].Value {
				continue
			}
			if found++; !fd.holds(w.box()) {
				t.Errorf("%q at %v leaves its panel %v", w.text, w.box(), fd.rect)
			}
		}
		if found != 2 {
			t.Errorf("%d lines of the label are written, want 2", found)
		}
	}
}

// A label stays in the place of its mark where it has room there, above the interval or
// below it: it is not taken for its neighbour's.
func TestLabelsStayWithTheirPlace(t *testing.T) {
	y, low, high := 5.0, 4.0, 6.0
	p := framed(10)
	p.X = chart.Axis{Min: -0.5, Max: 4.5, Places: true}
	for i := range 5 {
		p.X.Ticks = append(p.X.Ticks, chart.Tick{At: float64(i), Label: fmt.Sprint(i)})
		p.Series = append(p.Series, chart.Series{Points: []chart.Point{{X: float64(i), Y: &y, Low: &low, High: &high}}})
		p.Labels = append(p.Labels, chart.Label{Name: fmt.Sprintf("−2%d %%", i), Value: "−30.0 to −17.0", Of: []chart.Ref{{Series: i}}})
	}
	cv := &canvas{w: 700, h: chartHeight}
	fd := cv.field(&p, rect{margin, 40, 700 - margin, 600}, leftOf(&p), false)
	cv.data(fd, &p)
	for i, l := range p.Labels {
		for _, w := range cv.texts {
			if w.text == l.Name && !homeOf(fd, float64(i)).holds(w.box()) {
				t.Errorf("%q at %v leaves the place %v", l.Name, w.box(), homeOf(fd, float64(i)))
			}
		}
	}
}
