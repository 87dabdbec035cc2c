package report

import (
	"maps"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// sweptMaps show what writes take by the offered load and the size of their values, of
// setups that were offered several loads for each of several sizes; before is how many
// maps there are already.
func (r *Report) sweptMaps(before int) []chart.Chart {
	up := r.heatAxis(valueSizePath)
	if len(up.values) < 2 {
		return nil
	}
	var out []chart.Chart
	for _, name := range []string{figures.WriteP50, figures.WriteP99} {
		drawn := 0
		for _, cells := range r.alikeBut(valueSizePath, valueSizePath) {
			if drawn == maxHeatMaps {
				break
			}
			if c, ok := r.sweptMap(numbered("heat", before+len(out)), name, up, cells); ok {
				out, drawn = append(out, c), drawn+1
			}
		}
	}
	return out
}

// sweptMap of some setups that differ in the size of their values alone. A search for
// capacity tries loads of its own for each: those that one alone was offered have no column.
func (r *Report) sweptMap(name, metricName string, up heatAxis, cells []summary.Cell) (chart.Chart, bool) {
	rates, left := sharedRates(cells)
	if len(rates) < 2 {
		return chart.Chart{}, false
	}
	across := heatAxis{title: "offered load"}
	for _, v := range rates {
		across.values = append(across.values, wording.Rate(v))
	}
	h := newHeat(metricName, across, up)
	h.lacking, h.left = notOffered, left
	for _, c := range cells {
		for _, step := range c.Curve {
			if !slices.Contains(rates, step.OfferedOps) {
				continue
			}
			at := [2]string{wording.Rate(step.OfferedOps), up.of(c)}
			h.setups[at] = c
			m := step.P50
			if metricName == figures.WriteP99 {
				m = step.P99
			}
			if m == nil {
				continue
			}
			if f, ok := figures.Read(metricName, *m); ok {
				f.Of = chart.Origin{Setup: c.Cell, Name: ofTrials}
				h.add(at, f)
			}
			if step.Held != nil && !*step.Held {
				h.short[at] = true
			}
		}
	}
	return r.heatChart(name, h, cells)
}

// sharedRates are the loads that more than one of some setups was offered, from the lowest
// to the highest and evenly chosen where there are more than a map has columns; left is
// how many have none.
func sharedRates(cells []summary.Cell) (rates []float64, left int) {
	offers, shown := map[float64]int{}, map[string]bool{}
	for _, c := range cells {
		for _, step := range c.Curve {
			if step.OfferedOps > 0 && units.Finite(step.OfferedOps) {
				offers[step.OfferedOps]++
			}
		}
	}
	for _, v := range slices.Sorted(maps.Keys(offers)) {
		if label := wording.Rate(v); offers[v] > 1 && !shown[label] {
			shown[label], rates = true, append(rates, v)
		}
	}
	if left = len(rates) - mostColumns; left <= 0 {
		return rates, 0
	}
	chosen := make([]float64, mostColumns)
	for i := range chosen {
		chosen[i] = rates[i*(len(rates)-1)/(mostColumns-1)]
	}
	return chosen, left
}
