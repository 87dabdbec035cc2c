package configs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/control"
)

// The preset kills the leader 30 times a size, and is estimated to keep within ten
// minutes; several trials share what is repeated.
func TestFailoverKeepsWithinTenMinutes(t *testing.T) {
	e, err := Preset("failover")
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if got := p.OutageTrials(); p.Outages != 30 || !slices.Equal(got, []int{10, 10, 10}) || p.OutageTrialCount() != 15 {
		t.Errorf("got %d outages in trials of %v, want 30 in three of 10 for each of five sizes", p.Outages, got)
	}
	if takes := Estimate(p); takes < time.Minute || takes > 10*time.Minute {
		t.Errorf("estimated to take %v, want less than ten minutes", takes)
	}
	if p.Setups[0].Raft != control.DefaultRaft() {
		t.Errorf("got timeouts %+v, want raft's own", p.Setups[0].Raft)
	}
}

// What does not divide is spread; the flags' way to other numbers is --set.
func TestOutagesAreSpreadOverTrials(t *testing.T) {
	for n, want := range map[int][]int{0: {}, 1: {1}, 10: {10}, 11: {6, 5}, 25: {9, 8, 8}} {
		if got := (Plan{Outages: n}).OutageTrials(); !slices.Equal(got, want) {
			t.Errorf("%d outages: got trials of %v, want %v", n, got, want)
		}
	}
	e, err := Default().Apply(Overrides{Trials: "0", Proofs: "0", Set: []string{"outages.repeat=5", "outages.action=kill,pause"}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if p.Outages != 5 || len(p.Setups) != 10 || p.OutageTrialCount() != 8 || p.Setups[3].Outage.Action == p.Setups[2].Outage.Action {
		t.Errorf("got %d outages of %d setups in %d trials, want 5 of 5 sizes and 2 actions, none of size 1", p.Outages, len(p.Setups), p.OutageTrialCount())
	}
	if !slices.ContainsFunc(p.Warnings, func(w string) bool { return strings.Contains(w, "1 node survives no failure") }) {
		t.Errorf("warnings %q do not tell that size 1 is left out", p.Warnings)
	}
}

// Where nobody is elected as long as the fault stands, each repeat waits as long as
// writes may take to go on.
func TestOutagesThatDoNotEndAreEstimatedByTheirPatience(t *testing.T) {
	s := mustPlan(t, "nodes: [5]\noutages: {repeat: 5}").Setups[0]
	kill := OutageTrialTime(s, 5)
	for _, c := range []struct {
		action, target string
		waits          int
	}{{"deadlock", Leader, 5}, {"disk-stall", "n1", 5}, {"constrained-election", Leader, 5}, {"deadlock", Follower, 0}, {"pause", Leader, 0}} {
		s.Outage.Action, s.Outage.Target = c.action, c.target
		if got, want := OutageTrialTime(s, 5), kill+time.Duration(c.waits)*RecoveryBound(s.Raft); got != want {
			t.Errorf("%s of %s: got %v, want %v", c.action, c.target, got, want)
		}
	}
}
