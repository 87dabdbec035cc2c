package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Where things stand in a size's stretch of 1: the faults on its left, in the order
// in which they were done, the median beside them; the forecast spans both.
const (
	faultsFrom, faultsTo = -0.42, 0.16
	medianAt             = 0.3
	forecastFrom         = -0.45
	forecastTo           = 0.45
)

// outagePlace is where the faults of a setup stand in a chart.
type outagePlace struct {
	label string
	cell  summary.Cell
}

// mostPlaced setups of one size each stand in one chart, by names of so many runes.
const (
	mostPlaced  = 6
	longestMark = 16
)

// outageCharts show every outage of every size, one chart for each group of setups;
// groups of one setup each stand side by side in one.
func (r *Report) outageCharts() []chart.Chart {
	var side []outagePlace
	var out []chart.Chart
	for _, g := range r.drawn() {
		var places []outagePlace
		for _, c := range g.cells {
			places = append(places, outagePlace{units.Plural(c.Nodes, "node"), c})
			side = append(side, outagePlace{g.name, c})
		}
		if c, ok := r.outageChart(numbered("outages", len(out)), g.name, places); ok {
			out = append(out, c)
		}
	}
	long := slices.ContainsFunc(side, func(p outagePlace) bool { return utf8.RuneCountInString(p.label) > longestMark })
	if len(out) < 2 || len(side) != len(out) || len(side) > mostPlaced || long {
		return out
	}
	if c, ok := r.outageChart(numbered("outages", 0), "", side); ok {
		return []chart.Chart{c}
	}
	return out
}

func (r *Report) outageChart(name, of string, setups []outagePlace) (chart.Chart, bool) {
	c := r.base(name, "", figures.Outage)
	each := chart.Series{Name: "each fault", Form: chart.Dots, Look: chart.Look{Number: chart.Neutral}}
	medians := chart.Series{Name: "median", Form: chart.Points, Look: chart.Look{}}
	var forecasts []chart.Series
	var values span
	var shown []summary.Cell
	for _, s := range setups {
		o := repeated(s.cell)
		f, ok := figures.Of(s.cell, figures.Outage)
		if o == nil || !ok {
			continue
		}
		x := float64(len(shown))
		shown = append(shown, s.cell)
		under := units.Plural(f.N, strings.TrimSuffix(r.faultNoun(), "s"))
		if s.label != units.Plural(s.cell.Nodes, "node") {
			under = units.Plural(s.cell.Nodes, "node") + ", " + under
		}
		c.X.Ticks = append(c.X.Ticks, chart.Tick{At: x, Label: s.label, Under: under})
		each.Points = append(each.Points, faultDots(x, s.cell.Cell, o, &values)...)
		values.add(f.Upper())
		medians.Points = append(medians.Points, figures.Point(x+medianAt, f))
		if p, known := r.forecast(s.cell); known {
			values.add(p.P50)
			forecasts = append(forecasts, forecastLine(x, p))
		}
		c.Labels = append(c.Labels, chart.Label{Value: wording.Show(units.Duration, f.Median) + f.Mark(), Of: []chart.Ref{{Point: len(medians.Points) - 1}}})
	}
	if len(shown) == 0 {
		return chart.Chart{}, false
	}
	c.Title = outageMessage(shown)
	if of != "" {
		c.Subtitle = append(c.Subtitle, of)
	}
	c.Subtitle = append(c.Subtitle, "From the fault to the first acknowledgement of a write sent after it: each, from left to right in the order in which they were done.")
	c.Series = append(append([]chart.Series{each}, forecasts...), medians) // the marks over the lines
	for i := range c.Labels {
		c.Labels[i].Of[0].Series = len(c.Series) - 1
	}
	c.X.Min, c.X.Max, c.X.Places = -0.5, float64(len(shown))-0.5, true
	c.Y = latencyAxis("time without writes", "95 % intervals over faults", values)
	c.Keys = outageKeys(r, c.Series)
	return c, true
}

// outageMessage is a chart's title: for how long writes stop.
func outageMessage(cells []summary.Cell) string {
	alike := !slices.ContainsFunc(cells, func(c summary.Cell) bool { return done(repeated(c)) != done(repeated(cells[0])) })
	if !alike {
		return "How long faults stop writes"
	}
	if text := outageRange(cells); text != "" {
		return strings.Replace(strings.TrimSuffix(text, "."), "(medians, by size)", "(medians)", 1)
	}
	return "How long writes stop when " + done(repeated(cells[0]))
}

// faultDots are the faults of a size, each at its outage.
func faultDots(x float64, setup string, o *summary.Outages, values *span) []chart.Point {
	var out []chart.Point
	for i := range o.Each {
		at := faultsFrom
		if len(o.Each) > 1 {
			at += (faultsTo - faultsFrom) * float64(i) / float64(len(o.Each)-1)
		}
		p := chart.Point{X: math.Round(1e4*(x+at)) / 1e4, Of: chart.Origin{Setup: setup, Name: ofTrial + fmt.Sprint(o.Each[i].Trial)}}
		switch ns := o.Each[i].TotalNS; {
		case ns != nil:
			p.Y = new(float64(*ns))
			values.add(*p.Y)
		case o.Each[i].Outlasted():
			p.Missing, p.Beyond = figures.NeverAnswered, true
		default:
			continue
		}
		out = append(out, p)
	}
	return out
}

func forecastLine(x float64, f Forecast) chart.Series {
	y := f.P50
	return chart.Series{Name: "predicted", Form: chart.Line, Look: chart.Look{Number: 1, Dashed: true}, Points: []chart.Point{
		{X: x + forecastFrom, Y: &y, Plain: true}, {X: x + forecastTo, Y: &y, Plain: true},
	}}
}

func outageKeys(r *Report, series []chart.Series) []chart.Key {
	keys := []chart.Key{
		{Text: fmt.Sprintf("one of the %s", r.faultNoun()), Sign: chart.SignDot, Look: series[0].Look},
		{Text: "their median", Sign: chart.SignInterval, Look: series[len(series)-1].Look},
	}
	if len(series) > 2 {
		keys = append(keys, chart.Key{Text: "median predicted by simulation", Sign: chart.SignLine, Look: series[1].Look, Plain: true})
	}
	return append(keys, struckKeys(series)...)
}
