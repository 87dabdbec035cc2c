package bench

import (
	"context"
	"errors"
	"testing"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// refusing is a leader that takes nobody out.
type refusing struct{ *process }

func (*refusing) RemoveServer(context.Context, string) error { return errors.New("leadership lost") }

// An operation whose preparation is refused is told as not done, as one that is
// refused itself: others may follow.
func TestAPreparationThatIsRefusedIsTold(t *testing.T) {
	h, of := threeProcesses()
	h.system = processes{all: []Member{&refusing{of["n1"]}, of["n2"], of["n3"]}}
	f, err := h.do(t.Context(), configs.TimedFault{Action: "add-node", Target: "n2"})
	if err != nil || f == nil || f.Failed != "leadership lost" || f.DoneNS < f.AtNS || f.AtNS == 0 {
		t.Errorf("got %+v, %v; want it on record as not done", f, err)
	}
}

// A cluster without durability that was only watched is audited: nothing was killed.
func TestWatchedIsNotKilled(t *testing.T) {
	for kind, want := range map[results.TrialKind]bool{results.Measure: false, results.Watch: false, results.Proof: true, results.Outages: true} {
		if got := (&trial{job: Job{Kind: kind}, record: &record{}}).killed(); got != want {
			t.Errorf("%s: killed %v, want %v", kind, got, want)
		}
	}
}
