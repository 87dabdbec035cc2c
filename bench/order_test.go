package bench

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

func somePlan(cells, trials, proofs int, seed int64) configs.Plan {
	p := configs.Plan{Trials: trials, Proofs: proofs, Seed: seed}
	for i := range cells {
		p.Setups = append(p.Setups, configs.Setup{Cell: fmt.Sprintf("cell-%d", i), Load: configs.ModeCalm})
	}
	return p
}

func TestEveryBlockHoldsEveryCellOnce(t *testing.T) {
	jobs := Order(somePlan(5, 6, 2, 1))
	if len(jobs) != 5*(6+2) {
		t.Fatalf("got %d jobs, want %d", len(jobs), 5*8)
	}
	for block := range 8 {
		seen := map[string]bool{}
		for _, j := range jobs[block*5 : block*5+5] {
			seen[j.Setup.Cell] = true
			wantKind := results.Measure
			if block >= 6 {
				wantKind = results.Proof
			}
			if j.Block != block || j.Trial != block+1 || j.Kind != wantKind {
				t.Errorf("block %d holds %+v", block, j)
			}
		}
		if len(seen) != 5 {
			t.Errorf("block %d holds %d cells, want 5", block, len(seen))
		}
	}
}

func TestOrderIsTheSeedsAlone(t *testing.T) {
	a, b, other := Order(somePlan(5, 6, 1, 7)), Order(somePlan(5, 6, 1, 7)), Order(somePlan(5, 6, 1, 8))
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed gave two orders")
	}
	if reflect.DeepEqual(a, other) {
		t.Error("another seed gave the same order")
	}
}

func TestEachTrialHasASeedOfItsOwn(t *testing.T) {
	seen := map[int64]bool{}
	for _, j := range Order(somePlan(5, 6, 1, 1)) {
		if j.Seed < 0 || seen[j.Seed] {
			t.Errorf("seed %d is negative or given twice", j.Seed)
		}
		seen[j.Seed] = true
	}
}

// What is run and what is left of it make up the plan, in the plan's order.
func TestAResumedRunRepeatsNothing(t *testing.T) {
	plan := somePlan(3, 4, 1, 1)
	plan.Apart = true
	jobs := Order(plan)
	var done []results.Trial
	for _, j := range jobs[:7] {
		done = append(done, results.Trial{Cell: j.Setup.Cell, Trial: j.Trial, Kind: j.Kind, Attempt: 1, Valid: true})
	}
	if left := remaining(plan, done); !reflect.DeepEqual(left, jobs[7:]) {
		t.Errorf("got %d jobs left, want the last %d of the plan", len(left), len(jobs)-7)
	}
}

// An invalid trial that was to be repeated when the run was cut off still is,
// as the next attempt; one that was repeated enough, or that broke a promise,
// is settled.
func TestAResumedRunRepeatsWhatWasToBeRepeated(t *testing.T) {
	plan := somePlan(1, 3, 0, 1)
	plan.Retries = 1
	done := []results.Trial{
		{Cell: "cell-0", Trial: 1, Attempt: 1},
		{Cell: "cell-0", Trial: 2, Attempt: 1}, {Cell: "cell-0", Trial: 2, Attempt: 2},
		{Cell: "cell-0", Trial: 3, Attempt: 1, Findings: found(results.Safety, results.RuleLost)},
	}
	left := remaining(plan, done)
	if len(left) != 1 || left[0].Trial != 1 || left[0].Attempt != 2 {
		t.Errorf("got %+v, want the second attempt of trial 1", left)
	}
}

// What has no room beside its neighbour goes through a smaller setup that both have
// room for; where there is none, that is said.
func TestAPartOfABlockIsBridgedByWhateverFits(t *testing.T) {
	of := func(sizes ...int) configs.Plan {
		p := configs.Plan{Trials: 1}
		for _, n := range sizes {
			p.Setups = append(p.Setups, configs.Setup{Cell: fmt.Sprintf("n%d", n), Nodes: n, Load: configs.ModeCalm})
		}
		return p
	}
	for _, c := range []struct {
		plan   configs.Plan
		groups [][]int
		alone  []string
	}{
		{of(3, 12, 20), [][]int{{0, 1}, {0, 2}}, nil},
		{of(3, 5, 12, 20), [][]int{{0, 1, 2}, {0, 3}}, nil},
		{of(3, 4, 12, 20), [][]int{{0, 1, 2}, {1, 3}}, nil},
		{of(11, 13, 15), [][]int{{0, 1}, {2}}, []string{"n15"}},
		{of(1, 3, 4, 5, 7), [][]int{{0, 1, 2, 3, 4}}, nil},
	} {
		if got := groups(c.plan); !reflect.DeepEqual(got, c.groups) {
			t.Errorf("%v: got parts %v, want %v", c.plan.Setups, got, c.groups)
		}
		if got := Unbridged(c.plan); !reflect.DeepEqual(got, c.alone) {
			t.Errorf("got %v without a bridge, want %v", got, c.alone)
		}
	}
}
