package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/raftbench/raftbench/ci"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/report/verdicts"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

type gateOptions struct {
	dir, rules, output string
	baseline, spread   string // a run's folder, and a file; empty: none
	all                bool   // show each pass, too
	files              *ciFiles
	// measure the run on before it is judged, as on says.
	measure bool
	on      runOptions
}

func newGateCommand() *cobra.Command {
	o := gateOptions{}
	cmd := &cobra.Command{
		Use:   "gate DIR",
		Short: "Judge a run by rules: pass, fail or inconclusive",
		Long:  gateHelp,
		Example: `  raftbench gate results/reference
  raftbench gate DIR --rules rules.yaml -o markdown
  raftbench gate NEW --rules rules.yaml --baseline OLD`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir = args[0]
			if o.measure {
				return runGateOn(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), cmd.InOrStdin(), o)
			}
			return runGate(cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	o.rules = gate.Safety
	textFlag(cmd.Flags(), &o.rules, "rules", "FILE", "a YAML file of rules, or safety for the built-in ones")
	textFlag(cmd.Flags(), &o.baseline, "baseline", "DIR", "another run that relative rules are held against")
	textFlag(cmd.Flags(), &o.spread, "spread", "FILE", "the spread between runs (default: one that fits, beside the runs)")
	o.files = ciFlags(cmd.Flags())
	outputFlag(cmd.Flags(), &o.output, "table", "json", "markdown")
	cmd.Flags().BoolVar(&o.all, "all", false, "show each verdict, also those that pass; json and markdown always do")
	measureFlags(cmd.Flags(), &o)
	return cmd
}

// measureFlags are those of a run that is measured on.
func measureFlags(f *pflag.FlagSet, o *gateOptions) {
	o.on.measureOn = &measureOn{}
	o.on.arms = []arm{{name: armA}, {name: armB}}
	f.BoolVar(&o.measure, "run", false, "measure on first, until the run's precision is reached or its budget is spent")
	textFlag(f, &o.on.measureOn.precision, "precision", "SHARE", "with --run: a precision in place of the recorded one")
	textFlag(f, &o.on.measureOn.budget, "budget", "TIME", "with --run: a budget in place of the recorded one, what the run took so far included")
	nodeBinaryFlag(f, &o.on.nodeBinary)
	textFlag(f, &o.on.arms[0].binary, "a", "FILE", "with --run: the build of arm a, where the run has builds")
	textFlag(f, &o.on.arms[1].binary, "b", "FILE", "with --run: the build of arm b")
	f.BoolVar(&o.on.yes, "yes", false, "with --run: do not ask before a run of over half an hour")
	f.BoolVar(&o.on.quiet, "quiet", false, "with --run: no progress")
}

// check what can be checked before anything is read.
func (o gateOptions) check() error {
	if err := checkFormat(o.output, "table", "json", "markdown"); err != nil {
		return err
	}
	if on := o.on.measureOn; !o.measure && on != nil && (typed("PRECISION", on.precision) || typed("BUDGET", on.budget)) {
		return usage(errors.New("got a precision or a budget, and nothing is to be measured"), "give --run, too, or leave them out")
	}
	return o.files.check(o.rules, filepath.Join(o.dir, results.TrialsFile), filepath.Join(o.dir, results.ExperimentFile),
		filepath.Join(o.dir, results.EnvironmentFile), filepath.Join(o.dir, summary.File))
}

// typed tells that a flag was given by itself, and not by its variable, which may
// stand for another command's.
func typed(name, value string) bool {
	return value != "" && os.Getenv(variablePrefix+name) != value
}

func runGate(stdout, stderr io.Writer, o gateOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	j, err := judged(stderr, o)
	if err != nil {
		return foundFirst(stdout, stderr, o, err)
	}
	if err := writeVerdicts(stdout, j.Report, o); err != nil {
		return err
	}
	return o.files.write(stdout, stderr, o.output, j, gateError(j.Report))
}

// judged is the verdict on the run's folder, as it is now.
func judged(stderr io.Writer, o gateOptions) (ci.Judged, error) {
	rules, err := gate.Load(o.rules)
	if err != nil {
		return ci.Judged{}, usage(err, "")
	}
	run, err := openHonest(stderr, o.dir)
	if err != nil {
		return ci.Judged{}, err
	}
	return judge(stderr, run, rules, o)
}

// judge holds the rules against what the run's folder says now: a summary.json
// beside it may be old.
func judge(stderr io.Writer, run *results.Run, rules []gate.Rule, o gateOptions) (ci.Judged, error) {
	a, err := summary.Analyse(run)
	if err != nil {
		return ci.Judged{}, unreadable(err)
	}
	in := gate.Input{Run: a, Looks: run.Looks()}
	if in.Baseline, err = baselineFor(stderr, run, o); err != nil {
		return ci.Judged{}, err
	}
	floor, err := summary.FloorFor(run)
	if err != nil {
		return ci.Judged{}, unreadable(err)
	}
	in.Floor = floor.Reach
	r, err := gate.Evaluate(rules, in)
	if err != nil {
		return ci.Judged{}, usage(err, "")
	}
	plan, err := recordedPlan(run.Dir)
	if err != nil && !r.Unsafe && !r.Stuck {
		// Without it a run that was cut short would pass for a whole one.
		return ci.Judged{}, damagedExperiment(err)
	}
	expected, err := planned(plan, run)
	if err != nil {
		return ci.Judged{}, unreadable(err)
	}
	r.Expect(a.Summary, expected)
	return ci.Judged{Run: run, Summary: a.Summary, Report: r, Floor: floor, Rules: rules}, nil
}

// baselineFor is the run that was named as baseline; nil where none was.
func baselineFor(stderr io.Writer, run *results.Run, o gateOptions) (*gate.Baseline, error) {
	if o.baseline == "" {
		if o.spread != "" {
			return nil, usage(errors.New("got --spread without --baseline"), "a spread tells how far two runs lie apart: name the other one")
		}
		return nil, nil
	}
	if err := checkDistinct([]string{o.baseline, run.Dir}); err != nil {
		return nil, err
	}
	before, err := openHonest(stderr, o.baseline)
	if err != nil {
		return nil, err
	}
	spread, err := spreadFor(stderr, before, run, o.spread)
	if err != nil {
		return nil, err
	}
	b, err := gate.NewBaseline(before, run, spread)
	if err != nil {
		return nil, unreadable(err)
	}
	plan, err := recordedPlan(before.Dir)
	if err != nil {
		return nil, damagedExperiment(err)
	}
	expected, err := planned(plan, before)
	if err != nil {
		return nil, unreadable(err)
	}
	b.Expect(expected)
	return b, nil
}

// foundFirst tells what the run found that Raft does not allow, where a mistake
// kept the rules from being held: no mistake hides a lost write.
func foundFirst(stdout, stderr io.Writer, o gateOptions, mistake error) error {
	run, err := results.Open(o.dir)
	if err != nil {
		return mistake
	}
	s, err := summary.Build(run)
	if err != nil {
		return mistake
	}
	r := gate.Found(s)
	if !r.Unsafe && !r.Stuck {
		return mistake
	}
	if err := writeVerdicts(stdout, r, o); err != nil {
		return err
	}
	both := heavier(gateError(r), mistake) // an interruption outweighs what stood there before
	return o.files.write(stdout, stderr, o.output, ci.Judged{Run: run, Summary: s, Report: r}, both)
}

func writeVerdicts(stdout io.Writer, r gate.Report, o gateOptions) error {
	var text bytes.Buffer
	err := printVerdicts(&text, r, o.output, o.all)
	if err == nil {
		_, err = text.WriteTo(stdout)
	}
	if err != nil {
		return fail(exitFailed, fmt.Errorf("print the verdicts: %w", err), "")
	}
	return nil
}

// planned are the setups that an experiment asks for, each with its number of
// trials. Where a precision is asked for that is one for each block that the run came
// to: as many as any setup has, and all before the first proof, since proofs come
// last.
//
// It is open where nothing says that measuring came to its end: no record of that, no
// proof behind the last block, and no precision that was reached.
func planned(plan configs.Plan, run *results.Run) (map[string]gate.Planned, error) {
	open := false
	if plan.Precision > 0 {
		plan.Trials = 1
		proofs := math.MaxInt
		for _, t := range run.Trials {
			switch t.Kind {
			case results.Measure:
				plan.Trials = max(plan.Trials, t.Block+1)
			default: // comes after the blocks, as proofs do
				proofs = min(proofs, t.Block)
			}
		}
		proven := proofs != math.MaxInt
		if proven {
			plan.Trials = max(plan.Trials, proofs)
		}
		progress, err := summary.ProgressOf(run.Trials, plan.Precision, 0)
		if err != nil {
			return nil, err
		}
		open = !run.Ended() && !progress.Reached() && (!proven || proofs < results.BlocksOf(run.Trials))
	}
	out, watches := map[string]gate.Planned{}, 0
	if plan.Watch > 0 {
		watches = 1 // of each setup
	}
	for _, s := range plan.Setups {
		out[s.Cell] = gate.Planned{Trials: plan.Trials, Proofs: plan.Proofs, Outages: plan.OutagesOf(s), Watches: watches, Safety: plan.SafetyOf(s), Open: open}
	}
	return out, nil
}

func printVerdicts(w io.Writer, r gate.Report, output string, all bool) error {
	switch output {
	case "json":
		return writeJSON(w, r)
	case "markdown":
		verdicts.Markdown(w, r)
	default:
		verdicts.Write(w, r, all)
	}
	return nil
}

// gateError is the exit code of the verdict: what is unsafe outweighs what is
// stuck, that a failed rule, and that an open one.
func gateError(r gate.Report) error {
	const findings = "the findings stand above, and in trials.jsonl with the nodes' last log lines"
	switch {
	case r.Unsafe:
		return fail(exitSafety, errors.New("safety is violated: something happened that no Raft may do"), findings)
	case r.Stuck:
		return fail(exitLiveness, errors.New("something did not happen that should have, within the time it was given"), findings)
	case r.Answer == stats.Fail.String():
		return fail(exitGate, fmt.Errorf("the gate failed: %s", verdicts.Tally(r)), "")
	case r.Answer == stats.Inconclusive.String():
		return fail(exitInconclusive, fmt.Errorf("the gate is inconclusive: %s", verdicts.Tally(r)), "more valid trials narrow the intervals: see the reasons above; a run that is measured on is looked at once more, which counts")
	}
	return nil
}
