package bench

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// adaptiveRunner measures until so many blocks are on record, and proves.
func adaptiveRunner(t *testing.T, enough int, budget time.Duration) *Runner {
	t.Helper()
	runner := besideRunner(t, nil)
	runner.Plan.Trials, runner.Plan.Proofs = 0, 1
	runner.Plan.Precision, runner.Plan.Budget = 0.02, budget
	runner.Outlook = func(trials []results.Trial) (Outlook, error) {
		blocks := blocksOf(trials)
		return Outlook{Blocks: blocks, Needs: enough, Reached: blocks >= enough}, nil
	}
	return runner
}

func count(trials []results.Trial) (measured, proofs int) {
	for _, t := range trials {
		if t.Kind == results.Proof {
			proofs++
		} else {
			measured++
		}
	}
	return measured, proofs
}

func TestBlocksAreAddedUntilThePrecisionIsReached(t *testing.T) {
	runner := adaptiveRunner(t, 3, time.Hour)
	var last *Outlook
	runner.Progress = func(p Progress) {
		if p.Outlook != nil {
			last = p.Outlook
		}
	}
	out, err := runner.Run(t.Context())
	if err != nil || len(out.Starved) > 0 {
		t.Fatalf("got %+v, %v", out, err)
	}
	if measured, proofs := count(recorded(t, runner)); measured != 3*2 || proofs != 2 {
		t.Errorf("got %d measuring trials and %d proofs, want 6 and 2", measured, proofs)
	}
	if last == nil || !last.Reached || last.Takes <= 0 || last.Fits < 3 {
		t.Errorf("got %+v, want it reached, with what a block takes", last)
	}
}

// A budget that has no room for another block ends the measuring; what proves
// still runs.
func TestTheBudgetEndsTheMeasuring(t *testing.T) {
	t.Parallel() // it counts trials, valid or not
	runner := adaptiveRunner(t, 1000, time.Second)
	if _, err := runner.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if measured, proofs := count(recorded(t, runner)); measured != 2 || proofs != 2 {
		t.Errorf("got %d measuring trials and %d proofs, want one block of 2, and 2", measured, proofs)
	}
}

func TestAResumedRunGoesOnTowardsThePrecision(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	runner := adaptiveRunner(t, 2, time.Hour)
	runner.Progress = func(p Progress) {
		if p.Job.Block == 1 && p.Stage == results.WindowCalm {
			interrupt()
		}
	}
	if _, err := runner.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the interruption", err)
	}
	runner.Done, runner.Progress = recorded(t, runner), nil
	if trials, takes := Left(runner.Plan, runner.Done); len(runner.Done) != 2 || trials < 2 || takes <= 0 {
		t.Fatalf("%d trials on record, %d left for %v; want the first block, and more to come", len(runner.Done), trials, takes)
	}
	if _, err := runner.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := recorded(t, runner)
	if measured, proofs := count(all); measured != 2*2 || proofs != 2 {
		t.Errorf("got %d measuring trials and %d proofs, want 4 and 2", measured, proofs)
	}
	// Nothing is added once it is over.
	runner.Done = all
	if _, err := runner.Run(t.Context()); err != nil || len(recorded(t, runner)) != len(all) {
		t.Errorf("a finished run went on to %d trials: %v", len(recorded(t, runner)), err)
	}
}

// A run that was over, proofs and all, is measured on where more is asked of it; its
// trials keep their numbers, and the proofs are not made anew.
func TestARunIsMeasuredOnAfterItsProofs(t *testing.T) {
	t.Parallel()
	runner := adaptiveRunner(t, 1, time.Hour)
	if _, err := runner.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := recorded(t, runner)
	runner.Done, runner.MeasureOn = first, true
	runner.Outlook = func(trials []results.Trial) (Outlook, error) {
		blocks := blocksOf(trials)
		return Outlook{Blocks: blocks, Needs: 2, Reached: blocks >= 2}, nil
	}
	if _, err := runner.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := recorded(t, runner)
	if measured, proofs := count(all); measured != 2*2 || proofs != 2 || len(all) != 6 {
		t.Errorf("got %d measuring trials and %d proofs, want 4 and 2", measured, proofs)
	}
	seen := map[trialID]bool{}
	for i, tr := range all {
		of := trialID{tr.Cell, tr.Trial}
		if seen[of] || i < len(first) && (first[i].Cell != tr.Cell || first[i].Trial != tr.Trial) {
			t.Errorf("trial %d of %s stands twice, or is not what it was", tr.Trial, tr.Cell)
		}
		seen[of] = true
	}
	runner.Done, runner.MeasureOn = all, false
	if _, err := runner.Run(t.Context()); err != nil || len(recorded(t, runner)) != len(all) {
		t.Errorf("resumed, it went on to %d trials: %v", len(recorded(t, runner)), err)
	}
}
