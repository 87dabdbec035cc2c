package bench

import (
	"slices"
	"testing"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

func planOf(trials, proofs, retries int) configs.Plan {
	return configs.Plan{Trials: trials, Proofs: proofs, Retries: retries, Setups: []configs.Setup{{Cell: "c"}}}
}

func objection() *results.Audit { return &results.Audit{Findings: []string{"lost write"}} }

func TestWhatIsNotRepeated(t *testing.T) {
	plan := planOf(1, 1, 1)
	for name, c := range map[string]struct {
		trial results.Trial
		want  bool
	}{
		"a valid trial":                {results.Trial{Kind: results.Measure, Attempt: 1, Valid: true}, true},
		"an invalid one":               {results.Trial{Kind: results.Measure, Attempt: 1}, false},
		"an invalid one, repeated":     {results.Trial{Kind: results.Measure, Attempt: 2}, true},
		"a violation":                  {results.Trial{Kind: results.Measure, Attempt: 1, Audit: objection()}, true},
		"a proof that did not hold":    {results.Trial{Kind: results.Proof, Attempt: 1}, true},
		"an audit that found no fault": {results.Trial{Kind: results.Measure, Attempt: 1, Audit: &results.Audit{}}, false},
	} {
		if got := settled(plan, c.trial); got != c.want {
			t.Errorf("%s: settled is %v, want %v", name, got, c.want)
		}
	}
}

// What an interrupted run had found stays found.
func TestAResumedRunRemembersItsViolations(t *testing.T) {
	done := []results.Trial{{Cell: "c", Trial: 1, Attempt: 1, Kind: results.Measure, Audit: objection()}}
	out := newTally(planOf(1, 0, 0), done).outcome()
	if !slices.Equal(out.Unsafe, []string{"lost write"}) {
		t.Errorf("got violations %q, want the recorded one", out.Unsafe)
	}
}

func TestCellsWithoutAnAnswerAreNamed(t *testing.T) {
	valid := func(kind results.TrialKind) results.Trial {
		return results.Trial{Cell: "c", Kind: kind, Valid: true, Windows: []results.Window{{}}}
	}
	for name, c := range map[string]struct {
		plan    configs.Plan
		trials  []results.Trial
		starved bool
	}{
		"measured, proven":              {planOf(1, 1, 0), []results.Trial{valid(results.Measure), valid(results.Proof)}, false},
		"measured, not proven":          {planOf(1, 1, 0), []results.Trial{valid(results.Measure), {Cell: "c", Kind: results.Proof}}, true},
		"only to be proven, and was":    {planOf(0, 1, 0), []results.Trial{valid(results.Proof)}, false},
		"only to be proven, and failed": {planOf(0, 1, 0), []results.Trial{{Cell: "c", Kind: results.Proof}}, true},
		"only to be measured, and was":  {planOf(1, 0, 0), []results.Trial{valid(results.Measure)}, false},
	} {
		tally := newTally(c.plan, nil)
		for _, trial := range c.trials {
			tally.settle(trial, false)
		}
		if got := len(tally.outcome().Starved) > 0; got != c.starved {
			t.Errorf("%s: starved is %v, want %v", name, got, c.starved)
		}
	}
}
