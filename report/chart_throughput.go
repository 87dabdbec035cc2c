package report

import (
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// throughputs shows how many writes a second each size takes from a closed
// loop: bars from zero, with intervals.
func (r *Report) throughputs() (chart.Chart, bool) {
	var most span
	c := r.base("throughput", r.fall(), figures.Throughput)
	for gi := range r.drawn() {
		c.Series = append(c.Series, r.bars(gi, &most))
	}
	if most.high == 0 {
		return chart.Chart{}, false
	}
	c.Subtitle = []string{r.loop()}
	c.X, c.Y = r.sizeAxis(), chart.Linear(most.high*1.08, units.Rate.Scale(0).Tick)
	c.Y.Title, c.Y.Unit = "writes per second ("+r.intervals(figures.Throughput)+")", chart.PerSecond
	if len(r.drawn()) > 1 {
		c.Keys = r.groupKeys(chart.SignBar)
	}
	c.Keys = append(c.Keys, struckKeys(c.Series)...)
	return c, true
}

// fall is the title: that every step up costs throughput, where every one was
// found to.
func (r *Report) fall() string {
	if len(r.drawn()) != 1 || len(r.groups[0].cells) < 2 {
		return r.carriedFromTo()
	}
	cells := r.groups[0].cells
	for i := range cells[1:] {
		if d, ok := r.differenceIn(figures.Throughput, cells[i], cells[i+1]); !ok || d.Decided != stats.Found || d.Ratio >= 1 {
			return r.carriedFromTo()
		}
	}
	first, last := cells[0], cells[len(cells)-1]
	from, _ := figures.Of(first, figures.Throughput)
	to, _ := figures.Of(last, figures.Throughput)
	return fmt.Sprintf("Every step up costs throughput: %s with %s, %s with %d",
		wording.Rate(from.Median), units.Plural(first.Nodes, "node"), wording.Rate(to.Median), last.Nodes)
}

// carriedFromTo is the range of what all setups carry.
func (r *Report) carriedFromTo() string {
	var all span
	for _, g := range r.drawn() {
		for _, c := range g.cells {
			if f, ok := figures.Of(c, figures.Throughput); ok {
				all.add(f.Median)
			}
		}
	}
	if all.high == 0 || wording.Rate(all.low) == wording.Rate(all.high) {
		return "Write throughput by number of nodes"
	}
	return fmt.Sprintf("Throughput goes from %s to %s, by number of nodes", wording.Rate(all.low), wording.Rate(all.high))
}

func (r *Report) loop() string {
	who := "each client"
	loop := "Closed loop"
	if n := clients(r.summary); n > 0 {
		loop, who = "Closed loop of "+units.Plural(n, "client"), "each"
	}
	return loop + ": " + who + " sends its next write when the last is answered."
}

// bars of one group; a size that no valid trial measured has a gap that says
// so.
func (r *Report) bars(gi int, most *span) chart.Series {
	sizes, g := r.sizes(), r.groups[gi]
	width := min(0.5, 0.8/float64(len(r.drawn())))
	s := chart.Series{Name: g.name, Form: chart.Bars, Look: chart.Look{Number: gi}, Width: width * 0.92}
	for _, c := range g.cells {
		x := float64(slices.Index(sizes, c.Nodes)) + width*(float64(gi)-float64(len(r.drawn())-1)/2)
		f, ok := figures.Of(c, figures.Throughput)
		switch {
		case ok:
			most.add(f.Upper())
			p := figures.Point(x, f)
			p.Text = wording.Rate(f.Median) + f.Mark()
			s.Points = append(s.Points, p)
		case costless(c) && closedLoop(r.summary):
			s.Points = append(s.Points, chart.Point{X: x, Missing: figures.NoTrial, Text: figures.NoTrial})
		}
	}
	return s
}

// closedLoop tells whether any setup was put under full load.
func closedLoop(s summary.Summary) bool {
	return slices.ContainsFunc(s.Cells, func(c summary.Cell) bool {
		_, ok := figures.Of(c, figures.Throughput)
		return ok
	})
}
