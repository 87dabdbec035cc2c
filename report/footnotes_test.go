package report

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/summary"
)

// An effective size that nobody knows is said to be unknown, and is not the fewest.
func TestAnUnknownEffectiveSizeIsSaid(t *testing.T) {
	cell := func(effective int64) summary.Cell {
		return summary.Cell{Metrics: map[string]summary.Metric{figures.WriteP99: {Pooled: true, Samples: 1800, Effective: effective, Interval: effective > 0}}}
	}
	note := pooledNote(summary.Summary{Cells: []summary.Cell{cell(600), cell(0), cell(1800)}})
	for _, want := range []string{"not on record how far writes are independent", "as few as 600 independent operations"} {
		if !strings.Contains(note, want) {
			t.Errorf("got %q, want %q in it", note, want)
		}
	}
}
