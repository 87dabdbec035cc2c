package configs

import (
	"strings"
	"testing"
	"time"
)

func TestTrialsTakeThePlaceOfAPrecision(t *testing.T) {
	small := "nodes: [3, 5]\nproofs: 0\n"
	for _, c := range []struct {
		name, file string
		flags      Overrides
		trials     int
		precision  float64
		budget     time.Duration
	}{
		{"nothing written", "", Overrides{}, 0, 0.015, 4 * time.Minute},
		{"trials in the file", "trials: 6\n", Overrides{}, 6, 0, 0},
		{"trials as a flag", "", Overrides{Trials: "7"}, 7, 0, 0},
		{"precision as a flag", "", Overrides{Precision: "3%"}, 0, 0.03, 4 * time.Minute},
		{"both as flags and a file", "trials: 6\n", Overrides{Precision: "3%", Budget: "9m"}, 0, 0.03, 9 * time.Minute},
		{"flag over file", "precision: 2%\nbudget: 5m\n", Overrides{Trials: "8"}, 8, 0, 0},
		{"budget over trials of the file", "trials: 6\n", Overrides{Budget: "9m"}, 0, 0.015, 9 * time.Minute},
		{"no measuring", "trials: 0\nproofs: 1\n", Overrides{}, 0, 0, 0},
		{"no precision, and trials", "precision: 0%\ntrials: 6\n", Overrides{}, 6, 0, 0},
		{"no precision as a flag, and trials in the file", "trials: 6\n", Overrides{Precision: "0%"}, 6, 0, 0},
		{"alone", "apart: true\n", Overrides{}, usualTrials, 0, 0},
		{"a search", "workload: {load: {mode: capacity}}\n", Overrides{}, usualTrials, 0, 0},
		{"one setup", "", Overrides{Nodes: "3"}, usualTrials, 0, 0},
	} {
		file := small + c.file
		if strings.Contains(c.file, "proofs") {
			file = "nodes: [3, 5]\n" + c.file
		}
		e, err := Parse([]byte(file))
		if err == nil {
			e, err = e.Apply(c.flags)
		}
		if err != nil {
			t.Fatal(err)
		}
		p, err := e.Plan()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if p.Trials != c.trials || p.Precision != c.precision || p.Budget != c.budget {
			t.Errorf("%s: got %d trials, a precision of %v and a budget of %v, want %d, %v and %v",
				c.name, p.Trials, p.Precision, p.Budget, c.trials, c.precision, c.budget)
		}
		again := mustPlan(t, string(p.YAML))
		if again.Trials != p.Trials || again.Precision != p.Precision || again.Budget != p.Budget || string(again.YAML) != string(p.YAML) {
			t.Errorf("%s: read back, the resolved experiment means something else:\n%s", c.name, p.YAML)
		}
	}
}

func TestAPrecisionIsRefusedWhereItMeansNothing(t *testing.T) {
	for _, c := range []struct {
		file, want string
	}{
		{"precision: 2%\ntrials: 6", "got trials and a precision, want one of them"},
		{"precision: 0.01%", "want a percentage from 0.1% to 50%"},
		{"precision: 200%", "want a percentage from 0.1% to 50%"},
		{"precision: 100%", "got 100%, want a percentage from 0.1% to 50%"},
		{"precision: fine", "want a percentage from 0.1% to 50%"},
		{"precision: 0%", "got a precision of 0%, which is none, and no number of trials"},
		{"precision: 2%\nbudget: 0s", "want 1s to"},
		{"precision: 0%\nbudget: 5m", "got a budget without a precision"},
		{"trials: 6\nbudget: 5m", "got a budget without a precision"},
		{"precision: 2%\nnodes: 3", "there is one setup"},
		{"precision: 2%\napart: true", "a host that does not drift"},
		{"precision: 2%\nworkload: {load: {mode: capacity}}", "measured alone"},
		{"budget: 20s", "6 blocks, the fewest that give an interval"},
	} {
		if _, err := planOf([]byte(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want an error with %q", c.file, err, c.want)
		}
	}
}

func TestABudgetThatNobodyWroteGrowsWithTheExperiment(t *testing.T) {
	p := mustPlan(t, "workload: {calm: {duration: 60s}}")
	if p.Budget < usualTrials*time.Minute {
		t.Errorf("got a budget of %v for windows of a minute, want room for %d blocks", p.Budget, usualTrials)
	}
}

// A precision of 0 is none, of whoever says so: the number of trials has to be said.
func TestNoPrecisionWantsANumberOfTrials(t *testing.T) {
	e, err := Default().Apply(Overrides{Precision: "0%"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Plan(); err == nil || !strings.Contains(err.Error(), "--precision: got a precision of 0%, which is none, and no number of trials") {
		t.Errorf("got %v", err)
	}
}

func TestTheDefaultPrecisionIsNotDroppedInSilence(t *testing.T) {
	for file, want := range map[string]string{
		"nodes: 4":                           "no precision is asked for, and 12 trials are measured: there is one setup, and precision is that of differences between setups",
		"apart: true":                        "no precision is asked for, and 12 trials are measured: apart, differences rest on a host that does not drift",
		"nodes: 4\ntrials: 12":               "",
		"nodes: [3, 5]":                      "",
		string(mustPlan(t, "nodes: 4").YAML): "", // what is resolved says it itself
	} {
		if got := mustPlan(t, file).Unasked; got != want {
			t.Errorf("%q: got %q, want %q", file, got, want)
		}
	}
}

func TestAWrongNumberOfTrialsIsOneMistake(t *testing.T) {
	_, err := planOf([]byte("trials: -1"))
	if err == nil || !strings.Contains(err.Error(), "got -1, want 0 to 10000") || strings.Contains(err.Error(), "at least one of either") {
		t.Errorf("got %v", err)
	}
}
