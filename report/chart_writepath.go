package report

import (
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// writePaths are bars of the parts of a write's time, one for each size; a chart for
// each group of setups.
func (r *Report) writePaths() []chart.Chart {
	return r.eachDrawn("writepath", r.writePathOf)
}

func (r *Report) writePathOf(name string, g group) (chart.Chart, bool) {
	var cells []summary.Cell
	var most span
	for _, c := range g.cells {
		if c.WritePath != nil {
			cells = append(cells, c)
			most.add(stackHeight(c.WritePath))
		}
	}
	if len(cells) == 0 || most.high == 0 {
		return chart.Chart{}, false
	}
	c := r.base(name, longestPart(cells[len(cells)-1]))
	if g.name != "" {
		c.Subtitle = append(c.Subtitle, g.name)
	}
	c.Subtitle = append(c.Subtitle, "Where the time of a typical write goes, from when it was due to its answer, light load. From the bottom up in the order of the keys.")
	c.X = chart.Axis{Min: -0.5, Max: float64(len(cells)) - 0.5, Places: true}
	feet := make([]float64, len(cells))
	for i, cell := range cells {
		c.X.Ticks = append(c.X.Ticks, chart.Tick{At: float64(i), Label: units.Plural(cell.Nodes, "node"), Under: wording.Duration(value(cell.WritePath.TotalNS)) + " in all"})
	}
	for number, part := range partNames {
		c.Series = append(c.Series, stackOf(cells, feet, part, number))
	}
	c.Series = append(c.Series, unattributedOf(cells, feet))
	c.Series = slices.DeleteFunc(c.Series, func(s chart.Series) bool { return len(s.Points) == 0 })
	for _, s := range c.Series {
		c.Keys = append(c.Keys, chart.Key{Text: s.Name, Sign: chart.SignBar, Look: s.Look})
	}
	tick := units.Duration.Scale(most.high)
	c.Y = chart.Linear(most.high*1.02, tick.Tick)
	c.Y.Title, c.Y.Unit = "time, "+tick.Name()+" (medians over trials)", chart.Nanoseconds
	return c, true
}

// value of a metric's median; 0 where there is none.
func value(m summary.Metric) float64 {
	if m.Median == nil {
		return 0
	}
	return *m.Median
}

func stackHeight(p *summary.WritePath) (height float64) {
	for _, part := range p.Parts {
		height += value(part.NS)
	}
	return height + value(p.UnattributedShare)*value(p.TotalNS)
}

// stackOf one part: a piece on top of those below it in each bar.
func stackOf(cells []summary.Cell, feet []float64, name summary.PartName, number int) chart.Series {
	s := chart.Series{Name: partWords[name], Form: chart.Stacks, Look: chart.Look{Number: number}, Width: 0.5}
	for i, c := range cells {
		if part := pathPart(c.WritePath, name); part != nil {
			told := timeCell(&part.NS)
			s.Points = append(s.Points, piece(i, feet, value(part.NS), told.Main, told.Interval, chart.Origin{Setup: c.Cell, Name: ofPart + string(name)}))
		}
	}
	return s
}

// unattributedOf is the time that is nobody's; without points where there is none.
func unattributedOf(cells []summary.Cell, feet []float64) chart.Series {
	s := chart.Series{Name: "unattributed", Form: chart.Stacks, Look: chart.Look{Number: chart.Neutral}, Width: 0.5}
	for i, c := range cells {
		if height := value(c.WritePath.UnattributedShare) * value(c.WritePath.TotalNS); height > 0 {
			s.Points = append(s.Points, piece(i, feet, height, wording.Duration(height), "", chart.Origin{Setup: c.Cell, Name: ofPart + unattributed}))
		}
	}
	return s
}

func piece(i int, feet []float64, height float64, text, interval string, of chart.Origin) chart.Point {
	from := feet[i]
	feet[i] += max(height, 0)
	top := feet[i]
	return chart.Point{X: float64(i), Y: &top, From: from, Text: text, Under: interval, Of: of}
}

// longestPart is the title: what the largest size spends most in.
func longestPart(c summary.Cell) string {
	var longest summary.PathPart
	for _, part := range c.WritePath.Parts {
		if value(part.NS) > value(longest.NS) {
			longest = part
		}
	}
	return fmt.Sprintf("The largest part of a write to %s is the %s: %s of %s",
		units.Plural(c.Nodes, "node"), partWords[longest.Name], wording.Duration(value(longest.NS)), wording.Duration(value(c.WritePath.TotalNS)))
}
