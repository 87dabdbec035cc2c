package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
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
		Short: "Compare two runs, metric by metric",
		Long: `Compare two runs by their trials' values: medians with 95 % intervals, and the
change where a Mann–Whitney test shows one at the 5 % level. A ~ stands where
no difference can be shown, which is not a proof that there is none.
The command reports and judges nothing: its exit code is 0 (see gate).`,
		Example: "  raftbench compare results/monday results/tuesday\n  raftbench compare -o markdown OLD NEW",
		Args:    arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.before, o.after = args[0], args[1]
			return runCompare(cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	outputFlag(cmd.Flags(), &o.output, "table", "json", "markdown", "csv")
	cmd.Flags().BoolVar(&o.all, "all", false, "show every metric, also those that are the same in every trial; json and csv always do")
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
		return usage(fmt.Errorf("got two runs without a figure in common: %s has %s, and %s has %s", o.before, cellsOf(before), o.after, cellsOf(after)),
			"compare runs of the same sizes, engine, profile and load: cells are matched by name")
	}
	var text bytes.Buffer
	err = printChanges(&text, c, o)
	if err == nil {
		_, err = text.WriteTo(stdout)
	}
	if err != nil {
		return fail(exitFailed, fmt.Errorf("print the comparison: %w", err), "")
	}
	return nil
}

// cellsOf names a run's cells.
func cellsOf(run *results.Run) string {
	var names []string
	for _, t := range run.Trials {
		if !slices.Contains(names, t.Cell) {
			names = append(names, t.Cell)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func printChanges(stdout io.Writer, c summary.Comparison, o compareOptions) error {
	switch o.output {
	case "json":
		e := json.NewEncoder(stdout)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(c)
	case "csv":
		return changeFigures(c).csv(stdout)
	}
	changes, same := shown(c, o.all)
	if o.output == "markdown" {
		changeList(changes).markdown(stdout)
		changeNotes(stdout, c, changes, same, "- ")
		return nil
	}
	changeTable(changes).text(stdout)
	changeNotes(stdout, c, changes, same, "note: ")
	return nil
}

// shown are the changes that people are shown: the headlines, less those that
// were the same in every trial of both runs; or all.
func shown(c summary.Comparison, all bool) (changes []summary.Change, same int) {
	for _, ch := range c.Changes {
		switch {
		case all:
			changes = append(changes, ch)
		case !summary.Headline(ch.Metric):
		case ch.Same():
			same++
		default:
			changes = append(changes, ch)
		}
	}
	return changes, same
}

// changeRow is a change without its cell.
func changeRow(ch summary.Change) []string {
	p := "–"
	if ch.Tested() {
		p = fmt.Sprintf("%.3f", *ch.P)
	}
	return []string{
		summary.Name(ch.Metric), ch.Old.Text(ch.Metric), ch.New.Text(ch.Metric),
		ch.Text(), p, fmt.Sprintf("%d+%d", ch.Old.N, ch.New.N), ch.Note,
	}
}

var changeHead = []string{"METRIC", "OLD [95 %]", "NEW [95 %]", "CHANGE", "P", "TRIALS", "NOTE"}

// changeTable is the comparison for a terminal: under each cell its metrics.
func changeTable(changes []summary.Change) *table {
	g := &table{header: changeHead}
	cell := ""
	for _, ch := range changes {
		if ch.Cell != cell {
			g.add()
			g.add(ch.Cell)
			cell = ch.Cell
		}
		row := changeRow(ch)
		row[0] = "  " + row[0]
		g.add(row...)
	}
	return g
}

// changeList is the same for a page, where each row has its cell.
func changeList(changes []summary.Change) *table {
	g := &table{header: append([]string{"CELL"}, changeHead...)}
	for _, ch := range changes {
		g.add(append([]string{ch.Cell}, changeRow(ch)...)...)
	}
	return g
}

// changeNotes are what a reader of the changes should know.
func changeNotes(w io.Writer, c summary.Comparison, changes []summary.Change, same int, bullet string) {
	lines := append([]string{}, c.Notes...)
	if same > 0 {
		lines = append(lines, units.Plural(same, "figure")+" the same in every trial of both runs left out; --all shows them")
	}
	tests := 0
	for _, ch := range changes {
		if ch.Tested() {
			tests++
		}
	}
	if tests > 1 {
		lines = append(lines, fmt.Sprintf("%d tests at the %.0f %% level: some %.1f of them would show a change by chance alone",
			tests, 100*stats.Alpha, stats.Alpha*float64(tests)))
	}
	if len(lines) > 0 {
		fmt.Fprintln(w)
	}
	for _, l := range lines {
		fmt.Fprintf(w, "%s%s\n", bullet, l)
	}
}

// changeFigures is the comparison for programs: values in the metric's own unit.
func changeFigures(c summary.Comparison) *table {
	g := &table{header: []string{
		"cell", "metric", "old_median", "old_ci_low", "old_ci_high", "old_n",
		"new_median", "new_ci_low", "new_ci_high", "new_n", "ratio", "p", "different", "note",
	}}
	for _, ch := range c.Changes {
		g.add(ch.Cell, ch.Metric,
			figure(&ch.Old.Median), figure(ch.Old.CILow), figure(ch.Old.CIHigh), strconv.Itoa(ch.Old.N),
			figure(&ch.New.Median), figure(ch.New.CILow), figure(ch.New.CIHigh), strconv.Itoa(ch.New.N),
			figure(ch.Ratio), figure(ch.P), strconv.FormatBool(ch.Different), ch.Note)
	}
	return g
}

// figure is a number in full; empty where there is none.
func figure(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}
