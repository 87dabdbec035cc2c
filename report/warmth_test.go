package report

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/summary"
)

// A light-load latency is told with its rate, and whether the host was awake.
func TestALightLoadLatencyNamesItsRateAndWhetherTheHostWasAwake(t *testing.T) {
	s := typical()
	if got := warmth(s); !strings.Contains(got, "/s a setup") || !strings.Contains(got, "cores may halt") {
		t.Errorf("got %q, want the rate, and that cores may halt", got)
	}
	s.Cells[0].KeptAwake = 1
	if got := warmth(s); !strings.Contains(got, "in 1 of ") {
		t.Errorf("got %q, want one trial of all", got)
	}
	for i := range s.Cells {
		s.Cells[i].KeptAwake = s.Cells[i].ValidTrials
	}
	if got := warmth(s); !strings.Contains(got, "kept from halting meanwhile") {
		t.Errorf("got %q, want that all were kept awake", got)
	}
	s.Cells = nil
	if got := warmth(s); got != "" {
		t.Errorf("of no light load: got %q", got)
	}
}

// What living together may do to absolute figures is said, and only where setups
// were measured so.
func TestMeasuringSideBySideIsSaid(t *testing.T) {
	s := summary.Summary{Cells: []summary.Cell{{Beside: 2}, {Beside: 4}, {}}}
	if got := company(s); !strings.Contains(got, "beside up to 4 other setups") || !strings.Contains(got, "more than 3 %") {
		t.Errorf("got %q", got)
	}
	if got := company(summary.Summary{Cells: []summary.Cell{{}}}); got != "" {
		t.Errorf("measured alone: got %q, want nothing", got)
	}
}
