package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

type compareOptions struct {
	runs   []string // folders; with by one, else the first is what the others are held against
	spread string   // a file; empty: one that fits is looked for
	by     string   // an axis of one run
	output string
	all    bool
}

func newCompareCommand() *cobra.Command {
	o := compareOptions{}
	cmd := &cobra.Command{
		Use:   "compare OLD NEW [MORE...] | compare RUN --by AXIS",
		Short: "Compare runs, or the settings of one, figure by figure",
		Long: `Compare stored runs, each later one with the first. They were not made side by
side: what the host did between them is part of what is compared, and often all
of it. So a change is called one only where it exceeds how far repeated runs of
one build lie apart on such a host, corrected for all that is asked at once,
over all runs; the range behind it holds the true change with 95 % confidence.

That spread is measured by "raftbench run --repeat 6", which leaves it in a
file beside the runs' folders; a file that fits both runs' hosts and the
experiment is found there. Without one the spread is unknown, and nothing is
called different.

What differs between the experiments, the builds and the hosts is named key by
key. Figures from hosts of two classes (CPU model, cores, file system), over
two networks, under other faults, or beside messages that were harmed on
purpose are not comparable: they are shown, and never called different. A
number with a dagger (†) was remarked on: what may have moved it stands below.
The command reports and judges nothing: its exit code is 0 (see gate).

With --by, the values of one axis of one run are compared, each with the first:
they were measured side by side, so that nothing lies between them. A run of two
arms has them as the axis "arm".`,
		Example: "  raftbench run --repeat 6 --out results/base\n  raftbench compare results/monday results/tuesday results/wednesday\n" +
			"  raftbench compare -o markdown OLD NEW\n  raftbench compare RUN --by raft.max_rpcs_in_flight\n  raftbench compare RUN --by arm",
		Args: arguments(1, noLimit),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.runs = args
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
	switch {
	case o.by != "" && len(o.runs) == 1:
		return runCompareBy(stdout, stderr, o)
	case o.by != "" || len(o.runs) == 1:
		return usage(fmt.Errorf("got %s and --by %q", units.Plural(len(o.runs), "folder"), o.by), "give two runs or more, or one run and --by with one of its axes")
	}
	sides, err := openSides(stderr, o.runs)
	if err != nil {
		return err
	}
	spreads, err := spreadsFor(stderr, sides, o.spread)
	if err != nil {
		return err
	}
	c, err := summary.CompareAll(sides[0], sides[1:], spreads)
	if err != nil {
		return unreadable(err)
	}
	for i, one := range c.Each() {
		if len(one.Changes) == 0 {
			return nothingInCommon(sides[0].Run, sides[i+1].Run)
		}
	}
	return printCompared(stdout, report.NewCompared(c, sides, o.all), o.output)
}

// compared is what can be printed in any of the formats.
type compared interface {
	Text() string
	Markdown() string
	JSON(w io.Writer) error
	CSV(w io.Writer) error
}

func printCompared(w io.Writer, c compared, format string) error {
	var err error
	switch format {
	case "json":
		err = c.JSON(w)
	case "csv":
		err = c.CSV(w)
	case "markdown":
		_, err = io.WriteString(w, c.Markdown())
	default:
		_, err = io.WriteString(w, c.Text())
	}
	if err != nil {
		return fail(exitFailed, fmt.Errorf("print the comparison: %w", err), "")
	}
	return nil
}

// openSides reads the runs that are compared: each once, each with figures.
func openSides(stderr io.Writer, dirs []string) ([]summary.Side, error) {
	if err := checkDistinct(dirs); err != nil {
		return nil, err
	}
	var out []summary.Side
	for _, dir := range dirs {
		run, err := openHonest(stderr, dir)
		if err != nil {
			return nil, err
		}
		if err := checkValid(run); err != nil {
			return nil, err
		}
		side, err := summary.SideOf(run)
		if err != nil {
			return nil, unreadable(err)
		}
		out = append(out, side)
	}
	return out, nil
}

// checkDistinct refuses a folder that is given twice, by whatever name: a run is
// no different from itself.
func checkDistinct(dirs []string) error {
	for i, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil {
			continue // opening it says why
		}
		for _, other := range dirs[:i] {
			if same, err := os.Stat(other); err == nil && os.SameFile(info, same) {
				return usage(fmt.Errorf("got one folder twice, %s and %s", other, dir), "give different runs: one compared with itself tells nothing")
			}
		}
	}
	return nil
}

// checkValid refuses a run that has nothing to be compared.
func checkValid(run *results.Run) error {
	latest := run.Latest()
	if slices.ContainsFunc(latest, func(t results.Trial) bool { return t.Valid }) {
		return nil
	}
	return usage(fmt.Errorf("%s: holds %s and none is valid, want at least one: there are no figures to compare", run.Dir, units.Plural(len(latest), "trial")),
		"what made them invalid: "+commandLine("explain", run.Dir))
}

func nothingInCommon(before, after *results.Run) error {
	if testedOnly(before) || testedOnly(after) {
		return usage(fmt.Errorf("%s and %s: got a run of safety trials alone, want two with figures: safety trials have none to compare", before.Dir, after.Dir),
			"what they found is told by: "+commandLine("report", before.Dir)+"; "+commandLine("report", after.Dir))
	}
	if safetyOnly(before) && safetyOnly(after) {
		return usage(fmt.Errorf("%s and %s: both harmed their messages on purpose, and such runs have no figures to compare", before.Dir, after.Dir),
			"what they found is told by: "+commandLine("report", before.Dir))
	}
	return usage(fmt.Errorf("got two runs without a figure in common: %s has %s, and %s has %s", before.Dir, setupsOf(before), after.Dir, setupsOf(after)),
		"compare runs of the same sizes, engine and load: setups are matched by name")
}

// safetyOnly tells whether all of a run's trials were made for safety alone.
func safetyOnly(run *results.Run) bool {
	return !slices.ContainsFunc(run.Trials, func(t results.Trial) bool { return !t.MessageFaults })
}

// testedOnly tells whether all of a run's trials are safety trials, which measure nothing.
func testedOnly(run *results.Run) bool {
	return !slices.ContainsFunc(run.Trials, func(t results.Trial) bool { return t.Kind != results.SafetyTest })
}

// setupsOf names a run's setups.
func setupsOf(run *results.Run) string {
	var names []string
	for _, t := range run.Trials {
		names = append(names, t.Cell)
	}
	return someOf(unique(names), 6)
}
