package bench

import (
	"cmp"
	"maps"
	"slices"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// settled tells whether a trial is not to be repeated in the same run: it is
// valid, it found what Raft does not allow, it was repeated enough, it was
// measured beside others (it drops out of its block, and the others stay), or it
// is a proof, or times outages, or its clients were told something. A proof that failed is
// an answer, and so is what clients were told; repeated until it holds it would prove
// nothing. One whose disk died is none.
func settled(plan configs.Plan, t results.Trial) bool {
	answered := t.Kind == results.Proof || t.Kind == results.Outages || len(t.Findings) > 0 || t.Tested != nil
	return t.Valid || len(t.Beside) > 0 || answered && !voided(t) || t.Attempt > plan.Retries
}

// settledForGood tells likewise of a run that is resumed: what found nothing
// worse than slowness may find none now. What a safety trial found stands: another
// attempt has other interleavings, and would take the place of its evidence.
func settledForGood(plan configs.Plan, t results.Trial) bool {
	return settled(plan, t) && (t.Kind == results.SafetyTest || !t.Has(results.Liveness) || t.Has(results.Safety))
}

// undecided tells of a safety trial whose history nobody could judge in time. That
// another of the same seed is decided would say nothing of this one.
func undecided(t results.Trial) bool { return t.Tested != nil && t.Tested.Answer == results.Undecided }

// failed tells whether a trial did not get to its end; others may be invalid by
// what they measured.
func failed(t results.Trial) bool {
	return voided(t) || slices.ContainsFunc(t.Remarks, func(m results.Remark) bool { return m.Code == results.CodeFailed })
}

// unread tells of a trial of which nobody knows whether it lost anything. Proofs of a
// store that promises nothing are not asked.
func unread(t results.Trial) bool {
	switch {
	case t.Kind == results.SafetyTest:
		return t.Judgement() != results.Holds
	case t.Kind == results.Proof && !t.Durable:
		return false
	}
	return t.Audit == nil
}

// tally counts how the trials of a run end.
type tally struct {
	plan  configs.Plan
	out   Outcome
	valid map[cellKind]bool
	// slow are the findings on liveness, by trial: a later attempt without any
	// takes the place of one with.
	slow map[trialID][]results.Finding
}

// cellKind is one of the answers that a plan wants of a cell.
type cellKind struct {
	cell string
	kind results.TrialKind
}

// newTally begins with what an interrupted part of the run has on record.
func newTally(plan configs.Plan, done []results.Trial) *tally {
	t := &tally{plan: plan, valid: map[cellKind]bool{}, slow: map[trialID][]results.Finding{}}
	for _, d := range done {
		t.add(d)
	}
	return t
}

// add takes a trial, settled or not.
func (t *tally) add(trial results.Trial) {
	id := trialID{trial.Cell, trial.Trial}
	delete(t.slow, id)
	for _, f := range trial.Findings {
		if f.Class == results.Safety {
			t.out.Findings = append(t.out.Findings, f)
		} else {
			t.slow[id] = append(t.slow[id], f)
		}
	}
	if trial.Has(results.Safety) {
		t.out.Evidence = append(t.out.Evidence, results.TrialFolder(trial.Cell, trial.Trial))
	}
	if !settled(t.plan, trial) {
		return
	}
	t.out.Settled++
	if failed(trial) {
		t.out.Failed++
	}
	if unread(trial) {
		t.out.Unread++
	}
	if undecided(trial) {
		t.out.Undecided = append(t.out.Undecided, trial.Tested.History)
	}
	if trial.Tested != nil {
		t.out.Undecided = append(t.out.Undecided, trial.Tested.UnjudgedAttempts...)
	}
	if trial.Kind == results.SafetyTest {
		t.again(trial)
		t.unjudged(trial)
	}
	if trial.Valid {
		t.valid[cellKind{trial.Cell, trial.Kind}] = true
	}
}

// again keeps a safety trial that is worth doing again, by the worst that it found.
func (t *tally) again(trial results.Trial) {
	one := configs.Replay{Cell: trial.Cell, Seed: trial.Seed}
	switch {
	case trial.Has(results.Safety):
		t.out.Unsafe = append(t.out.Unsafe, one)
	case len(trial.Findings) > 0:
		t.out.Stuck = append(t.out.Stuck, one)
	}
}

// unjudged keeps a safety trial that came to no answer for another reason than time, and
// in which nothing was found: hundreds that hold beside it say nothing of it.
func (t *tally) unjudged(trial results.Trial) {
	if !trial.Valid && len(trial.Findings) == 0 && !undecided(trial) {
		t.out.Unjudged = append(t.out.Unjudged, configs.Replay{Cell: trial.Cell, Seed: trial.Seed})
	}
}

// outcome names the cells that are left without an answer.
func (t *tally) outcome() Outcome {
	out := t.out
	for _, id := range slices.SortedFunc(maps.Keys(t.slow), func(a, b trialID) int {
		return cmp.Or(cmp.Compare(a.cell, b.cell), cmp.Compare(a.trial, b.trial))
	}) {
		out.Findings = append(out.Findings, t.slow[id]...)
	}
	for _, s := range t.plan.Setups {
		measured := t.plan.Trials == 0 && !adaptive(t.plan) || t.valid[cellKind{s.Cell, results.Measure}]
		proven := t.plan.Proofs == 0 || t.valid[cellKind{s.Cell, results.Proof}]
		watched := !t.plan.Watches(s) || t.valid[cellKind{s.Cell, results.Watch}]
		timed := t.plan.OutagesOf(s) == 0 || t.valid[cellKind{s.Cell, results.Outages}]
		tested := t.plan.SafetyOf(s) == 0 || t.valid[cellKind{s.Cell, results.SafetyTest}]
		if !measured || !proven || !watched || !timed || !tested {
			out.Starved = append(out.Starved, s.Cell)
		}
	}
	return out
}
