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
	// Faults of an outage trial, and how many of its setup's stand before them.
	Faults, Before int
	// Block in which the trial stands, from 0, and the part of the block that
	// lives at once, from 0.
	Block, Group int
}

// MostProcesses are the nodes that live at once; a block that would exceed it is
// split.
const MostProcesses = configs.MostProcesses

// NodeMemory is what a node's process takes at most, with some to spare: 65 MiB
// were seen in a cluster of 7, half of it for the delays of its links.
const NodeMemory = 80 << 20

// ProcessesIn is how many node processes may live at once in so much available
// memory, in bytes: they may have half of it, since the host needs its page cache
// for what they write.
func ProcessesIn(available int64) int { return int(min(MostProcesses, available/2/NodeMemory)) }

// groups are what of a block lives at once, as places in the plan's setups. A
// block that is too large for one is split so that neighbours are together, and
// each further part begins with a setup of those before: what is compared across
// parts goes through it. That is the largest that has room beside the part's own
// first setup. What is measured alone is a part by itself.
func groups(plan configs.Plan) [][]int {
	most := cmp.Or(plan.Processes, MostProcesses)
	var out, alone [][]int
	var part []int
	processes := 0
	for i, s := range plan.Setups {
		if !plan.Apart && !s.SideBySide() {
			alone = append(alone, []int{i})
			continue
		}
		if len(part) > 0 && !plan.Apart && processes+s.Nodes > most {
			out = append(out, part)
			part, processes = nil, 0
			if shared, ok := bridge(plan, out, most-s.Nodes); ok {
				part, processes = []int{shared}, plan.Setups[shared].Nodes
			}
		}
		part = append(part, i)
		processes += s.Nodes
	}
	if len(part) > 0 {
		out = append(out, part)
	}
	return append(out, alone...)
}

// bridge is the largest setup of some parts that has no more nodes than there is
// room for; of several as large the last, the new part's neighbour.
func bridge(plan configs.Plan, parts [][]int, room int) (at int, ok bool) {
	for _, part := range parts {
		for _, i := range part {
			if n := plan.Setups[i].Nodes; n <= room && (!ok || n >= plan.Setups[at].Nodes) {
				at, ok = i, true
			}
		}
	}
	return at, ok
}

// Unbridged are the cells of a plan that begin a part of their own, beside which no
// setup of the parts before has room: nothing tells how they differ from those.
func Unbridged(plan configs.Plan) (cells []string) {
	most := cmp.Or(plan.Processes, MostProcesses)
	var before [][]int
	for _, part := range groups(plan) {
		first := plan.Setups[part[0]]
		if plan.Apart || !first.SideBySide() {
			continue
		}
		earlier := func(i int) bool {
			return slices.ContainsFunc(before, func(p []int) bool { return slices.Contains(p, i) })
		}
		if _, ok := bridge(plan, before, most-first.Nodes); len(before) > 0 && !ok && !earlier(part[0]) {
			cells = append(cells, first.Cell)
		}
		before = append(before, part)
	}
	return cells
}

// Order lays a plan out in blocks. Each block holds every cell, one that joins
// two parts in both, in an order shuffled by the plan's seed, so that a host that
// grows slower during a run harms all cells alike. The same plan gives the same
// order. Jobs of one part stand together.
func Order(plan configs.Plan) []Job { return ordered(plan, plan.Trials) }

// ordered is Order with the proofs behind so many blocks: a run that is measured on
// after its proofs keeps what they and all before them were numbered.
func ordered(plan configs.Plan, proofsAfter int) []Job {
	split := groups(plan)
	rng := rand.New(rand.NewPCG(uint64(plan.Seed), 0x6f72646572)) //nolint:gosec // a recorded seed, no secret
	var jobs []Job
	trials := make([]int, len(plan.Setups)) // of each setup, so far
	add := func(setup int, j Job) {
		trials[setup]++
		j.Setup, j.Trial, j.Attempt = plan.Setups[setup], trials[setup], 1
		j.Seed = seed(plan, j.Kind, rng.Uint64())
		jobs = append(jobs, j)
	}
	measure := func(block int) {
		for _, group := range rng.Perm(len(split)) {
			for _, k := range rng.Perm(len(split[group])) {
				add(split[group][k], Job{Kind: results.Measure, Block: block, Group: group})
			}
		}
	}
	for block := range min(proofsAfter, plan.Trials) {
		measure(block)
	}
	for proof := range plan.Proofs {
		for _, setup := range rng.Perm(len(plan.Setups)) {
			add(setup, Job{Kind: results.Proof, Block: proofsAfter + proof})
		}
	}
	next := proofsAfter + plan.Proofs
	for group, setups := range watchGroups(plan) {
		for _, k := range rng.Perm(len(setups)) {
			add(setups[k], Job{Kind: results.Watch, Block: next, Group: group})
		}
	}
	if plan.Watch > 0 {
		next++
	}
	addOutages(plan, rng, func(setup int, j Job) {
		j.Block += next
		add(setup, j)
	})
	next += len(plan.OutageTrials())
	addSafety(plan, rng, func(setup int, j Job) {
		j.Block += next
		add(setup, j)
	})
	for block := proofsAfter; block < plan.Trials; block++ {
		measure(block)
	}
	return jobs
}

// addOutages adds each setup's outage trials, of all setups one before any has two. Those
// of one group live at once; blocks count from 0.
func addOutages(plan configs.Plan, rng *rand.Rand, add func(setup int, j Job)) {
	split, before := plan.OutageGroups(), 0
	for block, faults := range plan.OutageTrials() {
		for _, group := range rng.Perm(len(split)) {
			for _, k := range rng.Perm(len(split[group])) {
				add(split[group][k], Job{Kind: results.Outages, Faults: faults, Before: before, Block: block, Group: group})
			}
		}
		before += faults
	}
}

// addSafety adds each setup's safety trials, of all setups one before any has two. Those
// of one group live at once; blocks count from 0.
func addSafety(plan configs.Plan, rng *rand.Rand, add func(setup int, j Job)) {
	split := configs.SafetyGroups(plan)
	for block := range plan.Safety {
		for _, group := range rng.Perm(len(split)) {
			for _, k := range rng.Perm(len(split[group])) {
				add(split[group][k], Job{Kind: results.SafetyTest, Block: block, Group: group})
			}
		}
	}
}

// seed of a trial. A safety trial's is short, since people write it to have the trial
// again; one that is done again has the seed that was written.
func seed(plan configs.Plan, kind results.TrialKind, drawn uint64) int64 {
	switch {
	case kind != results.SafetyTest:
		return int64(drawn >> 1) //nolint:gosec // 63 bits fit
	case plan.Replay != nil:
		return plan.Replay.Seed
	}
	return int64(drawn >> 32) //nolint:gosec // 32 bits fit
}

// atOnce tells whether two jobs are outage trials, or safety trials, that live at the
// same time.
func atOnce(a, b Job) bool {
	alone := a.Kind != results.Outages && a.Kind != results.SafetyTest
	return !alone && a.Kind == b.Kind && a.Block == b.Block && a.Group == b.Group
}

// remaining leaves out the jobs whose trial is settled on record.
func remaining(plan configs.Plan, done []results.Trial) []Job {
	attempts, over := map[trialID]int{}, map[trialID]bool{}
	for _, t := range done {
		of := trialID{t.Cell, t.Trial}
		attempts[of] = max(attempts[of], t.Attempt)
		over[of] = settledForGood(plan, t) // by the last attempt
	}
	jobs := ordered(plan, proofsAfter(plan, done))
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

// proofsAfter is how many blocks were measured before the first proof on record, or
// whatever else comes after the blocks; all of the plan where there is none.
func proofsAfter(plan configs.Plan, done []results.Trial) int {
	after := plan.Trials
	for _, t := range done {
		if t.Kind != results.Measure && t.Block > 0 {
			after = min(after, t.Block)
		}
	}
	return after
}

// watchGroups are the setups of a plan that are watched at once, as places in it.
func watchGroups(plan configs.Plan) [][]int {
	if plan.Watch == 0 {
		return nil
	}
	return configs.WatchGroups(plan)
}

// together tells whether two jobs are measured, or watched, side by side.
func together(a, b Job) bool {
	return a.Kind == b.Kind && a.Block == b.Block && a.Group == b.Group && sideBySide(a) && sideBySide(b)
}

func id(j Job) trialID { return trialID{j.Setup.Cell, j.Trial} }

// trialID tells the trials of a run apart.
type trialID struct {
	cell  string
	trial int
}
