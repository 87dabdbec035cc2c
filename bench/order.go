package bench

import (
	"math/rand/v2"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// Job is one trial that is to be run.
type Job struct {
	Setup configs.Setup
	Kind  results.TrialKind
	// Trial numbers a cell's trials from 1, measuring ones first.
	Trial int
	// Seed of everything random in the trial.
	Seed int64
	// Attempt to begin with, from 1: a resumed run goes on counting.
	Attempt int
	// Block in which the trial stands, from 0.
	Block int
}

// Order lays a plan out in blocks. Each block holds every cell once, in an
// order shuffled by the plan's seed, so that a host that grows slower during
// a run harms all cells alike. The same plan gives the same order.
func Order(plan configs.Plan) []Job {
	rng := rand.New(rand.NewPCG(uint64(plan.Seed), 0x6f72646572)) //nolint:gosec // a recorded seed, no secret
	var jobs []Job
	for block := range plan.Trials + plan.Proofs {
		kind := results.Measure
		if block >= plan.Trials {
			kind = results.Proof
		}
		for _, i := range rng.Perm(len(plan.Setups)) {
			jobs = append(jobs, Job{
				Setup: plan.Setups[i], Kind: kind, Trial: block + 1,
				Seed: int64(rng.Uint64() >> 1), Block: block, Attempt: 1, //nolint:gosec // 63 bits fit
			})
		}
	}
	return jobs
}

// remaining leaves out the jobs whose trial is settled on record.
func remaining(plan configs.Plan, done []results.Trial) []Job {
	attempts, over := map[trialID]int{}, map[trialID]bool{}
	for _, t := range done {
		id := trialID{t.Cell, t.Trial}
		attempts[id] = max(attempts[id], t.Attempt)
		over[id] = settledForGood(plan, t) // by the last attempt
	}
	var left []Job
	for _, j := range Order(plan) {
		id := trialID{j.Setup.Cell, j.Trial}
		if !over[id] {
			j.Attempt = attempts[id] + 1
			left = append(left, j)
		}
	}
	return left
}

// trialID tells the trials of a run apart.
type trialID struct {
	cell  string
	trial int
}
