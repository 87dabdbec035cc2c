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

func found(c results.Class, rule string) []results.Finding {
	return []results.Finding{{Class: c, Rule: rule}}
}

func rules(o Outcome) (out []string) {
	for _, f := range o.Findings {
		out = append(out, f.Rule)
	}
	return out
}

func TestWhatIsNotRepeated(t *testing.T) {
	plan := planOf(1, 1, 1)
	died := []results.Remark{{Code: results.CodeDiskDied, Severity: results.Invalid}}
	for name, c := range map[string]struct {
		trial results.Trial
		want  bool
	}{
		"a valid trial":                {results.Trial{Kind: results.Measure, Attempt: 1, Valid: true}, true},
		"an invalid one":               {results.Trial{Kind: results.Measure, Attempt: 1}, false},
		"an invalid one, repeated":     {results.Trial{Kind: results.Measure, Attempt: 2}, true},
		"a violation":                  {results.Trial{Kind: results.Measure, Attempt: 1, Findings: found(results.Safety, results.RuleLost)}, true},
		"a laggard":                    {results.Trial{Kind: results.Measure, Attempt: 1, Findings: found(results.Liveness, results.RuleApplied)}, true},
		"a proof that did not hold":    {results.Trial{Kind: results.Proof, Attempt: 1}, true},
		"a proof whose disk died":      {results.Trial{Kind: results.Proof, Attempt: 1, Remarks: died}, false},
		"one whose disks died twice":   {results.Trial{Kind: results.Proof, Attempt: 2, Remarks: died}, true},
		"an audit that found no fault": {results.Trial{Kind: results.Measure, Attempt: 1, Audit: &results.Audit{}}, false},
	} {
		if got := settled(plan, c.trial); got != c.want {
			t.Errorf("%s: settled is %v, want %v", name, got, c.want)
		}
	}
}

// What an interrupted run had found stays found.
func TestAResumedRunRemembersItsViolations(t *testing.T) {
	done := []results.Trial{{Cell: "c", Trial: 1, Attempt: 1, Kind: results.Measure, Findings: found(results.Safety, results.RuleLost)}}
	tally := newTally(planOf(1, 0, 0), done)
	tally.add(results.Trial{Cell: "c", Trial: 1, Attempt: 2, Kind: results.Measure, Valid: true})
	if got := rules(tally.outcome()); !slices.Equal(got, []string{results.RuleLost}) {
		t.Errorf("got findings %q, want the recorded one", got)
	}
}

// What was only slow may be in time when it is tried again: a resumed run tries
// it, and then its last word counts.
func TestAResumedRunTriesWhatWasOnlySlowAgain(t *testing.T) {
	plan := planOf(1, 0, 0)
	slow := results.Trial{Cell: "c", Trial: 1, Attempt: 1, Kind: results.Measure, Findings: found(results.Liveness, results.RuleApplied)}
	left := remaining(plan, []results.Trial{slow})
	if len(left) != 1 || left[0].Attempt != 2 {
		t.Errorf("got %+v left, want the slow one's second attempt", left)
	}
	tally := newTally(plan, []results.Trial{slow})
	if got := rules(tally.outcome()); !slices.Equal(got, []string{results.RuleApplied}) {
		t.Errorf("got findings %q, want that of the slow trial", got)
	}
	tally.add(results.Trial{Cell: "c", Trial: 1, Attempt: 2, Kind: results.Measure, Valid: true})
	if out := tally.outcome(); len(out.Findings) > 0 || len(out.Starved) > 0 {
		t.Errorf("got %+v, want nothing left to say", out)
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
			tally.add(trial)
		}
		if got := len(tally.outcome().Starved) > 0; got != c.starved {
			t.Errorf("%s: starved is %v, want %v", name, got, c.starved)
		}
	}
}

// Replicas that nobody read may have lost anything.
func TestWhatWasNotReadIsCounted(t *testing.T) {
	audit, holds := &results.Audit{Nodes: 3}, &results.Tested{Answer: results.Holds}
	for name, c := range map[string]struct {
		trial results.Trial
		want  int
	}{
		"audited":                    {results.Trial{Kind: results.Measure, Valid: true, Audit: audit}, 0},
		"not audited":                {results.Trial{Kind: results.Measure, Valid: true}, 1},
		"a store without promise":    {results.Trial{Kind: results.Proof}, 0},
		"judged":                     {results.Trial{Kind: results.SafetyTest, Valid: true, Tested: holds, Audit: audit}, 0},
		"judged, replicas not read":  {results.Trial{Kind: results.SafetyTest, Tested: holds}, 1},
		"replicas read, not decided": {results.Trial{Kind: results.SafetyTest, Tested: &results.Tested{Answer: results.Undecided}, Audit: audit}, 1},
	} {
		if got := newTally(planOf(1, 1, 0), []results.Trial{c.trial}).outcome().Unread; got != c.want {
			t.Errorf("%s: got %d unread, want %d", name, got, c.want)
		}
	}
}
