package configs

import (
	"fmt"
	"time"

	"github.com/raftbench/raftbench/units"
)

// How long an experiment measures is asked for in one of two ways: `precision`
// adds blocks until the differences between setups are known so narrowly, or
// the `budget` is spent; `trials` is a number of blocks. What a person writes
// decides; of two that contradict each other the flag stands over the file. A 0 of
// either is none of it: no precision leaves it to trials, which then has to be
// said, and no trials without a precision measures nothing: proofs alone.

// usualTrials are the blocks of an experiment that precision means nothing to,
// and that does not say how many: twelve give intervals of medians, and decide
// the questions of five sizes, which need 9 (stats.PairsNeeded).
const usualTrials = 12

// fewestBlocks that any difference has an interval with: with fewer than 6
// pairs a signed-rank test has none at 95 %.
const fewestBlocks = 6

// The precisions that can be asked for: below a thousandth a day of blocks would
// not do, above a half nothing is said.
const (
	finest   = Precision(0.001)
	coarsest = Precision(0.5)
)

// settle makes one of precision and trials the rule, and the other 0.
func (e *Experiment) settle() mistakes {
	trials, precision, budget := e.origin.rank("trials"), e.origin.rank("precision"), e.origin.rank("budget")
	both := trials > 0 && trials == precision
	if both && e.Trials > 0 && e.Precision > 0 {
		return mistakes{e.origin.mistake("got trials and a precision, want one of them",
			"precision adds blocks until it is reached; trials is their number", "precision", "trials")}
	}
	switch {
	case trials > 0 && trials >= max(precision, budget) && (!both || e.Trials > 0):
		e.Precision = 0
	case e.Precision > 0:
		e.Trials = 0
	}
	if e.Precision > 0 {
		return nil
	}
	if budget > 0 && budget >= trials && e.Budget > 0 {
		return mistakes{e.origin.mistake("got a budget without a precision", "ask for a precision, or leave the budget out", "budget")}
	}
	if precision > 0 && trials == 0 {
		return mistakes{e.origin.mistake("got a precision of 0%, which is none, and no number of trials",
			fmt.Sprintf("give trials, or a precision of %v to %v", plain(finest), plain(coarsest)), "precision")}
	}
	e.Budget = 0
	return nil
}

// rank of who wrote a key: a flag stands over a file, and both over the default.
func (o *origin) rank(path string) int {
	switch {
	case o == nil:
		return 0
	case o.flags[path] != "":
		return 2
	case o.file == nil:
		return 0
	}
	if _, written := o.file.Find(path); written {
		return 1
	}
	return 0
}

// paced holds the setups against the precision that is asked of them: where it
// cannot mean anything the usual number of trials is measured, unless it was
// written.
func (e *Experiment) paced(setups []Setup) mistakes {
	if e.Precision == 0 {
		return nil
	}
	why := ""
	switch {
	case len(setups) < 2:
		why = "there is one setup, and precision is that of differences between setups"
	case e.Apart:
		why = "apart, differences rest on a host that does not drift"
	}
	for _, s := range setups {
		if !s.SideBySide() {
			why = "what is searched, swept or harmed is measured alone, and has no differences within blocks"
		}
	}
	switch {
	case why != "" && e.origin.rank("precision") > 0 && e.origin.rank("trials") == 0:
		return mistakes{e.origin.mistake(fmt.Sprintf("got a precision of %s, but %s", units.FormatShare(float64(e.Precision)), why),
			"give the number of trials instead", "precision")}
	case why != "":
		e.Precision, e.Budget, e.Trials = 0, 0, usualTrials
		e.unasked = fmt.Sprintf("no precision is asked for, and %d trials are measured: %s", usualTrials, why)
		return nil
	}
	if e.origin.rank("budget") == 0 {
		usual := Estimate(Plan{Setups: setups, Trials: usualTrials, Proofs: e.Proofs, Outages: e.Outages.Repeat, Safety: e.Safety.Trials})
		e.Budget = max(e.Budget, Duration(tensUp(usual)))
		return nil
	}
	least := Plan{Setups: setups, Trials: fewestBlocks, Proofs: e.Proofs, Outages: e.Outages.Repeat, Safety: e.Safety.Trials}
	if takes := Estimate(least); span(e.Budget) < takes {
		return mistakes{e.origin.mistake(
			fmt.Sprintf("got a budget of %s, but %d blocks, the fewest that give an interval, and %s take about %s",
				units.About(span(e.Budget)), fewestBlocks, units.Plural(e.Proofs*len(setups), "proof"), units.About(takes)),
			fmt.Sprintf("give at least %s, or fewer sizes", units.Duration.Show(float64(tensUp(takes)))), "budget", "precision")}
	}
	return nil
}

// tensUp rounds up to ten seconds, as one would write it.
func tensUp(d time.Duration) time.Duration {
	return (d + 10*time.Second - 1).Truncate(10 * time.Second)
}
