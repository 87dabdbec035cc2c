package bench

import (
	"testing"

	"github.com/raftbench/raftbench/stats"
)

// spansArms are three copies of one setup: two without spans, which must not differ,
// and one with.
const spansArms = `
nodes: 3
network: {profile: none}
trials: 1
arms:
  - {name: off, set: "workload.spans=false"}
  - {name: twin, set: "workload.spans=false"}
  - {name: on, set: "workload.spans=true"}
`

// mostOverhead is the share of a median write that timing its way may cost.
const mostOverhead = 0.02

// BenchmarkSpansOverhead measures what timing the way of writes costs them: clusters
// with and without side by side in each block, and a twin of the latter, which shows
// what differs by itself. Figures are ratios within blocks.
func BenchmarkSpansOverhead(b *testing.B) {
	const blocks = 24
	for b.Loop() {
		plan := studyPlan(b, spansArms)
		found := studyBlocks(b, testRunner(b, spansArms, nil), plan, blocks)
		off, twin, on := plan.Setups[0].Cell, plan.Setups[1].Cell, plan.Setups[2].Cell
		for _, f := range studied {
			b.Logf("%-10s on against off  %s", f.name, ratioText(b, pairsOf(found, off, on, f.of)))
			b.Logf("%-10s off against off %s", f.name, ratioText(b, pairsOf(found, off, twin, f.of)))
		}
		ratio, err := stats.ComparePairs(pairsOf(found, off, on, studied[0].of), stats.Confidence)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(100*(ratio.Ratio.Center-1), "%-of-p50")
		switch {
		case ratio.Ratio.Low-1 > mostOverhead:
			b.Errorf("timing writes costs %.1f %% of a median write at the least, want under %.0f", 100*(ratio.Ratio.Low-1), 100*mostOverhead)
		case ratio.Ratio.High-1 > mostOverhead:
			b.Logf("undecided: up to %.1f %% are possible, want under %.0f; a quieter host or more blocks decide", 100*(ratio.Ratio.High-1), 100*mostOverhead)
		}
	}
}
