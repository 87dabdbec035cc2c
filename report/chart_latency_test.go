package report

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/units"
)

// The chart's title tells a ratio that a reader finds in the table; where the curves end before
// the 99th percentile the chart says that the table tells it, and no remark on it stands below.
func TestTheLatencyChartAgreesWithTheTable(t *testing.T) {
	r := open(t, "../results/reference")
	c := named(t, r.charts(r.distributions()), "latency")
	var ratios span
	for _, of := range r.summary.Cells {
		middle, _ := figures.Of(of, figures.WriteP50)
		late, _ := figures.Of(of, figures.WriteP90)
		ratios.add(late.Median / middle.Median)
	}
	if want := units.Count.Show(ratios.low) + " to " + units.Count.Show(ratios.high) + " times the median"; !strings.Contains(c.Title, want) {
		t.Errorf("got the title %q, want %q of the table's medians", c.Title, want)
	}
	said := strings.Join(c.Subtitle, " ")
	if strings.Contains(said, "Too few") || !strings.Contains(said, "The curves end where their samples do, before the 99th percentile, which the table pools.") {
		t.Errorf("got the subtitle %q beside a table that tells the 99th percentile", said)
	}
	for _, note := range append(c.Notes, c.Words().Notes...) {
		if strings.Contains(note, figures.Words[figures.WriteP99]) {
			t.Errorf("%q is of a percentile that is not drawn", note)
		}
	}
}
