package gate

import (
	"slices"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// testedWith makes a safety trial with an answer of the judge's.
func testedWith(number int, answer results.Answer) results.Trial {
	tr := made("n3-x", 3, 0, nil, 1e6)
	tr.Kind, tr.Trial, tr.Windows, tr.Valid = results.SafetyTest, number, nil, answer == results.Holds
	tr.Audit = &results.Audit{Nodes: 3}
	tr.Tested = &results.Tested{Answer: answer, Operations: []results.OperationCount{{Kind: "put", OK: 10}}}
	return tr
}

// A safety trial that nobody judged passes no gate, whatever the others came to.
func TestATrialThatWasNotJudgedIsNoPass(t *testing.T) {
	for name, c := range map[string]struct {
		answers []results.Answer
		want    string
		reason  Reason
	}{
		"both hold":        {[]results.Answer{results.Holds, results.Holds}, "pass", Reason{}},
		"one undecided":    {[]results.Answer{results.Holds, results.Undecided}, "inconclusive", Reason{Code: NotJudged, Got: 1, Want: 2}},
		"one never judged": {[]results.Answer{"", results.Holds}, "inconclusive", Reason{Code: NotJudged, Got: 1, Want: 2}},
		"none":             {[]results.Answer{results.Undecided}, "inconclusive", Reason{Code: NotJudged, Got: 1, Want: 1}},
	} {
		var trials []results.Trial
		for i, a := range c.answers {
			trials = append(trials, testedWith(i+1, a))
		}
		r := evaluated(t, Input{Run: analysed(t, trials)}, "lost_writes == 0")
		told := slices.ContainsFunc(r.Verdicts, func(v Verdict) bool { return slices.Contains(v.Reasons, c.reason) })
		if r.Answer != c.want || told != (c.reason != Reason{}) {
			t.Errorf("%s: got %s, %+v; want %s since %+v", name, r.Answer, r.Verdicts, c.want, c.reason)
		}
		for _, v := range r.Verdicts {
			if v.Rule == "lost_writes == 0" && len(c.answers) == 1 && v.Answer == "pass" {
				t.Errorf("%s: got %+v, want no pass of what nobody looked for", name, v)
			}
		}
	}
}

// An attempt that was cut off and that nobody could judge passes no gate, though another
// stands for it and holds.
func TestAnAttemptThatNobodyCouldJudgeIsNoPass(t *testing.T) {
	tr := testedWith(1, results.Holds)
	tr.Attempt, tr.Tested.UnjudgedAttempts = 2, []string{"trials/n3-x-1/history-unjudged-1.jsonl"}
	r := evaluated(t, Input{Run: analysed(t, []results.Trial{tr})}, "lost_writes == 0")
	told := slices.ContainsFunc(r.Verdicts, func(v Verdict) bool { return slices.Contains(v.Reasons, Reason{Code: AttemptsNotJudged, Got: 1}) })
	if r.Answer != "inconclusive" || !told {
		t.Errorf("got %s, %+v; want it told, and no pass", r.Answer, r.Verdicts)
	}
}

// The built-in rules pass a run of safety trials that all hold, and no other: they ask
// nothing of proofs that such a run does not make. Rules of one's own do.
func TestTheBuiltInRulesJudgeARunOfSafetyTrials(t *testing.T) {
	builtIn, err := Load(Safety)
	if err != nil {
		t.Fatal(err)
	}
	for want, answers := range map[string][]results.Answer{
		"pass": {results.Holds, results.Holds}, "inconclusive": {results.Holds, results.Undecided},
	} {
		var trials []results.Trial
		for i, a := range answers {
			trials = append(trials, testedWith(i+1, a))
		}
		r, err := Evaluate(builtIn, Input{Run: analysed(t, trials)})
		if err != nil || r.Answer != want || len(r.Verdicts) < 3 {
			t.Errorf("%v: got %s with %+v (%v), want %s", answers, r.Answer, r.Verdicts, err, want)
		}
	}
	r := evaluated(t, Input{Run: analysed(t, []results.Trial{testedWith(1, results.Holds)})}, "survived == tolerates")
	if r.Answer != "inconclusive" {
		t.Errorf("a rule about proofs that somebody wrote: got %s, want inconclusive", r.Answer)
	}
}
