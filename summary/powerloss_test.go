package summary

import (
	"fmt"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// TestALossOfPowerIsSurvivedWhereEveryDiskWasCut and asked for: one that was not cut
// proves nothing.
func TestALossOfPowerIsSurvivedWhereEveryDiskWasCut(t *testing.T) {
	for _, c := range []struct {
		asked bool
		cut   int
		want  string
	}{{false, 0, "not asked"}, {true, 0, "false"}, {true, 2, "false"}, {true, 3, "true"}} {
		trial := results.Trial{
			Kind: results.Proof, Nodes: 3, Valid: true, Durable: true, PowerLoss: c.asked,
			Proof: &results.ProofResult{Killed: []string{"n1", "n2"}, Survived: 1, BlockedAt: 2, Recovered: true, Disks: make([]results.Disk, 3)},
			Audit: &results.Audit{Nodes: 3},
		}
		for i := range c.cut {
			trial.Events = append(trial.Events, results.Event{Kind: results.EventPowerLoss, Node: fmt.Sprintf("n%d", i+1)})
		}
		var f Faults
		f.prove(&trial, 1)
		got := "not asked"
		if p := f.PowerLossSurvived; p != nil {
			got = fmt.Sprint(*p)
		}
		if got != c.want {
			t.Errorf("asked %v, %d cut: got %s, want %s", c.asked, c.cut, got, c.want)
		}
	}
}
