package report

import (
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/units"
)

// reads shows what a read costs by number of nodes.
func (r *Report) reads() (chart.Chart, bool) {
	sizes := r.sizes()
	var places []place
	for gi, g := range r.drawn() {
		for _, c := range g.cells {
			if _, ok := figures.Of(c, figures.ReadP50); ok {
				places = append(places, place{gi, c, float64(slices.Index(sizes, c.Nodes))})
			}
		}
	}
	column := dodge(places)
	e := r.estimate(places, column, figures.ReadP50, figures.ReadP90)
	if e.span.high == 0 {
		return chart.Chart{}, false
	}
	c := r.base("reads", r.readMessage(), figures.ReadP50, figures.ReadP90)
	c.X, c.Y = r.sizeAxis(), latencyAxis(r.latency("read"), r.intervals(figures.ReadP50), e.span)
	c.Keys, c.Series = e.keys("reads"), e.series
	c.Labels = e.labels(func(...place) string { return "" })
	c.Labels = slices.DeleteFunc(c.Labels, func(l chart.Label) bool { return l.Name == "" && l.Value == "" })
	return c, true
}

// readMessage is what a read takes at the smallest and at the largest size.
func (r *Report) readMessage() string {
	of := map[int]map[int]figures.Figure{} // by size and group
	var sizes []int
	for gi, g := range r.drawn() {
		for _, c := range g.cells {
			f, ok := figures.Of(c, figures.ReadP50)
			if !ok || f.Never() {
				continue
			}
			if of[c.Nodes] == nil {
				of[c.Nodes], sizes = map[int]figures.Figure{}, append(sizes, c.Nodes)
			}
			of[c.Nodes][gi] = f
		}
	}
	if len(sizes) == 0 {
		return "Read latency by number of nodes"
	}
	least, most := slices.Min(sizes), slices.Max(sizes)
	text := fmt.Sprintf("A read takes %s with %s", fastestToSlowest(of[least]), units.Plural(least, "node"))
	if most > least {
		text += fmt.Sprintf(", %s with %d", fastestToSlowest(of[most]), most)
	}
	return text + " (p50)"
}
