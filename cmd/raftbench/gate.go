package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

type gateOptions struct {
	dir, rules, output string
	all                bool // show each pass, too
}

func newGateCommand() *cobra.Command {
	o := gateOptions{}
	cmd := &cobra.Command{
		Use:   "gate DIR",
		Short: "Judge a run by rules: pass, fail or inconclusive",
		Long: `Judge a run by rules, each on every setup of the run:

  rules:
    - lost_writes == 0
    - survived == tolerates
    - write_latency_p50 < 20ms
    - {rule: "throughput > 5000/s", where: {nodes: 3}}

A metric is a name of summary.json, its unit left out or not. A measured value
fails only when the whole of its 95 % interval does, and passes only when the
whole of it does; between the two the verdict is inconclusive. So it is where
what was remarked of the trials, such as other processes on the host, can have
moved the value over the limit or nobody knows by how much. A p99 has an
interval from the operations and from how far the trials lie apart. Where a run
is too small for intervals the median decides, and the verdict says so; not for
a p99, and one trial alone decides nothing. An operation that failed took for
ever: it is above every limit.

Exit codes: 0 pass, 3 fail, 4 safety is violated, 5 inconclusive, 6 something
that should have happened did not, such as a replica that does not catch up. No
rule lets 4 or 6 pass. Where several hold: 4, then 6, 3, 5.`,
		Example: "  raftbench gate results/reference\n  raftbench gate DIR --rules rules.yaml -o markdown",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir = args[0]
			return runGate(cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	o.rules = gate.Safety
	textFlag(cmd.Flags(), &o.rules, "rules", "FILE", "a YAML file of rules, or safety for the built-in ones")
	outputFlag(cmd.Flags(), &o.output, "table", "json", "markdown")
	cmd.Flags().BoolVar(&o.all, "all", false, "show each verdict, also those that pass; json and markdown always do")
	return cmd
}

func runGate(stdout, stderr io.Writer, o gateOptions) error {
	if err := checkFormat(o.output, "table", "json", "markdown"); err != nil {
		return err
	}
	rules, err := gate.Load(o.rules)
	if err != nil {
		return usage(err, "")
	}
	run, err := openRun(stderr, o.dir)
	if err != nil {
		return err
	}
	r, err := judge(run, rules)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	err = printVerdicts(&text, r, o.output, o.all)
	if err == nil {
		_, err = text.WriteTo(stdout)
	}
	if err != nil {
		return fail(exitFailed, fmt.Errorf("print the verdicts: %w", err), "")
	}
	return gateError(r)
}

// judge holds the rules against what the run's folder says now: a summary.json
// beside it may be old.
func judge(run *results.Run, rules []gate.Rule) (gate.Report, error) {
	s, err := summary.Build(run)
	if err != nil {
		return gate.Report{}, unreadable(err)
	}
	r, err := gate.Evaluate(rules, s)
	if err != nil {
		return gate.Report{}, usage(err, "")
	}
	plan, err := recordedPlan(run.Dir)
	if err != nil && !r.Unsafe && !r.Stuck {
		// Without it a run that was cut short would pass for a whole one.
		return gate.Report{}, damagedExperiment(err)
	}
	r.Expect(s, planned(plan))
	return r, nil
}

// planned are the setups that an experiment asks for, each with its number of
// trials.
func planned(plan configs.Plan) map[string]gate.Planned {
	out := map[string]gate.Planned{}
	for _, s := range plan.Setups {
		out[s.Cell] = gate.Planned{Trials: plan.Trials, Proofs: plan.Proofs}
	}
	return out
}

func printVerdicts(w io.Writer, r gate.Report, output string, all bool) error {
	switch output {
	case "json":
		return writeJSON(w, r)
	case "markdown":
		report.VerdictsMarkdown(w, r)
	default:
		report.Verdicts(w, r, all)
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
		return fail(exitGate, fmt.Errorf("the gate failed: %s", report.VerdictTally(r)), "")
	case r.Answer == stats.Inconclusive.String():
		return fail(exitInconclusive, fmt.Errorf("the gate is inconclusive: %s", report.VerdictTally(r)), "more valid trials narrow the intervals: see the reasons above")
	}
	return nil
}
