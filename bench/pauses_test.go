package bench

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// Pauses come at random, each kind as often as asked; those that overlap are one stop.
func TestPausesComeAtRandomAndAsOftenAsAsked(t *testing.T) {
	kinds := []quorum.Interruption{{Length: 100 * time.Millisecond, Every: time.Second}}
	const hours = 3
	stops := func(kinds []quorum.Interruption, seed int64, place int) (begins []int64, stopped time.Duration) {
		p := newPauses(nil, kinds, seed, place, 0, int64(hours*time.Hour))
		for {
			begin, over, ok := p.take()
			if !ok {
				return begins, stopped
			}
			if n := len(begins); n > 0 && begin <= begins[n-1] {
				t.Fatalf("a stop begins at %d, after one at %d", begin, begins[n-1])
			}
			begins, stopped = append(begins, begin), stopped+time.Duration(over-begin)
		}
	}
	begins, stopped := stops(kinds, 1, 0)
	want := hours * 3600 / 1.1
	if n := float64(len(begins)); math.Abs(n-want) > 4*math.Sqrt(want) || stopped != time.Duration(len(begins))*100*time.Millisecond {
		t.Errorf("%v stops that last %v in %d hours, want about %v of 100 ms: one each 1.1 s", n, stopped, hours, want)
	}
	if again, _ := stops(kinds, 1, 0); !slices.Equal(again, begins) {
		t.Error("the same seed and place give other pauses")
	}
	if other, _ := stops(kinds, 1, 1); slices.Equal(other, begins) {
		t.Error("another member has the same pauses")
	}
	both := append(slices.Clone(kinds), quorum.Interruption{Length: 500 * time.Millisecond, Every: time.Second})
	if _, stopped := stops(both, 1, 0); stopped < hours*time.Hour/3 || stopped > hours*time.Hour/2 {
		t.Errorf("with pauses of half a second between seconds a process stands for %v of %d hours, want 40 %%: two that overlap are one stop", stopped, hours)
	}
}

// A member that was stopped goes on, also where the trial ended meanwhile or the stop
// failed.
func TestAPausedMemberGoesOn(t *testing.T) {
	for name, fails := range map[string]error{"stopped": nil, "not stopped": errors.New("no such process")} {
		m := &stoppable{err: fails}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := pauseOnce(ctx, m, time.Hour); !errors.Is(err, fails) || !slices.Equal(m.asked, []string{"pause", "resume"}) {
			t.Errorf("%s: asked of the member was %q, error %v, want to be resumed", name, m.asked, err)
		}
	}
}

type stoppable struct {
	told
	err error
}

func (s *stoppable) Pause(ctx context.Context) error { return errors.Join(s.told.Pause(ctx), s.err) }

// paused are two clusters whose processes are stopped for longer than the lease of the
// one, and for a small part of that of the other.
const paused = `
nodes: 3
trials: 0
proofs: 0
precision: 0%
network: {profile: none}
storage: {store: inmem}
workload: {warmup: 100ms}
watch: {duration: 3s, rate: 1/s, pauses: [{length: 150ms, every: 500ms}]}
arms:
  - {name: short, set: "raft.heartbeat_timeout=100ms; raft.election_timeout=100ms; raft.leader_lease_timeout=100ms"}
  - {name: long, set: "raft.heartbeat_timeout=60s; raft.election_timeout=60s; raft.leader_lease_timeout=60s"}
`

// TestPausesDeposeALeaderWhoseLeaseIsShorter, and no other; each stop is on record, and
// lasted for at least as long as was asked.
func TestPausesDeposeALeaderWhoseLeaseIsShorter(t *testing.T) {
	deadline := time.Now().Add(3 * time.Minute)
	stops, elected := 0, 0
	for seed := 1; stops == 0 || elected == 0; seed++ {
		if time.Now().After(deadline) {
			t.Fatalf("in 3 minutes %d stops and %d elections, want some of each", stops, elected)
		}
		for _, trial := range watchAll(t, paused, seed) {
			for _, e := range trial.Events {
				if e.Kind != results.EventPaused {
					continue
				}
				if stops++; e.Count < int64(150*time.Millisecond) || e.Node == "" {
					t.Errorf("%s: a stop of %v of %q, want a member's of 150 ms or more", trial.Cell, time.Duration(e.Count), e.Node)
				}
			}
			switch n := electedIn(trial); {
			case strings.Contains(trial.Cell, "short"):
				elected += n
			case n > 0 || !trial.Valid:
				t.Errorf("%s: %d elections, valid %v: %+v; want a leader that nothing unsettles", trial.Cell, n, trial.Valid, trial.Remarks)
			}
			if trial.Settings["watch.pauses"] != "150ms every 500ms" {
				t.Errorf("%s: its settings are %v, want its pauses among them", trial.Cell, trial.Settings)
			}
		}
	}
}
