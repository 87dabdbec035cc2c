package report

import (
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// byTolerance shows what a failure tolerated costs per write. Sizes that
// tolerate the same stand at the same place, side by side.
func (r *Report) byTolerance() (chart.Chart, bool) {
	places, least, most := r.tolerances()
	e := r.estimate(places, writeP50, writeP90)
	if e.span.high == 0 {
		return chart.Chart{}, false
	}
	c := r.base("tolerance", toleranceTitle, writeP50, writeP90)
	c.X = chart.Axis{Title: "failures proven to be tolerated", Min: float64(least) - 0.5, Max: float64(most) + 0.5, Places: true}
	for t := least; t <= most; t++ {
		c.X.Ticks = append(c.X.Ticks, chart.Tick{At: float64(t), Label: fmt.Sprint(t)})
	}
	anyProven := slices.ContainsFunc(places, func(p place) bool { return p.cell.Faults.Survived != nil })
	if !anyProven {
		c.X.Title = "failures tolerated in theory: this run has not proven them"
	}
	c.Y = latencyAxis(r.latency("write"), r.intervals(writeP50), e.span)
	c.Subtitle = r.pairing()
	c.Keys, c.Series = e.keys("writes"), e.series
	c.Labels = e.labels(func(places ...place) string { return tolerantName(anyProven, places) })
	return c, true
}

const toleranceTitle = "Write latency against failures tolerated"

// pairing explains sizes that stand at one place.
func (r *Report) pairing() []string {
	sizes := r.sizes()
	for i, n := range sizes {
		if i > 0 && n == sizes[i-1]+1 && n%2 == 0 {
			return []string{"Sizes at the same place tolerate the same: the larger one buys nothing."}
		}
	}
	return nil
}

// tolerances are the places of all sizes that have a cost, or should have one:
// at what was proven, else at what theory says.
func (r *Report) tolerances() (places []place, least, most int) {
	for gi, g := range r.drawn() {
		for _, c := range g.cells {
			if _, ok := metric(c, writeP50); !ok && !costless(c) {
				continue
			}
			t := c.Tolerates
			if c.Faults.Survived != nil {
				t = *c.Faults.Survived
			}
			if len(places) == 0 {
				least = t
			}
			places, least, most = append(places, place{gi, c, float64(t)}), min(least, t), max(most, t)
		}
	}
	dodge(places)
	return places, least, most
}

// costless tells a size that should have a cost, and has none since no
// measuring trial of it was valid, from one that was not to be measured so.
func costless(c summary.Cell) bool {
	return c.ValidTrials == 0 && (c.Trials > 0 || c.Faults.Survived != nil)
}

// tolerantName is a size, with the weakness of its tolerance where others are
// proven.
func tolerantName(anyProven bool, places []place) string {
	name := units.Plural(places[0].cell.Nodes, "node")
	if anyProven && slices.ContainsFunc(places, func(p place) bool { return p.cell.Faults.Survived == nil }) {
		name += ", " + unproven
	}
	return name
}
