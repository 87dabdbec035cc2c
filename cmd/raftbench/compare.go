package main

import (
	"bytes"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

type compareOptions struct {
	before, after string // folders
	output        string
	all           bool
}

func newCompareCommand() *cobra.Command {
	o := compareOptions{}
	cmd := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "Compare two runs, figure by figure",
		Long: `Compare two runs by their trials' values. A change is called one where a
Mann–Whitney test finds it at the 5 % level, corrected for all that is asked at
once; the range behind it holds the true change with 95 % confidence. Two runs
were not made side by side: what the host did between them is part of what is
compared. The command reports and judges nothing: its exit code is 0 (see gate).`,
		Example: "  raftbench compare results/monday results/tuesday\n  raftbench compare -o markdown OLD NEW",
		Args:    arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.before, o.after = args[0], args[1]
			return runCompare(cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	outputFlag(cmd.Flags(), &o.output, "table", "json", "markdown", "csv")
	cmd.Flags().BoolVar(&o.all, "all", false, "show every figure, also those that are the same in every trial; json and csv always do")
	return cmd
}

func runCompare(stdout, stderr io.Writer, o compareOptions) error {
	if err := checkFormat(o.output, "table", "json", "markdown", "csv"); err != nil {
		return err
	}
	before, err := openRun(stderr, o.before)
	if err != nil {
		return err
	}
	after, err := openRun(stderr, o.after)
	if err != nil {
		return err
	}
	c, err := summary.Compare(before, after)
	if err != nil {
		return unreadable(err)
	}
	if len(c.Changes) == 0 {
		return usage(fmt.Errorf("got two runs without a figure in common: %s has %s, and %s has %s", o.before, setupsOf(before), o.after, setupsOf(after)),
			"compare runs of the same sizes, engine, profile and load: setups are matched by name")
	}
	var text bytes.Buffer
	err = printComparison(&text, c, o)
	if err == nil {
		_, err = text.WriteTo(stdout)
	}
	if err != nil {
		return fail(exitFailed, fmt.Errorf("print the comparison: %w", err), "")
	}
	return nil
}

// setupsOf names a run's setups.
func setupsOf(run *results.Run) string {
	var names []string
	for _, t := range run.Trials {
		names = append(names, t.Cell)
	}
	return someOf(unique(names), 6)
}

func printComparison(w io.Writer, c summary.Comparison, o compareOptions) error {
	switch o.output {
	case "json":
		return writeJSON(w, c)
	case "csv":
		return changeFigures(c).csv(w)
	case "markdown":
		comparisonPage(w, c, o.all)
	default:
		comparisonText(w, c, o.all)
	}
	return nil
}

// changeFigures is the comparison for programs: values in the metric's own unit.
func changeFigures(c summary.Comparison) *table {
	g := &table{header: []string{
		"setup", "metric", "old_median", "old_ci_low", "old_ci_high", "old_n",
		"new_median", "new_ci_low", "new_ci_high", "new_n",
		"ratio", "ratio_ci_low", "ratio_ci_high", "p", "questions", "decided", "untested",
	}}
	for _, ch := range c.Changes {
		g.add(ch.Cell, ch.Metric,
			figure(ch.Old.Median), figure(ch.Old.CILow), figure(ch.Old.CIHigh), strconv.Itoa(ch.Old.N),
			figure(ch.New.Median), figure(ch.New.CILow), figure(ch.New.CIHigh), strconv.Itoa(ch.New.N),
			figure(ch.Ratio), figure(ch.CILow), figure(ch.CIHigh), figure(ch.P), strconv.Itoa(ch.Questions), string(ch.Decided), string(ch.Untested))
	}
	return g
}
