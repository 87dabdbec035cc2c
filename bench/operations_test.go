package bench

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// Every operation does to a cluster under load what its name says, one after another,
// and in the end all members are there again and have lost nothing.
func TestOperationsUnderLoad(t *testing.T) {
	r := runTimeline(t, `
nodes: 3
network: {profile: none}
raft: {heartbeat_timeout: 500ms, election_timeout: 500ms, leader_lease_timeout: 400ms, trailing_logs: 8}
workload: {warmup: 100ms, load: {mode: calm}, calm: {rate: 200/s, duration: 2s}}
faults:
  - {at: 100ms, action: install-snapshot, target: follower}
  - {at: 200ms, action: transfer}
  - {at: 300ms, action: add-node, target: follower}
  - {at: 400ms, action: remove-node, target: follower, for: 50ms}
  - {at: 700ms, action: remove-leader, for: 50ms}
  - {at: 1s, action: rolling-restart, target: all}
`, "2s", func(r results.Trial) bool { return allBegun(r.Faults) })
	if _, failed := says(r.Remarks, results.CodeFailed); failed || len(r.Findings) > 0 || r.Audit == nil || r.Audit.Nodes != 3 || r.Audit.Lost != 0 {
		t.Fatalf("remarks %+v, findings %+v, audit %+v; want every operation done and all 3 to agree", r.Remarks, r.Findings, r.Audit)
	}
	var done []string
	for _, f := range r.Faults {
		done = append(done, f.Action)
		if f.Failed != "" || f.DoneNS <= f.AtNS || f.EndNS < f.DoneNS || len(f.Nodes) == 0 {
			t.Errorf("%+v: want it done, to somebody, and over", f)
		}
		led := func(e results.Event) bool {
			return e.Kind == results.EventRole && e.State == results.StateLeader && e.AtNS > f.AtNS && e.Node != f.Leader
		}
		switch f.Action {
		case "transfer", "remove-leader":
			if f.Nodes[0] != f.Leader || !slices.ContainsFunc(r.Events, led) {
				t.Errorf("%+v: want another to lead after it", f)
			}
		case "install-snapshot":
			prepared(t, r, f, "kill")
			if !slices.ContainsFunc(r.Events, func(e results.Event) bool {
				return e.Kind == results.EventInstall && e.Node == f.Nodes[0] && e.AtNS > f.AtNS && e.AtNS < f.DoneNS && e.Bytes > 0
			}) {
				t.Errorf("%+v: want a snapshot that it installed, and its size", f)
			}
		case "rolling-restart":
			for _, n := range f.Nodes {
				if !within(r, f, "kill", n, f.AtNS, f.DoneNS) {
					t.Errorf("%+v: nothing tells when %s was killed", f, n)
				}
			}
		case "add-node", "remove-node":
			if f.Action == "add-node" {
				prepared(t, r, f, "remove-node", "wipe")
			}
			if f.Nodes[0] == f.Leader {
				t.Errorf("%+v: want it done to a follower", f)
			}
		}
	}
	if want := []string{"install-snapshot", "transfer", "add-node", "remove-node", "remove-leader", "rolling-restart"}; !slices.Equal(done, want) {
		t.Errorf("done were %q, want %q", done, want)
	}
}

// prepared wants what prepared a fault on record: when, and to whom.
func prepared(t *testing.T, r results.Trial, f results.Fault, actions ...string) {
	t.Helper()
	for _, action := range actions {
		if f.PrepareNS == 0 || !within(r, f, action, f.Nodes[0], f.PrepareNS, f.AtNS) {
			t.Errorf("%+v: want it prepared by a %s of %s, before it was done", f, action, f.Nodes[0])
		}
	}
}

// within tells whether a part of a fault was done to a node between two instants.
func within(r results.Trial, f results.Fault, action, node string, fromNS, toNS int64) bool {
	return slices.ContainsFunc(r.Events, func(e results.Event) bool {
		return e.Kind == results.EventFault && e.Action == action && e.Target == f.Action && e.Node == node && e.AtNS >= fromNS && e.AtNS <= toNS
	})
}

// A node that is cut off is added, and never catches up: that is a matter of
// liveness, which the trial finds.
func TestANodeThatDoesNotCatchUpIsFound(t *testing.T) {
	_, f := harmed(t, quickly+"faults: [{at: 100ms, action: isolate, target: n3}]\n")
	f.must(t, "isolate", "n3")
	f.patience = time.Second
	_, err := f.do(t.Context(), configs.TimedFault{Action: "add-node", Target: "n3"})
	tr := (&Runner{}).newTrial(Job{Setup: f.setup, Kind: results.Measure}, 1)
	if err := tr.conclude(t.Context(), err); err != nil {
		t.Fatal(err)
	}
	if len(tr.record.Findings) != 1 || tr.record.Findings[0].Rule != results.RuleApplied || tr.record.Findings[0].Node != "n3" || tr.record.Valid {
		t.Errorf("%v: findings %+v, want that n3 does not catch up", err, tr.record.Findings)
	}
}

// handing is a member that hands over.
type handing struct {
	Member
	do func() error
}

func (h *handing) ID() string                     { return "n1" }
func (h *handing) Alive() bool                    { return true }
func (h *handing) HandOver(context.Context) error { return h.do() }

// aloneSystem is a system of one member.
type aloneSystem struct {
	System
	m Member
}

func (a aloneSystem) Members() []Member { return []Member{a.m} }

// A transfer that leaves the leader in its place is told as one that failed.
func TestATransferThatMovesNobodyFailed(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*timeline) error
		want string
	}{
		"refused":    {func(*timeline) error { return errors.New("leadership transfer timeout") }, "n1 was not handed over: leadership transfer timeout"},
		"once again": {func(e *timeline) error { e.add(leads("n1", 3)); return nil }, "n1 leads again"},
	} {
		events := &timeline{}
		events.add(leads("n1", 2))
		m := &handing{do: func() error { return c.do(events) }}
		h := newHarm(configs.Setup{Nodes: 1}, aloneSystem{m: m}, events, nil)
		err := h.transfer(t.Context(), &inflicted{members: []Member{m}, Fault: results.Fault{Leader: "n1", Term: 2}})
		var failed *notDone
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want that %s", name, err, c.want)
		}
	}
}

func leads(node string, term uint64) results.Event {
	return results.Event{AtNS: clock.Now(), Kind: results.EventRole, Node: node, State: results.StateLeader, Term: term}
}
