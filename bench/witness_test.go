package bench

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// A write counts to the fault that it was sent after, by what became of it, however
// late and in whatever order it ends.
func TestWritesAreToldByFault(t *testing.T) {
	var w witness
	for _, one := range []witnessed{
		{"n1", 90, 130, nil},  // sent before the fault
		{"n1", 105, 110, nil}, // sent before it took effect
		{"n1", 110, 190, nil},
		{"n2", 120, 125, loadgen.ErrRejected},
		{"n1", 140, 160, nil},
		{"n1", 150, 450, context.DeadlineExceeded},
		{"n2", 210, 220, nil}, // after the next
		{"n1", 170, 240, nil},
	} {
		w.saw(one)
	}
	want := []results.Probe{
		{Node: "n1", FirstAckNS: 60, Acked: 4, Unknown: 1},
		{Node: "n2", Failed: 1},
		{Node: "n3"},
	}
	if diff := cmp.Diff(want, w.probes([]string{"n1", "n2", "n3"}, instants{100, 115}, 200)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
