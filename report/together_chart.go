package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// mostPlacesBeside are the setups that a chart of several runs has room for.
const mostPlacesBeside = 10

// chart draws what the runs were made to measure, each setup with a mark for each run;
// false where the runs share nothing of that.
func (t *Together) chart() (chart.Chart, bool) {
	if t.beside == nil {
		return chart.Chart{}, false
	}
	c := chart.Chart{Name: "beside", Title: "What the runs measured, beside each other", Subtitle: few(t.notes(), 2)}
	for _, metric := range measuredFor {
		if p, ok := t.panel(metric); ok && len(c.Panels) < 2 {
			c.Panels = append(c.Panels, p)
			if n := len(t.cellsWith(metric)); n > mostPlacesBeside && len(c.Notes) == 0 {
				c.Notes = []string{fmt.Sprintf("The first %d of %d setups are drawn; the tables have all.", mostPlacesBeside, n)}
			}
		}
	}
	if len(c.Panels) == 0 {
		return chart.Chart{}, false
	}
	var all []chart.Series
	for place, i := range t.of {
		c.Keys = append(c.Keys, chart.Key{Text: t.runs[i].name, Sign: chart.SignInterval, Look: chart.Look{Number: place}})
	}
	for _, p := range c.Panels {
		all = append(all, p.Series...)
	}
	c.Keys = append(c.Keys, struckKeys(all)...)
	c.Caption = []string{"Medians over trials with their 95 % intervals. The runs were made one after the other: what the host did between them is part of what they differ by."}
	return c, true
}

// panel of one metric: a series for each run.
func (t *Together) panel(metric string) (chart.Panel, bool) {
	cells := t.cellsWith(metric)
	cells = cells[:min(len(cells), mostPlacesBeside)]
	if len(cells) == 0 {
		return chart.Panel{}, false
	}
	short, _ := shortSetups(cells)
	p := chart.Panel{X: chart.Axis{Min: -0.5, Max: float64(len(cells)) - 0.5, Places: true}}
	for i, cell := range cells {
		p.X.Ticks = append(p.X.Ticks, chart.Tick{At: float64(i), Label: t.setupName(cell, short[cell])})
	}
	var s span
	for place, i := range t.of {
		one := chart.Series{Name: t.runs[i].name, Form: chart.Points, Look: chart.Look{Number: place}}
		for x, cell := range cells {
			if m, ok := t.figureIn(place, figureKey{metric, cell}); ok {
				s.add(m.Low)
				s.add(m.Upper())
				one.Points = append(one.Points, figures.Point(float64(x)+dodged(place, len(t.of)), m))
			}
		}
		p.Series = append(p.Series, one)
	}
	if strings.HasSuffix(metric, "_ns") {
		p.Y = latencyAxis(figures.Words[metric], "median", s)
	} else {
		p.Y = chart.Linear(s.high*1.08, units.Rate.Scale(0).Tick)
		p.Y.Title, p.Y.Unit = figures.Words[metric]+", writes per second", chart.PerSecond
	}
	return p, s.high > 0
}

// dodged is how far from a setup's place the mark of one of several runs stands.
func dodged(place, runs int) float64 {
	return min(0.22, 0.8/float64(runs)) * (float64(place) - float64(runs-1)/2)
}

// cellsWith are the setups that have a metric in some of the runs, as the first
// run calls them.
func (t *Together) cellsWith(metric string) []string {
	var out []string
	for _, key := range t.beside.rowKeys() {
		if key.metric == metric {
			out = append(out, key.cell)
		}
	}
	return out
}

// setupName is "3 nodes" where the setups differ in their size alone.
func (t *Together) setupName(cell, short string) string {
	own := t.beside.old.sum.Cells
	i := slices.IndexFunc(own, func(c summary.Cell) bool { return c.Cell == clean.Name(cell) })
	if i >= 0 && len(groups(t.beside.old.sum)) == 1 {
		return units.Plural(own[i].Nodes, "node")
	}
	return short
}

// figureIn is a figure of the compared run at a place.
func (t *Together) figureIn(place int, key figureKey) (figures.Figure, bool) {
	for i := range t.beside.later {
		ch, ok := t.beside.later[i].change(key)
		switch {
		case !ok:
		case place == 0 && ch.Old.N > 0:
			return figures.Read(key.metric, ch.Old)
		case place == i+1 && ch.New.N > 0:
			return figures.Read(key.metric, ch.New)
		}
	}
	return figures.Figure{}, false
}
