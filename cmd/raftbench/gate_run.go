package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/report/verdicts"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// runGateOn measures a stored run on, by the run's own rule of when it is enough,
// and then judges it. What the rules say plays no part in when it ends.
func runGateOn(ctx context.Context, stdout, stderr io.Writer, stdin io.Reader, o gateOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	rules, err := gate.Load(o.rules)
	if err != nil {
		return foundFirst(stdout, stderr, o, usage(err, ""))
	}
	ctx, life := begin(ctx, stdout, stderr)
	defer life.end()
	o.on.rules = rules
	if o.on.resume = o.dir; !o.on.quiet {
		o.on.measureOn.told = func(plan configs.Plan) { tellSights(life.stderr, rules, plan) }
	}
	o.on.answer = func(ctx context.Context, _ io.Writer, dir string) error {
		return runReport(ctx, io.Discard, io.Discard, reportOptions{dirs: []string{dir}, format: "table", own: true})
	}
	err = measureRun(ctx, life, io.Discard, stdin, o.on)
	switch codeOf(err) {
	case exitOK, exitSafety, exitLiveness, exitInconclusive: // the gate tells
		return runGate(life.stdout, life.stderr, o)
	}
	return foundFirst(life.stdout, life.stderr, o, err)
}

// tellSights says what the rules about ratios can see, before anything is measured.
func tellSights(w io.Writer, rules []gate.Rule, plan configs.Plan) {
	if plan.Precision <= 0 {
		return
	}
	for _, s := range gate.Sights(rules, plan.Precision, asked(plan, rules)) {
		fmt.Fprintln(w, verdicts.Sight(s))
	}
}

// asked is how many questions rules ask of a plan's setups; 0 where they cannot be
// held against them, which the gate tells of.
func asked(plan configs.Plan, rules []gate.Rule) int {
	n, err := gate.Questions(rules, cellsOf(plan))
	if err != nil {
		return 0
	}
	return n
}

// cellsOf a plan are its setups as the gate knows them.
func cellsOf(plan configs.Plan) []summary.Cell {
	var out []summary.Cell
	for _, s := range plan.Setups {
		out = append(out, summary.Cell{Cell: s.Cell, Nodes: s.Nodes, Engine: s.Engine, Profile: s.Network.Name, Load: s.Load, Params: s.Params})
	}
	return out
}

// measureOn asks that a run which may be over is measured on, to another precision
// or for another budget where these are not empty.
type measureOn struct {
	precision, budget string
	told              func(configs.Plan) // hears of the plan before it is gone on with; may be nil
}

// over are the trials that a run need not come back to: where it is measured on, its
// proofs do not end it.
func (m *measureOn) over(trials []results.Trial) []results.Trial {
	if m == nil {
		return trials
	}
	return slices.DeleteFunc(slices.Clone(trials), func(t results.Trial) bool { return t.Kind != results.Measure })
}

// change the experiment of a run's folder, which nobody else writes to meanwhile.
// What stood there before is kept in a comment: the folder says what was asked for,
// and when.
func (m measureOn) change(dir string, experiment []byte, now time.Time) error {
	if m.precision == "" && m.budget == "" {
		return nil
	}
	recorded, err := recordedPlan(dir)
	if err != nil {
		return damagedExperiment(err)
	}
	switch fixed := recorded.Precision == 0; {
	case fixed && m.precision == "":
		return usage(errors.New("got a budget for a run of a fixed number of trials"), "give --precision, too: then blocks are added until it is reached or the budget is spent")
	case fixed && m.budget == "":
		return usage(errors.New("got a precision for a run of a fixed number of trials, which has no budget"), "give --budget, too")
	}
	text := experiment
	for _, c := range []struct{ key, value string }{{"precision", m.precision}, {"budget", m.budget}} {
		if c.value != "" {
			text = setKey(text, c.key, c.value, now)
		}
	}
	if recorded.Trials > 0 {
		text = setKey(text, "trials", "0", now)
	}
	return replaceExperiment(dir, text)
}

// setKey sets a key of the outermost level, and says in a comment what it was.
func setKey(text []byte, key, value string, now time.Time) []byte {
	line := regexp.MustCompile(`(?m)^` + key + `:[ \t]*(.*?)[ \t]*\r?$`)
	was := "not set"
	if m := line.FindSubmatch(text); m != nil {
		was = string(m[1])
		text = line.ReplaceAllLiteral(text, []byte(key+": "+value))
	} else {
		text = append(bytes.TrimRight(text, "\n"), []byte("\n"+key+": "+value+"\n")...)
	}
	note := fmt.Sprintf("# %s was %s until %s, when more was asked of this run\n", key, was, now.UTC().Format(time.RFC3339))
	return append([]byte(note), text...)
}

// replaceExperiment checks the text as a whole where it will stand, beside the
// profiles that it names, and then puts it into its place at once.
func replaceExperiment(dir string, text []byte) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return usage(fmt.Errorf("%s: cannot be written: %w", dir, bare(err)), "make the run's folder writable")
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	const asked = "asked-" + results.ExperimentFile
	if err := results.WriteFile(root, asked, text); err != nil {
		return usage(err, "make the run's folder writable")
	}
	experiment, err := configs.LoadRecorded(dir, asked)
	if err == nil {
		_, err = experiment.Plan()
	}
	if err != nil {
		return errors.Join(usage(err, ""), root.Remove(asked))
	}
	return root.Rename(asked, results.ExperimentFile)
}
