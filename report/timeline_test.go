package report

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// underLoad are faults that were done while load was measured.
func underLoad(faults ...results.Fault) results.Trial {
	made := killing(3, 1)
	made.Kind, made.Events, made.Faults = results.Measure, nil, faults
	made.Windows = []results.Window{{
		Name: results.WindowCalm, Role: results.RoleLight, Mode: results.ModeOpen, OfferedOps: 100, StartNS: 1e9, Harmed: true,
		Attempted: 1000, Completed: 1000, Writes: 1000,
	}}
	return made
}

// What was not done says so and why; a partition says which links; and how long writes
// stopped is no shorter than any client saw, whoever answered first.
func TestWhatWasDoneUnderLoadIsToldWhole(t *testing.T) {
	text := tableOf(t, outageRun(t, underLoad(
		results.Fault{Action: "transfer", Target: "leader", Nodes: []string{"n1"}, Leader: "n1", AtNS: 2e9, DoneNS: 2e9 + 1e6, Failed: "n1 leads again, want another"},
		results.Fault{Action: "isolate", Nodes: []string{"n1"}, Leader: "n1", AtNS: 4e9, DoneNS: 4e9 + 1e6, Probes: []results.Probe{
			{Node: "n1", FirstAckNS: 3e6, GapNS: 4e9, Acked: 1}, // answered before it was cut off
			{Node: "n2", FirstAckNS: 14e8, GapNS: 14e8, Acked: 90, Unknown: 2}, {Node: "n3", FirstAckNS: 15e8, GapNS: 15e8, Acked: 90},
		}},
		results.Fault{Action: "partition", Target: "n1->n2", AtNS: 9e9, DoneNS: 9e9 + 1e6},
	)), Terminal{Width: 160})
	flat := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		"transfer n1 (leader), not done: n1 leads again, want another",
		"isolate n1 (leader) 1 3.00 s – 1.40 s 0 2",
		"partition n1->n2",
		"in which no client had an answer", "may have been committed or not",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}
