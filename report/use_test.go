package report

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/summary"
)

// A use is told at both loads, each with its rate; what is used without load
// stands apart, and only what carries over is said to.
func TestAUseNamesItsRate(t *testing.T) {
	s := typical()
	text := strings.Join(strings.Fields(table(t, s, 100)), " ")
	for _, want := range []string{
		"What a write uses at a light load of 40/s", "What a write uses at full load, all nodes together", "at a", "rate of",
		"idle, per second", "one more write", "Bytes and fsyncs of a write carry over to separate machines at the same rate",
		"its CPU time does not", "not subtracted from what a write uses",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	s.Cells[2].Metrics[figures.Offered] = around(80, 0)
	if text := table(t, s, 120); !strings.Contains(text, "uses at a light load, all") || !strings.Contains(text, "80.0/s") {
		t.Errorf("two rates are no common one, and each is shown:\n%s", text)
	}
	for i := range s.Cells {
		for name := range s.Cells[i].Metrics {
			if strings.HasPrefix(name, figures.IdlePrefix) || strings.HasPrefix(name, figures.MarginalPrefix) || strings.HasPrefix(name, figures.FullPrefix) {
				delete(s.Cells[i].Metrics, name)
			}
		}
	}
	if text := table(t, s, 100); strings.Contains(text, "without load") || strings.Contains(text, "One more write") || strings.Contains(text, "uses at full load") {
		t.Errorf("told of what was not measured:\n%s", text)
	}
	if notes := useNotes(summary.Summary{}); len(notes) > 0 {
		t.Errorf("of nothing: %q", notes)
	}
}
