package bench

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
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

// slow is a leader that takes a second to add a node, or a member that never applies
// what the leader has committed.
type slow struct {
	*process
	now control.Stats
}

func (s *slow) Counters(context.Context) (control.Stats, error) {
	now := s.now
	now.Voters = slices.Clone(*s.voters)
	return now, nil
}

func (s *slow) AddNonvoter(context.Context, string) error {
	time.Sleep(time.Second)
	return nil
}

// Who waits for a member that comes back too slowly is told what was waited for, for how
// long and what to do, and not only that a deadline was exceeded.
func TestASlowReturnSaysWhatWasWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, of := threeProcesses()
		h.patience = 10 * time.Second
		h.system = processes{all: []Member{
			&slow{of["n1"], control.Stats{CommitIndex: 912}}, of["n2"], &slow{of["n3"], control.Stats{Applied: 7}},
		}}
		removed := inflictOn(t, h, "remove-node", "n3")
		err := h.undo(t.Context(), removed)
		want := "end of fault remove-node n3: n3 had applied index 7 after 9s, want 912, which was committed when it came back: " +
			"a lower rate leaves it less to catch up with, a longer raft.election_timeout more time"
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

// A cluster without durability that was only watched is audited: nothing was killed.
func TestWatchedIsNotKilled(t *testing.T) {
	for kind, want := range map[results.TrialKind]bool{results.Measure: false, results.Watch: false, results.Proof: true, results.Outages: true} {
		if got := (&trial{job: Job{Kind: kind}, record: &record{}}).killed(); got != want {
			t.Errorf("%s: killed %v, want %v", kind, got, want)
		}
	}
}
