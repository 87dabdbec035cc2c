package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

type compareOptions struct {
	before, after string // folders
	spread        string // a file; empty: one that fits is looked for
	by            string // an axis of one run
	output        string
	all           bool
}

func newCompareCommand() *cobra.Command {
	o := compareOptions{}
	cmd := &cobra.Command{
		Use:   "compare OLD NEW | compare RUN --by AXIS",
		Short: "Compare two runs, or the settings of one, figure by figure",
		Long: `Compare two stored runs. They were not made side by side: what the host did
between them is part of what is compared, and often all of it. So a change is
called one only where it exceeds how far repeated runs of one build lie apart
on such a host, corrected for all that is asked at once; the range behind it
holds the true change with 95 % confidence.

That spread is measured by "raftbench run --repeat 6", which leaves it in a
file beside the runs' folders; a file that fits both runs' hosts and the
experiment is found there. Without one the spread is unknown, and nothing is
called different. The command reports and judges nothing: its exit code is 0
(see gate).

With --by, the values of one axis of one run are compared, each with the first:
they were measured side by side, so that nothing lies between them.`,
		Example: "  raftbench run --repeat 6 --out results/base\n  raftbench compare results/monday results/tuesday\n  raftbench compare -o markdown OLD NEW\n  raftbench compare RUN --by raft.max_rpcs_in_flight",
		Args:    arguments(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.before = args[0]; o.by != "" && len(args) == 1 {
				return runCompareBy(cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
			}
			if o.by != "" || len(args) == 1 {
				return usage(fmt.Errorf("got %s and --by %q", units.Plural(len(args), "folder"), o.by), "give two runs, or one run and --by with one of its axes")
			}
			o.after = args[1]
			return runCompare(cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	textFlag(cmd.Flags(), &o.by, "by", "AXIS", "compare the values of this setting within one run")
	outputFlag(cmd.Flags(), &o.output, "table", "json", "markdown", "csv")
	textFlag(cmd.Flags(), &o.spread, "spread", "FILE", "the spread between runs (default: one that fits, beside the runs)")
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
	spread, err := spreadFor(stderr, before, after, o)
	if err != nil {
		return err
	}
	c, err := summary.Compare(before, after, spread)
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

// spreadFor is the spread that was named, or one that fits beside the runs; nil
// where there is none. Of several that fit, from both runs' experiments, the old
// run's is taken. A file that was looked for and cannot be read is warned of.
func spreadFor(stderr io.Writer, before, after *results.Run, o compareOptions) (*summary.Spread, error) {
	if o.spread != "" {
		s, err := summary.ReadSpread(o.spread)
		switch {
		case err != nil:
			return nil, unreadable(err)
		case !s.Fits(before, after):
			return nil, usage(fmt.Errorf("%s: is the spread of another experiment or class of host than that of %s and %s", o.spread, o.before, o.after),
				"repeat one of the two on this host: raftbench run --repeat 6")
		}
		return &s, nil
	}
	for _, path := range spreadPaths(before, after, o) {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		s, err := summary.ReadSpread(path)
		if err != nil {
			fmt.Fprintf(stderr, "warning: %v\n", err)
		} else if s.Fits(before, after) {
			return &s, nil
		}
	}
	return nil, nil
}

// spreadPaths are where a spread that fits may stand.
func spreadPaths(before, after *results.Run, o compareOptions) []string {
	var out []string
	for _, run := range []*results.Run{before, after} {
		name := summary.SpreadFile(summary.HostOf(run.Environment), summary.Fingerprint(run.Experiment))
		for _, dir := range besideRuns(o.before, o.after) {
			out = append(out, filepath.Join(dir, name))
		}
	}
	return unique(out)
}

// besideRuns are the folders that a spread's file may stand in: those that hold
// a run, or the repeats that the run is one of.
func besideRuns(runs ...string) []string {
	var out []string
	for _, dir := range runs {
		if full, err := filepath.Abs(dir); err == nil {
			dir = full
		}
		out = append(out, filepath.Dir(dir), filepath.Dir(filepath.Dir(dir)))
	}
	return unique(out)
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
