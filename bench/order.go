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
				Seed: int64(rng.Uint64() >> 1), Block: block, //nolint:gosec // 63 bits fit
			})
		}
	}
	return jobs
}

// remaining leaves out the jobs whose trial is already on record.
func remaining(jobs []Job, done []results.Trial) []Job {
	type id struct {
		cell  string
		trial int
	}
	finished := map[id]bool{}
	for _, t := range done {
		finished[id{t.Cell, t.Trial}] = true
	}
	var left []Job
	for _, j := range jobs {
		if !finished[id{j.Setup.Cell, j.Trial}] {
			left = append(left, j)
		}
	}
	return left
}
