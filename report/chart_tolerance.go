package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// byTolerance shows what a failure tolerated costs per write. Sizes that
// tolerate the same stand at the same place, side by side.
func (r *Report) byTolerance() (chart.Chart, bool) {
	places, least, most := r.tolerances()
	column := dodge(places)
	e := r.estimate(places, column, figures.WriteP50, figures.WriteP90)
	if e.span.high == 0 {
		return chart.Chart{}, false
	}
	anyProven := slices.ContainsFunc(places, func(p place) bool { return p.cell.Faults.Survived != nil })
	c := r.base("tolerance", toleranceMessage(places, anyProven), figures.WriteP50, figures.WriteP90)
	c.X = chart.Axis{Title: "failures proven to be tolerated", Min: float64(least) - 0.5, Max: float64(most) + 0.5, Places: true}
	for t := least; t <= most; t++ {
		c.X.Ticks = append(c.X.Ticks, chart.Tick{At: float64(t), Label: fmt.Sprint(t)})
	}
	if !anyProven {
		c.X.Title = "failures tolerated in theory: this run has not proven them"
	}
	c.Y = latencyAxis(r.latency("write"), r.intervals(figures.WriteP50), e.span)
	c.Subtitle = r.pairing()
	c.Keys, c.Series = e.keys("writes"), e.series
	c.Labels = e.labels(func(places ...place) string { return tolerantName(anyProven, places) })
	return c, true
}

// toldTolerances are how many fit a title; of more the first and the last are told.
const toldTolerances = 4

// toleranceMessage is what the cheapest size that survives so many failures takes for a
// write: from the fastest to the slowest, where there are several groups of setups.
func toleranceMessage(places []place, anyProven bool) string {
	cheapest := map[int]map[int]figures.Figure{} // by failures and group
	for _, p := range places {
		t := int(math.Round(p.x))
		f, ok := figures.Of(p.cell, figures.WriteP50)
		if !ok || f.Never() || t < 1 {
			continue
		}
		if cheapest[t] == nil {
			cheapest[t] = map[int]figures.Figure{}
		}
		if other, known := cheapest[t][p.group]; !known || f.Median < other.Median {
			cheapest[t][p.group] = f
		}
	}
	told := slices.Sorted(maps.Keys(cheapest))
	if len(told) == 0 {
		return "Write latency against failures tolerated"
	}
	if len(told) > toldTolerances {
		told = []int{told[0], told[len(told)-1]}
	}
	verb := "Surviving"
	if !anyProven {
		verb = "In theory, surviving"
	}
	text := fmt.Sprintf("%s %s costs %s a write", verb, units.Plural(told[0], "failure"), fastestToSlowest(cheapest[told[0]]))
	for _, t := range told[1:] {
		text += fmt.Sprintf(", %d cost %s", t, fastestToSlowest(cheapest[t]))
	}
	return text + " (p50)"
}

// fastestToSlowest of some figures: one of them alone where both are written alike.
func fastestToSlowest[K comparable](of map[K]figures.Figure) string {
	all := slices.SortedFunc(maps.Values(of), func(a, b figures.Figure) int { return cmp.Compare(a.Median, b.Median) })
	fastest, slowest := all[0], all[len(all)-1]
	if wording.Duration(fastest.Median) == wording.Duration(slowest.Median) {
		return wording.Duration(fastest.Median) + fastest.Mark()
	}
	return wording.Duration(fastest.Median) + fastest.Mark() + " to " + wording.Duration(slowest.Median) + slowest.Mark()
}

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
			if _, ok := figures.Of(c, figures.WriteP50); !ok && !costless(c) {
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
