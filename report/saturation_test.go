package report

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// A capacity stands beside what a closed loop took, the most of all its clients.
func TestACapacityStandsBesideTheClosedLoop(t *testing.T) {
	s := typical()
	cell := s.Cells[1].Cell
	trials := []results.Trial{
		{Valid: true, Cell: cell, Windows: []results.Window{
			{Role: results.RoleGuess, ThroughputOps: 7000, Clients: 64},
			{Role: results.RoleGuess, ThroughputOps: 12_000, Clients: 128},
			{Role: results.RoleGuess, ThroughputOps: 11_900, Clients: 256},
			{Role: results.RoleFull, ThroughputOps: 99_000, Clients: 64},
		}},
		{Cell: cell, Windows: []results.Window{{Role: results.RoleGuess, ThroughputOps: 80_000, Clients: 64}}}, // not valid
	}
	r := New(&results.Run{Environment: host(), Trials: trials}, summary.Analysis{Summary: s}, Options{})
	want := "3 nodes took 12,000/s with 128 clients. A capacity may be above it"
	if got := r.saturationNote(); !strings.Contains(got, want) {
		t.Errorf("got %q, want in it %q", got, want)
	}
	if got := New(&results.Run{Environment: host()}, summary.Analysis{Summary: s}, Options{}).saturationNote(); got != "" {
		t.Errorf("got %q where no capacity was looked for", got)
	}
}
