package bench

import (
	"context"
	"slices"
	"testing"

	"github.com/raftbench/raftbench/configs"
)

// told is a member that keeps what was asked of it.
type told struct {
	Member
	asked []string
}

func (o *told) ID() string                   { return "n1" }
func (o *told) Alive() bool                  { return true }
func (o *told) Pause(context.Context) error  { o.asked = append(o.asked, "pause"); return nil }
func (o *told) Resume(context.Context) error { o.asked = append(o.asked, "resume"); return nil }
func (o *told) Deadlock(_ context.Context, on bool) error {
	o.asked = append(o.asked, map[bool]string{true: "deadlock", false: "go on"}[on])
	return nil
}

// A member of which two pauses or deadlocks overlap goes on when the last of them ends.
func TestOverlappingFaultsOfAProcessEndWithTheLast(t *testing.T) {
	for action, end := range map[string]string{"pause": "resume", "deadlock": "go on"} {
		m := &told{}
		h := newHarm(configs.Setup{Nodes: 1}, aloneSystem{m: m}, &timeline{}, nil)
		var both []*inflicted
		for range 2 {
			f, err := h.do(t.Context(), configs.TimedFault{Action: action, Target: "n1"})
			if err != nil {
				t.Fatal(err)
			}
			both = append(both, f)
		}
		for i, want := range [][]string{{action, action}, {action, action, end}} {
			if err := h.undo(t.Context(), both[i]); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(m.asked, want) {
				t.Errorf("%d of 2 overlapping faults ended: asked of the member was %q, want %q", i+1, m.asked, want)
			}
		}
	}
}
