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
		p.Setups = append(p.Setups, configs.Setup{Cell: fmt.Sprintf("cell-%d", i)})
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
	jobs := Order(somePlan(3, 4, 1, 1))
	var done []results.Trial
	for _, j := range jobs[:7] {
		done = append(done, results.Trial{Cell: j.Setup.Cell, Trial: j.Trial, Kind: j.Kind})
	}
	if left := remaining(jobs, done); !reflect.DeepEqual(left, jobs[7:]) {
		t.Errorf("got %d jobs left, want the last %d of the plan", len(left), len(jobs)-7)
	}
}
