package report

import (
	"math"
	"strconv"
)

// tick is a labelled place on an axis.
type tick struct {
	at    float64
	label string
}

// axis maps values to a stretch of the canvas.
type axis struct {
	min, max float64
	log      bool
	ticks    []tick
}

// share of the axis at which a value stands, from 0 to 1.
func (a axis) share(v float64) float64 {
	if a.log {
		return (math.Log(v) - math.Log(a.min)) / (math.Log(a.max) - math.Log(a.min))
	}
	return (v - a.min) / (a.max - a.min)
}

// field is the area of a chart in which data stand.
type field struct {
	rect
	x, y axis
}

func (f field) px(v float64) float64 { return f.x0 + f.x.share(v)*f.width() }

// py keeps within the field: an interval may reach below what a log axis shows.
func (f field) py(v float64) float64 {
	if f.y.log && v <= f.y.min {
		return f.y0
	}
	return min(max(f.y0+f.y.share(v)*f.height(), f.y0), f.y1)
}

// linear is an axis from zero to a round number above the highest value.
func linear(highest float64, label func(float64) string) axis {
	if !(highest > 0) {
		highest = 1
	}
	step := roundStep(highest / 5.5)
	a := axis{max: math.Ceil(highest/step*1.0001) * step}
	for i := 0; float64(i)*step <= a.max*1.0001; i++ {
		v := float64(i) * step
		a.ticks = append(a.ticks, tick{v, label(v)})
	}
	return a
}

// roundStep is the next of 1, 2, 2.5, 5 times a power of ten.
func roundStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if v <= m*power*1.0001 {
			return m * power
		}
	}
	return 10 * power
}

// logarithmic is an axis that holds both values, labelled at 1, 2 and 5 of
// each power of ten, or at the powers alone where there are many.
func logarithmic(lowest, highest float64, label func(float64) string) axis {
	a := axis{log: true, min: roundDown(lowest), max: roundUp(highest)}
	steps := []float64{1, 2, 5}
	if math.Log10(a.max/a.min) > 3.2 {
		steps = []float64{1}
	}
	for e := math.Floor(math.Log10(a.min)); e <= math.Log10(a.max)+0.01; e++ {
		for _, m := range steps {
			if v := m * math.Pow(10, e); v >= a.min*0.999 && v <= a.max*1.001 {
				a.ticks = append(a.ticks, tick{v, label(v)})
			}
		}
	}
	return a
}

func roundDown(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{5, 2} {
		if v >= m*power {
			return m * power
		}
	}
	return power
}

func roundUp(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*power*1.0001 {
			return m * power
		}
	}
	return 10 * power
}

// wide is the ratio above which small values would vanish on a linear axis.
const wide = 15

// latencyAxis is linear from zero, or logarithmic where the values span too
// much; its unit suits the highest, or the middle of a logarithmic axis, and
// stands in the axis's title.
func latencyAxis(lowest, highest float64) (axis, string) {
	logs := lowest > 0 && highest/lowest > wide
	sc := durationScale(highest)
	if logs {
		sc = durationScale(math.Sqrt(lowest * highest))
	}
	label := func(v float64) string { return brief(v / sc.by) }
	if logs {
		return logarithmic(lowest, highest, label), sc.unit + ", logarithmic"
	}
	// Room for the mark of the highest.
	return linear(highest*1.05, label), sc.unit
}

// rateLabel writes operations per second on an axis.
func rateLabel(v float64) string { return number(v, axisDecimals(v)) }

func axisDecimals(v float64) int {
	if v == math.Trunc(v) {
		return 0
	}
	return 1
}

// brief is the shortest form of a round number: 0.5, 2.5, 100.
func brief(v float64) string {
	if math.Abs(v) >= 1000 {
		return number(v, 0)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
