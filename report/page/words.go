package page

import (
	"math"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/units"
)

// Values are written out here, once, for the pointer and for the table: a browser
// formats no number, so that both show what the report's tables show.

// kinds of the units that a number is written in as it is stored.
var kinds = map[chart.Unit]units.Kind{
	chart.Nanoseconds: units.Duration, chart.PerSecond: units.Rate, chart.Bytes: units.Size, chart.Seconds: units.Seconds, chart.Share: units.Share,
}

// value of an axis in words.
func value(a chart.Axis, v float64) string {
	if k, ok := kinds[a.Unit]; ok {
		return k.Show(v)
	}
	switch a.Unit {
	case chart.Change:
		return units.Change(1 + v/100)
	case chart.Nines:
		return percentile(v)
	}
	return units.Count.Show(v * tickScale(a))
}

// percentile on the scale of nines: 2 is p99. It never promises more than there is.
func percentile(nines float64) string {
	q := 100 * (1 - math.Pow(10, -nines))
	return "p" + strconv.FormatFloat(math.Floor(q*100+1e-6)/100, 'f', -1, 64)
}

// between are the ends of an interval around a value, without its unit.
func between(a chart.Axis, middle float64, p chart.Point) string {
	if p.Low == nil {
		return ""
	}
	if p.High == nil && !p.Open {
		return ""
	}
	high := "never"
	switch k, ok := kinds[a.Unit]; {
	case ok && p.Open:
		low, _ := k.Ends(middle, *p.Low, *p.Low)
		return low + "–" + high
	case ok:
		low, high := k.Ends(middle, *p.Low, *p.High)
		return low + "–" + high
	case p.Open:
		return value(a, *p.Low) + "–" + high
	case a.Unit == chart.Change:
		return strings.TrimSuffix(value(a, *p.Low), " %") + " to " + value(a, *p.High)
	}
	return value(a, *p.Low) + "–" + value(a, *p.High)
}

// tickScale is by what an axis without a unit multiplies its values for its labels: a
// millionth where nanoseconds are labelled in milliseconds; 1 where the labels are no
// multiples.
func tickScale(a chart.Axis) float64 {
	scale := 0.0
	for _, t := range a.Ticks {
		label, err := strconv.ParseFloat(strings.NewReplacer(",", "", "+", "", "−", "-").Replace(t.Label), 64)
		if err != nil {
			return 1
		}
		if t.At == 0 {
			continue
		}
		s := label / t.At
		if scale != 0 && math.Abs(s/scale-1) > 1e-3 {
			return 1
		}
		scale = s
	}
	if scale == 0 {
		return 1
	}
	return scale
}

// place is where on an axis a point stands, in words: the label of the tick whose
// stretch holds it, or its value.
func place(a chart.Axis, v float64) string {
	for _, t := range a.Ticks {
		if a.Places && math.Abs(t.At-v) <= 0.5 || t.At == v && a.Unit == "" {
			return strings.TrimSpace(strings.TrimSuffix(t.Label+", "+t.Under, ", "))
		}
	}
	return value(a, v)
}

// stretch is the place of a point, or of a band from where to where it goes.
func stretch(x chart.Axis, form chart.Form, p chart.Point) string {
	if form == chart.Bands {
		return place(x, p.From) + " to " + place(x, p.X)
	}
	return place(x, p.X)
}

// said is a point's value in words, and its interval.
func said(y chart.Axis, p chart.Point) (main, interval string) {
	switch {
	case p.Y == nil || p.Missing != "": // a tile has a place, and may have no value
		return p.Missing, ""
	case p.Under != "":
		return p.Text, p.Under
	case p.Text != "":
		return p.Text, between(y, *p.Y, p)
	}
	return value(y, *p.Y), between(y, *p.Y, p)
}
