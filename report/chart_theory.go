package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// theoryCharts draw the model against the measurement, one chart for each group of
// setups that is predicted.
func (r *Report) theoryCharts() []chart.Chart {
	return r.eachDrawn("model", r.theoryChart)
}

// theoryChart has what was measured as marks, and what theory says as lines.
func (r *Report) theoryChart(name string, g group) (chart.Chart, bool) {
	if !slices.ContainsFunc(g.cells, func(c summary.Cell) bool { return r.theories[c.Cell].PredictedNS != nil }) {
		return chart.Chart{}, false
	}
	c := r.base(name, r.theoryTitle(g), figures.WriteP50)
	if g.name != "" && len(r.groups) > 1 {
		c.Subtitle = append(c.Subtitle, g.name)
	}
	c.Subtitle = append(c.Subtitle, "Predicted from the parts of a write at 1 and 3 nodes alone; on machines of their own nobody has measured it.")
	c.X = r.sizeAxis()
	sizes := r.sizes()
	at := func(cell summary.Cell) float64 { return float64(slices.Index(sizes, cell.Nodes)) }
	var all span
	marks := chart.Series{Name: "measured", Form: chart.Points}
	for _, cell := range g.cells {
		if f, ok := figures.Of(cell, figures.WriteP50); ok {
			all.add(f.Median)
			all.add(f.Upper())
			c.Labels = append(c.Labels, chart.Label{Value: wording.Show(units.Duration, f.Median) + f.Mark(), Of: []chart.Ref{{Point: len(marks.Points)}}})
			marks.Points = append(marks.Points, figures.Point(at(cell), f))
		}
	}
	c.Series = append(c.Series, marks)
	c.Keys = append(c.Keys, chart.Key{Text: "measured", Sign: chart.SignInterval})
	for i, line := range []struct {
		name string
		from string // what the line's points were made of
		of   func(t summary.Theory) *float64
	}{
		{"predicted here", ofPrediction, func(t summary.Theory) *float64 { return t.PredictedNS }},
		{"predicted on own machines", ofPrediction, func(t summary.Theory) *float64 { return t.OwnMachines }},
		{"floor, " + sharedDisk, ofTheory, func(t summary.Theory) *float64 { return floorOf(t.FloorShared) }},
		{"floor, " + ownDisks, ofFloor, func(t summary.Theory) *float64 { return floorOf(t.FloorAlone) }},
	} {
		s := chart.Series{Name: line.name, Form: chart.Line, Look: chart.Look{Number: i + 1, Dashed: i%2 == 1}}
		for _, cell := range g.cells {
			if v := line.of(r.theories[cell.Cell]); v != nil {
				all.add(*v)
				of := chart.Origin{Setup: cell.Cell, Name: line.from}
				if line.from == ofPrediction {
					of = r.predictedFrom(cell)
				}
				s.Points = append(s.Points, chart.Point{X: at(cell), Y: v, Plain: true, Of: of})
			}
		}
		if len(s.Points) > 0 {
			c.Series = append(c.Series, s)
			c.Keys = append(c.Keys, chart.Key{Text: line.name, Sign: chart.SignLine, Look: s.Look, Plain: true})
		}
	}
	c.Y = latencyAxis(r.latency("write")+" p50", r.intervals(figures.WriteP50), all)
	return c, all.high > 0
}

func floorOf(f *summary.Floored) *float64 {
	if f == nil {
		return nil
	}
	return &f.NS
}

// theoryTitle is the message: how near the prediction comes to the sizes that it does
// not rest on.
func (r *Report) theoryTitle(g group) string {
	worst, at := summary.Theory{}, 0.0
	sizes := 0
	for _, c := range g.cells {
		t := r.theories[c.Cell]
		if t.Error == nil || t.Fitted {
			continue
		}
		sizes++
		if off := math.Abs(*t.Error); off >= at {
			worst, at = t, off
		}
	}
	switch {
	case sizes == 0:
		return "What a write takes, and what theory says of it"
	case at <= summary.TolerableError: // a whole per cent: no median is known better
		return fmt.Sprintf("Theory from 1 and 3 nodes comes within %.0f %% of the larger sizes", math.Ceil(100*at))
	}
	text := fmt.Sprintf("Theory from 1 and 3 nodes misses %s by %.0f %%", units.Plural(worst.Nodes, "node"), 100*at)
	if worst.Off == "" {
		return text
	}
	return text + ": " + termNames[worst.Off]
}
