package bench

import (
	"cmp"
	"math/rand/v2"
	"slices"

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
	// Block in which the trial stands, from 0, and the part of the block that
	// lives at once, from 0.
	Block, Group int
}

// mostProcesses are the nodes that live at once: those of clusters of 1, 3, 4, 5
// and 7 with some to spare. At light load as many take about a core, and half a
// gigabyte; what would exceed it is split.
const mostProcesses = 24

// groups splits the setups of a block, in the plan's order, so that neighbours
// live at once.
func groups(setups []configs.Setup) []int {
	out := make([]int, len(setups))
	group, processes := 0, 0
	for i, s := range setups {
		if processes += s.Nodes; processes > mostProcesses && processes > s.Nodes {
			group, processes = group+1, s.Nodes
		}
		out[i] = group
	}
	return out
}

// Order lays a plan out in blocks. Each block holds every cell once, in an
// order shuffled by the plan's seed, so that a host that grows slower during
// a run harms all cells alike. The same plan gives the same order. Jobs of one
// group stand together.
func Order(plan configs.Plan) []Job {
	group := groups(plan.Setups)
	rng := rand.New(rand.NewPCG(uint64(plan.Seed), 0x6f72646572)) //nolint:gosec // a recorded seed, no secret
	var jobs []Job
	for block := range plan.Trials + plan.Proofs {
		kind := results.Measure
		if block >= plan.Trials {
			kind = results.Proof
		}
		order := rng.Perm(len(plan.Setups))
		turn := map[int]int{} // of each group: that of its first setup
		for at, i := range order {
			if _, seen := turn[group[i]]; !seen {
				turn[group[i]] = at
			}
		}
		if !plan.Apart && kind == results.Measure {
			slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(turn[group[a]], turn[group[b]]) })
		}
		for _, i := range order {
			jobs = append(jobs, Job{
				Setup: plan.Setups[i], Kind: kind, Trial: block + 1, Group: group[i],
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
		of := trialID{t.Cell, t.Trial}
		attempts[of] = max(attempts[of], t.Attempt)
		over[of] = settledForGood(plan, t) // by the last attempt
	}
	jobs := Order(plan)
	for _, j := range jobs {
		// What was measured beside others is measured anew with them.
		if plan.Apart || over[id(j)] || !sideBySide(j) {
			continue
		}
		for _, other := range jobs {
			if together(j, other) {
				over[id(other)] = false
			}
		}
	}
	var left []Job
	for _, j := range jobs {
		if !over[id(j)] {
			j.Attempt = attempts[id(j)] + 1
			left = append(left, j)
		}
	}
	return left
}

// together tells whether two jobs are measured side by side.
func together(a, b Job) bool {
	return a.Block == b.Block && a.Group == b.Group && sideBySide(a) && sideBySide(b)
}

func id(j Job) trialID { return trialID{j.Setup.Cell, j.Trial} }

// trialID tells the trials of a run apart.
type trialID struct {
	cell  string
	trial int
}
