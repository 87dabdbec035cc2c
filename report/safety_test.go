package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

func testedRun(answers ...results.Answer) *results.Run {
	run := &results.Run{Environment: results.Environment{RunID: "r"}}
	for i, answer := range answers {
		t := results.Trial{
			SchemaVersion: results.SchemaVersion, Cell: "n3-hashicorp-none", Trial: i + 1, Kind: results.SafetyTest, Attempt: 1, Seed: int64(7 + i),
			Nodes: 3, Engine: "hashicorp", Profile: "none", Durable: true, Valid: answer == results.Holds, Audit: &results.Audit{Nodes: 3},
			Tested: &results.Tested{
				Answer: answer, Faults: map[string]int{"kill": 5, "pause": 2}, NotDone: 1, Snapshots: 8, Installs: 2, Restarts: 5, Restores: 4,
				Operations: []results.OperationCount{{Kind: "put", OK: 2000, Unknown: 20}},
				Staleness:  &results.Staleness{Reads: 100, Stale: 25, BehindP50: 0, BehindP99: 12, BehindMax: 300, AgeP99NS: 2e6, AgeMaxNS: 5e8},
			},
		}
		if answer == results.Violated {
			t.Findings = []results.Finding{{Class: results.Safety, Rule: results.RuleLost, Got: "revision 3", Want: "4"}}
		}
		run.Trials = append(run.Trials, t)
	}
	return run
}

func safetyText(t *testing.T, answers ...results.Answer) string {
	t.Helper()
	return textOf(t, testedRun(answers...))
}

func textOf(t *testing.T, run *results.Run) string {
	t.Helper()
	a, err := summary.Analyse(run)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := New(run, a, Options{}).Table(&out, Terminal{Width: 200}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// A run of safety trials alone answers what it was for: how many hold, of how many
// operations, under what; how stale reads were; and no table of costs.
func TestASafetyRunAnswersWhatItWasFor(t *testing.T) {
	text := safetyText(t, results.Holds, results.Holds)
	for _, want := range []string{
		"safe in 2 of 2 trials: one order explains all of 4,040 operations under 14 faults",
		"faults done: kill 10, pause 4; 2 more were not done",
		"by 0 revisions at the median", "trials in which nothing was found are removed",
		"25 % of 200 serializable reads were stale: by 0 revisions at the median of all, 12 at the 99th percentile, 300 at most",
		"--replay SETUP:SEED",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	for _, not := range []string{"What each size buys", "Medians over trials", "undecided"} {
		if strings.Contains(text, not) {
			t.Errorf("%q in\n%s", not, text)
		}
	}
}

// What was found leads, and names the seeds; what was not decided is no pass.
func TestASafetyRunTellsWhatDidNotHold(t *testing.T) {
	text := safetyText(t, results.Holds, results.Violated)
	for _, want := range []string{"SAFETY VIOLATED, 3 nodes: an acknowledged write is gone", "SAFETY VIOLATED in 1 of 2 trials", "--replay n3-hashicorp-none:SEED: 8."} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	if text := safetyText(t, results.Holds, results.Undecided); !strings.Contains(text, "not decided in 1 of 2 trials, which is no pass") {
		t.Errorf("got\n%s", text)
	}
	text = safetyText(t, results.Violated, results.Holds, "")
	for _, want := range []string{"seeds that did not hold, each to be played again with --replay n3-hashicorp-none:SEED: 7.", "seeds that were not judged, each to be played again with --replay n3-hashicorp-none:SEED: 9."} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
}

// What was begun and failed is told apart from what was not done, and an attempt that
// nobody could judge from the trials that hold.
func TestASafetyRunTellsWhatFailedAndWhatNobodyJudged(t *testing.T) {
	run := testedRun(results.Holds, results.Holds)
	run.Trials[0].Tested.FaultsFailed = 3
	run.Trials[1].Tested.UnjudgedAttempts = []string{"trials/n3-hashicorp-none-2/history-unjudged-1.jsonl"}
	text := textOf(t, run)
	for _, want := range []string{
		"2 more were not done, such as where nobody led, or whom they were meant for was dead, or the load had ended; 3 more were begun and failed: trials.jsonl says why.",
		"under 14 faults; 1 attempt before was not judged.",
		"1 attempt did not come to an end, and nobody could judge what clients were told by then: RUN/trials/n3-hashicorp-none-TRIAL has it",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	a, err := summary.Analyse(run)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := New(run, a, Options{}).safetyClosing(), "3 nodes: safe in 2 of 2 trials; 1 attempt not judged."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What a node said in several lines is told in one, with a mark between them.
func TestErrorsThatComeTogetherHaveAMarkBetweenThem(t *testing.T) {
	got := facts.Finding(results.Finding{Rule: results.RuleUnreadable, Node: "n2", Got: "could not start: no such log\nport 1 is closed:\n  in use\n", Want: "its data"})
	if want := "a node cannot open its own data (n2: got could not start: no such log; port 1 is closed: in use, wanted its data)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A safety run whose disks' power was to be cut, and was not, says so in its answer.
func TestASafetyRunThatCutNoPowerProvesNoSurvival(t *testing.T) {
	run := testedRun(results.Holds, results.Holds)
	with(run.Trials, uncut)
	text := textOf(t, run)
	for _, want := range []string{
		"under 14 faults. That they survive a loss of power is not proven.",
		"2 more were not done, such as where no power could be cut: trials.jsonl says why",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	if text := safetyText(t, results.Holds); strings.Contains(text, "power") {
		t.Errorf("nobody asked for a loss of power:\n%s", text)
	}
}

// Every safety trial is a line for other programs, in the folder that a report writes;
// a run without any has no such file.
func TestEverySafetyTrialIsALine(t *testing.T) {
	run := testedRun(results.Holds, results.Violated)
	run.Trials[1].Findings = append(run.Trials[1].Findings, run.Trials[1].Findings[0])
	run.Trials = append(run.Trials, results.Trial{
		SchemaVersion: results.SchemaVersion, Cell: "n3-hashicorp-none", Trial: 3, Kind: results.SafetyTest, Attempt: 1, Seed: 9, Nodes: 3,
	})
	a, err := summary.Analyse(run)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := New(run, a, Options{}).Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, safetyFile))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join(safetyHead, ",") + `
r,n3-hashicorp-none,3,1,1,7,true,holds,,0,2000,0,20,put=2000/0/20,7,kill=5;pause=2,1,0,0,8,2,5,4,100,25,0,12,300,0,2000000,500000000,,0
r,n3-hashicorp-none,3,2,1,8,false,violated,safety:lost-write,0,2000,0,20,put=2000/0/20,7,kill=5;pause=2,1,0,0,8,2,5,4,100,25,0,12,300,0,2000000,500000000,,0
r,n3-hashicorp-none,3,3,1,9,false,,,,,,,,,,,,,,,,,,,,,,,,,,
`
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	none := &Report{run: &results.Run{}}
	if files, err := none.safetyFiles(); err != nil || len(files) > 0 {
		t.Errorf("of a run without safety trials: got %v, %v", files, err)
	}
}

// A run that did not decide everything does not close with a setup that is safe, and the
// closing line cuts no reservation.
func TestASafetyRunClosesWithTheWorst(t *testing.T) {
	sized := func(nodes int, answers ...results.Answer) []results.Trial {
		trials := testedRun(answers...).Trials
		for i := range trials {
			trials[i].Cell, trials[i].Nodes = fmt.Sprintf("n%d-hashicorp-none", nodes), nodes
		}
		return trials
	}
	late := results.Finding{Class: results.Liveness, Rule: results.RuleApplied, Node: "n2", Got: "index 7", Want: "index 9"}
	for want, trials := range map[string][]results.Trial{
		"5 nodes: not decided in 1 of 1 trial, which is no pass.":              slices.Concat(sized(3, results.Holds), sized(5, results.Undecided)),
		"5 nodes: none of 1 trial came to be judged, which is no pass.":        slices.Concat(sized(3, results.Holds), sized(5, "")),
		"5 nodes: SAFETY VIOLATED in 1 of 1 trial.":                            slices.Concat(sized(3, results.Undecided), sized(5, results.Violated)),
		"5 nodes: safe in 1 of 2 trials; 1 not judged.":                        slices.Concat(sized(3, results.Holds), sized(5, results.Holds, "")),
		"3 and 5 nodes: safe in 2 of 2 trials.":                                slices.Concat(sized(3, results.Holds), sized(5, results.Holds)),
		"3 nodes: safe in 1 of 1 trial; 1 did not go on.":                      with(sized(3, results.Holds), func(t *results.Trial) { t.Findings = []results.Finding{late} }),
		"3 and 5 nodes: safe in 2 of 2 trials; power loss not proven.":         with(slices.Concat(sized(3, results.Holds), sized(5, results.Holds)), uncut),
		"5 nodes: safe in 1 of 2 trials; 1 not judged; power loss not proven.": with(sized(5, results.Holds, ""), uncut),
	} {
		run := &results.Run{Environment: results.Environment{RunID: "r"}, Trials: trials}
		a, err := summary.Analyse(run)
		if err != nil {
			t.Fatal(err)
		}
		if got := New(run, a, Options{}).Closing(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Where everything was kept, nothing is said to be removed, and one of a thing is not
// many.
func TestHistoriesThatAreKeptAreNotSaidToBeRemoved(t *testing.T) {
	run := testedRun(results.Holds)
	run.Trials[0].Tested.History = "trials/n3-hashicorp-none-1/history.jsonl"
	run.Trials[0].Tested.Staleness.BehindP50 = 1
	text := textOf(t, run)
	for _, want := range []string{"Histories, their pictures and logs stand in RUN/trials/SETUP-TRIAL.", "stale: by 1 revision at", "1 more was not done"} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "removed") {
		t.Errorf("nothing was removed:\n%s", text)
	}
}

func with(trials []results.Trial, do func(*results.Trial)) []results.Trial {
	for i := range trials {
		do(&trials[i])
	}
	return trials
}

func uncut(t *results.Trial) {
	t.PowerLoss = true
	t.Remarks = []results.Remark{{Code: results.CodePowerUncut, Severity: results.Note, Detail: "no /dev/fuse here"}}
}

// The CSV has the answer that the text counts: a history that holds is none of a trial
// that did not get to its end, or whose replicas nobody read.
func TestTheCSVAnswersAsTheTextDoes(t *testing.T) {
	for name, harm := range map[string]func(*results.Trial){
		"failed": func(tr *results.Trial) {
			tr.Valid, tr.Remarks = false, []results.Remark{{Code: results.CodeFailed, Severity: results.Invalid}}
		},
		"replicas not read": func(tr *results.Trial) { tr.Valid, tr.Audit = false, nil },
	} {
		run := testedRun(results.Holds)
		harm(&run.Trials[0])
		row := (&Report{run: run}).safetyRow(&run.Trials[0])
		if text := textOf(t, run); row[7] != "" || !strings.Contains(text, "none of 1 trial came to be judged") {
			t.Errorf("%s: got the answer %q, want none, as in\n%s", name, row[7], text)
		}
	}
}
