package summary

import (
	"reflect"
	"testing"

	"github.com/raftbench/raftbench/results"
)

func testedTrial(number int, answer results.Answer, findings ...results.Finding) results.Trial {
	t := results.Trial{
		SchemaVersion: results.SchemaVersion, Cell: "n3-hashicorp-none", Trial: number, Kind: results.SafetyTest, Attempt: 1, Seed: int64(100 + number),
		Nodes: 3, Engine: "hashicorp", Profile: "none", Durable: true, Findings: findings, Valid: answer == results.Holds && len(findings) == 0,
		Audit: &results.Audit{Nodes: 3},
		Tested: &results.Tested{
			Answer: answer, Faults: map[string]int{"kill": 2, "pause": 1}, NotDone: 1, Snapshots: number - 1, Installs: 1, Restarts: 3, Restores: 2, Nemesis: 1,
			Operations: []results.OperationCount{{Kind: "put", OK: 10, Unknown: 1}, {Kind: "get", OK: 20, Rejected: 2}},
			Staleness:  &results.Staleness{Reads: 10, Stale: 4, BehindP50: int64(number), BehindP99: 5, BehindMax: int64(10 * number), AgeMaxNS: int64(number)},
		},
	}
	return t
}

// Each trial is one answer; what was found counts before whatever the judge said, and
// the seeds of those in which something was found stand apart from those that nobody
// judged.
func TestSafetyTrialsAreSummed(t *testing.T) {
	failed := testedTrial(5, results.Holds)
	failed.Valid, failed.Remarks = false, []results.Remark{{Code: results.CodeFailed, Severity: results.Invalid}}
	run := &results.Run{Trials: []results.Trial{
		testedTrial(1, results.Holds),
		testedTrial(2, results.Violated, results.Finding{Class: results.Safety, Rule: results.RuleLost}),
		testedTrial(3, results.Undecided),
		testedTrial(4, results.Holds, results.Finding{Class: results.Liveness, Rule: results.RuleStuck}),
		failed,
	}}
	s, err := Build(run)
	if err != nil {
		t.Fatal(err)
	}
	want := &Tested{
		Trials: 5, Holds: 2, Violated: 1, Undecided: 1, Failed: 1, Stuck: 1, Operations: 5 * 33,
		Kinds:  []results.OperationCount{{Kind: "get", OK: 100, Rejected: 10}, {Kind: "put", OK: 50, Unknown: 5}},
		Faults: map[string]int{"kill": 10, "pause": 5}, NotDone: 5, Snapshots: 10, Installs: 5, Restarts: 15, Restores: 10, Unforced: 1, Nemesis: 1,
		Staleness: &results.Staleness{Reads: 50, Stale: 20, BehindP50: 3, BehindP99: 5, BehindMax: 50, AgeMaxNS: 5},
		Seeds:     []int64{102, 104}, UnjudgedSeeds: []int64{103, 105},
	}
	if got := s.Cells[0].Tested; !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if valid, all := s.Cells[0].TrialsOf(results.SafetyTest); valid != 2 || all != 5 {
		t.Errorf("%d of %d hold, want 2 of 5", valid, all)
	}
}

// That replicas hold the same says nothing of what all of them lost: only the judge's
// answer does, and only where the replicas were read for it and the trial ended well.
func TestASafetyTrialIsAuditedWhereItWasJudged(t *testing.T) {
	unread, failed, dead := testedTrial(1, results.Holds, results.Finding{Class: results.Liveness, Rule: results.RuleDied}), testedTrial(1, results.Holds), testedTrial(1, "")
	unread.Audit, dead.Tested = nil, nil
	failed.Valid, failed.Remarks = false, []results.Remark{{Code: results.CodeFailed, Severity: results.Invalid}}
	for name, c := range map[string]struct {
		trial results.Trial
		want  int
	}{
		"holds":             {testedTrial(1, results.Holds), 1},
		"violated":          {testedTrial(1, results.Violated, results.Finding{Class: results.Safety, Rule: results.RuleLost}), 1},
		"undecided":         {testedTrial(1, results.Undecided), 0},
		"replicas not read": {unread, 0},
		"not ended":         {failed, 0},
		"not tested":        {dead, 0},
	} {
		s, err := Build(&results.Run{Trials: []results.Trial{c.trial}})
		if err != nil {
			t.Fatal(err)
		}
		got := s.Cells[0]
		if got.Faults.Audited != c.want || got.Tested.Holds+got.Tested.Violated != c.want {
			t.Errorf("%s: got %d audited, %+v, want %d judged", name, got.Faults.Audited, got.Tested, c.want)
		}
	}
}
