package bench

import (
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// settled tells whether a trial is not to be repeated: it is valid, it broke a
// promise, it was repeated enough, or it is a proof. A proof that failed is an
// answer; repeated until it holds it would prove nothing.
func settled(plan configs.Plan, t results.Trial) bool {
	return t.Valid || t.Kind == results.Proof || broke(t) || t.Attempt > plan.Retries
}

// broke tells whether a trial's audit has something to object to.
func broke(t results.Trial) bool { return t.Audit != nil && len(t.Audit.Findings) > 0 }

// tally counts how the trials of a run end.
type tally struct {
	plan  configs.Plan
	out   Outcome
	valid map[cellKind]bool
}

// cellKind is one of the two answers that a plan wants of a cell.
type cellKind struct {
	cell string
	kind results.TrialKind
}

// newTally begins with what an interrupted part of the run has on record.
func newTally(plan configs.Plan, done []results.Trial) *tally {
	t := &tally{plan: plan, valid: map[cellKind]bool{}}
	for _, d := range done {
		if broke(d) {
			t.violations(d.Audit.Findings)
		}
		if settled(plan, d) {
			// Whether an invalid trial failed or was judged is not on record.
			t.settle(d, !d.Valid && len(d.Windows) == 0)
		}
	}
	return t
}

func (t *tally) violations(found []string) { t.out.Unsafe = append(t.out.Unsafe, found...) }

func (t *tally) settle(trial results.Trial, failed bool) {
	t.out.Settled++
	if failed {
		t.out.Failed++
	}
	if trial.Valid {
		t.valid[cellKind{trial.Cell, trial.Kind}] = true
	}
}

// outcome names the cells that are left without an answer.
func (t *tally) outcome() Outcome {
	out := t.out
	for _, s := range t.plan.Setups {
		measured := t.plan.Trials == 0 || t.valid[cellKind{s.Cell, results.Measure}]
		proven := t.plan.Proofs == 0 || t.valid[cellKind{s.Cell, results.Proof}]
		if !measured || !proven {
			out.Starved = append(out.Starved, s.Cell)
		}
	}
	return out
}
