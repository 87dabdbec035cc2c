package report

import (
	"slices"

	"github.com/raftbench/raftbench/report/chart"
)

// reads shows what a read costs by number of nodes.
func (r *Report) reads() (chart.Chart, bool) {
	sizes := r.sizes()
	var places []place
	for gi, g := range r.drawn() {
		for _, c := range g.cells {
			if _, ok := metric(c, readP50); ok {
				places = append(places, place{gi, c, float64(slices.Index(sizes, c.Nodes))})
			}
		}
	}
	dodge(places)
	e := r.estimate(places, readP50, readP90)
	if e.span.high == 0 {
		return chart.Chart{}, false
	}
	c := r.base("reads", "Read latency by number of nodes", readP50, readP90)
	c.X, c.Y = r.sizeAxis(), latencyAxis(r.latency("read"), r.intervals(readP50), e.span)
	c.Keys, c.Series = e.keys("reads"), e.series
	c.Labels = e.labels(func(...place) string { return "" })
	c.Labels = slices.DeleteFunc(c.Labels, func(l chart.Label) bool { return l.Name == "" && l.Value == "" })
	return c, true
}
