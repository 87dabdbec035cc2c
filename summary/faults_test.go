package summary

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/results"
)

var (
	differ = results.Finding{Class: results.Safety, Rule: results.RuleHash, Node: "n2", Got: "1", Want: "2"}
	gone   = results.Finding{Class: results.Safety, Rule: results.RuleLost, Key: "k7", Got: "nothing", Want: "version 3"}
	behind = results.Finding{Class: results.Liveness, Rule: results.RuleApplied, Node: "n3", Got: "120", Want: "900"}
)

func TestFaultsAreTheWorst(t *testing.T) {
	good := results.ProofResult{Killed: []string{"n1", "n2"}, Survived: 1, BlockedAt: 2}
	dies := results.ProofResult{Killed: []string{"n1"}}
	leaks := results.ProofResult{Killed: []string{"n1", "n2"}, Survived: 1}
	none := results.ProofResult{}
	for name, c := range map[string]struct {
		trials            []results.Trial
		survived, blocked *int
		lost              int64
	}{
		"all well":                         {[]results.Trial{proofTrial(1, good)}, ptr(1), ptr(2), 0},
		"none tried":                       {[]results.Trial{trial(1, 1, 1)}, nil, nil, 0},
		"one did not survive":              {[]results.Trial{proofTrial(1, good), proofTrial(2, dies)}, ptr(0), ptr(2), 0},
		"one did not block":                {[]results.Trial{proofTrial(1, good), proofTrial(2, leaks)}, ptr(1), ptr(0), 0},
		"one never booted":                 {[]results.Trial{proofTrial(1, good), proofTrial(2, none)}, ptr(1), ptr(2), 0},
		"held, but not valid":              {[]results.Trial{invalid(proofTrial(1, good))}, nil, nil, 0},
		"died, and not valid":              {[]results.Trial{invalid(proofTrial(1, dies))}, ptr(0), nil, 0},
		"leaked, and not valid":            {[]results.Trial{invalid(proofTrial(1, leaks))}, nil, ptr(0), 0},
		"died, then repeated until it did": {[]results.Trial{invalid(proofTrial(1, dies)), again(proofTrial(1, good))}, ptr(0), ptr(2), 0},
		"never tried, then repeated":       {[]results.Trial{invalid(proofTrial(1, none)), again(proofTrial(1, good))}, ptr(1), ptr(2), 0},
		"a loss, told twice":               {[]results.Trial{withAudit(proofTrial(1, results.ProofResult{Lost: 3}), 3)}, nil, nil, 3},
		"a loss while measuring":           {[]results.Trial{withAudit(trial(1, 1, 1), 2)}, nil, nil, 2},
		"a store without promise":          {[]results.Trial{notDurable(withAudit(proofTrial(1, good), 9))}, ptr(1), ptr(2), 0},
	} {
		t.Run(name, func(t *testing.T) {
			want := Faults{Survived: c.survived, BlockedAt: c.blocked, LostWrites: c.lost, Safety: []Findings{}, Liveness: []Findings{}}
			got := cellOf(t, c.trials...).Faults
			got.Audited, got.Unaudited, got.Recovered = 0, 0, nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Safety and liveness are told apart, over all attempts: repeated until it goes
// well, nothing is undone.
func TestFindingsAreCountedByClassAndRule(t *testing.T) {
	f := cellOf(t,
		withAudit(trial(1, 1, 1), 1, gone, differ, behind),
		again(trial(1, 1, 1)),
		withAudit(trial(2, 1, 1), 0, differ),
		withAudit(proofTrial(3, results.ProofResult{}), 0, behind),
	).Faults
	want := Faults{
		LostWrites: 1, Audited: 3, Unaudited: 1, Safety: []Findings{{results.RuleHash, 2, differ}, {results.RuleLost, 1, gone}},
		Liveness: []Findings{{results.RuleApplied, 2, behind}},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
}

// A proof holds to its end only where all came back and an audit found what was
// acknowledged.
func TestRecoveryIsProvenByRestartAndAudit(t *testing.T) {
	back := results.ProofResult{Killed: []string{"n1", "n2"}, Survived: 1, BlockedAt: 2, Recovered: true}
	stayed := back
	stayed.Recovered = false
	whole := withAudit(proofTrial(1, back), 0)
	unseen, one := withAudit(proofTrial(1, back), 0), withAudit(proofTrial(1, back), 0)
	unseen.Proof.Disks, one.Proof.Disks = nil, one.Proof.Disks[:1]
	for name, c := range map[string]struct {
		trials []results.Trial
		want   *bool
	}{
		"all well":           {[]results.Trial{whole}, ptr(true)},
		"none tried":         {[]results.Trial{trial(1, 1, 1)}, nil},
		"not valid":          {[]results.Trial{invalid(whole)}, nil},
		"not audited":        {[]results.Trial{proofTrial(1, back)}, ptr(false)},
		"not restarted":      {[]results.Trial{withAudit(proofTrial(1, stayed), 0)}, ptr(false)},
		"not durable":        {[]results.Trial{notDurable(proofTrial(1, stayed))}, ptr(false)},
		"one of two did not": {[]results.Trial{withAudit(proofTrial(1, stayed), 0), withAudit(proofTrial(2, back), 0)}, ptr(false)},
		"no disk looked at":  {[]results.Trial{unseen}, ptr(false)},
		"one disk of three":  {[]results.Trial{one}, ptr(false)},
		"lost writes":        {[]results.Trial{withAudit(proofTrial(1, back), 3)}, ptr(false)},
	} {
		if diff := cmp.Diff(c.want, cellOf(t, c.trials...).Faults.Recovered); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestProofsAreCounted(t *testing.T) {
	dead := results.ProofResult{}
	c := cellOf(t, trial(1, 1, 1), invalid(proofTrial(2, dead)), again(proofTrial(2, dead)), invalid(proofTrial(3, dead)))
	if c.Proofs != 2 || c.ValidProofs != 1 || c.Trials != 1 {
		t.Errorf("got %d proofs, %d of them valid, and %d trials, want 2, 1 and 1", c.Proofs, c.ValidProofs, c.Trials)
	}
}

func TestAuditsAreCounted(t *testing.T) {
	keepsNothing := notDurable(withAudit(proofTrial(3, results.ProofResult{}), 0))
	got := cellOf(t, trial(1, 1, 1), withAudit(trial(2, 1, 1), 0), keepsNothing).Faults.Audited
	if got != 1 {
		t.Errorf("one audit, one trial without, one that promised nothing: got %d audited, want 1", got)
	}
}
