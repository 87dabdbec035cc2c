package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/raftbench/raftbench/profiles"
	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/report/export"
	"github.com/raftbench/raftbench/report/trace"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// reportOptions are the flags of `report`.
type reportOptions struct {
	dirs   []string
	out    string
	format string
	// own is the report of `run` itself: it allows a run without a finished trial,
	// and closes a table with the verdict in one line.
	own bool
	// trace adds a trace of each trial.
	trace bool
	// title of the reports; empty for their own.
	title string
	// only are the names of the charts to write, divided by commas; empty for the
	// whole report.
	only string
	// together makes one report of several runs.
	together bool
}

func newReportCommand() *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report DIR...",
		Short: "Rebuild the tables and charts of runs from their folders",
		Long: "Rebuild summary.json, the page (index.html, whole in one file that needs no\n" +
			"network) and the charts of each run from its folder alone, and print its table.\n" +
			"Charts that an earlier report left there, and this one has not, are removed;\n" +
			"other files stay. It tells what was found, be it a lost write, and judges\n" +
			"nothing: its exit code is 0 (see gate).\n\n" +
			"With --together the page is of all runs: first what each answers, their figures\n" +
			"beside each other and what makes the runs unlike, then each run, whole. A run\n" +
			"that cannot be read is left out, and the page says so; the exit code is 2 then.\n\n" +
			"With --only it writes these charts as PNG and SVG, leaves every other file as\n" +
			"it is, and prints the paths in place of the table.",
		Example: "  raftbench report results/reference\n  raftbench report results/monday results/tuesday --together --out both\n  raftbench report results/* --out /tmp/reports -o markdown\n" +
			"  raftbench report results/reference --title \"Why 5\" --only tradeoff --out slide",
		Args: arguments(1, noLimit),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			o.dirs = dirs
			ctx, life := begin(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
			defer life.end()
			return runReport(ctx, life.stdout, life.stderr, o)
		},
	}
	textFlag(cmd.Flags(), &o.out, "out", "FOLDER", "where the page and the charts go (default DIR/report)")
	cmd.Flags().BoolVar(&o.together, "together", false, fmt.Sprintf("one page of all runs (2 to %d) in the folder of --out, in place of one each", report.MostTogether))
	cmd.Flags().BoolVar(&o.trace, "trace", false, "also write what happened in each trial, for ui.perfetto.dev and as lines of JSON: roles, terms, votes, faults, outages")
	textFlag(cmd.Flags(), &o.title, "title", "TITLE", "of the page, report.md and the table, and among what stands below each chart (default what the report answers)")
	textFlag(cmd.Flags(), &o.only, "only", "CHART,...", "write these charts alone, such as tradeoff,latency")
	outputFlag(cmd.Flags(), &o.format, summaryFormats...)
	return cmd
}

// runReport prints each run in turn and writes its files. Nothing is written
// or printed when one of the folders cannot be read, or written to with --out.
func runReport(ctx context.Context, stdout, stderr io.Writer, o reportOptions) error {
	if err := checkFormat(o.format, summaryFormats...); err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	if o.together && len(o.dirs) > 1 {
		return runTogether(ctx, stdout, stderr, o)
	}
	runs, err := unlessStopped(ctx, func() ([]summarized, error) { return openRuns(stderr, o) })
	if err != nil {
		return err
	}
	dirs := reportDirs(runs, o.out)
	if o.out != "" {
		if err := checkFolders(dirs); err != nil {
			return err
		}
	}
	if o.only != "" {
		return writeCharts(ctx, stdout, runs, dirs, o)
	}
	for i, r := range runs {
		if err := writeReport(ctx, stderr, r, dirs[i], o); err != nil {
			return err
		}
	}
	err = printRuns(stdout, runs, o.format)
	if err == nil && o.own && o.format == "table" {
		err = printClosing(stdout, runs[0].report.Closing())
	}
	if err != nil {
		return notPrinted(ctx, err)
	}
	return nil
}

// unlessStopped waits for what only reads, and no longer than until the command is told
// to stop.
func unlessStopped[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type answer struct {
		got T
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		got, err := read()
		answers <- answer{got, err}
	}()
	select {
	case a := <-answers:
		return a.got, a.err
	case <-ctx.Done():
		var none T
		return none, stopped(ctx, "nothing was written")
	}
}

// notPrinted is a report that is written and could not be shown.
func notPrinted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return stopped(ctx, "the report's files are written")
	}
	return fail(exitFailed, fmt.Errorf("print the report: %w", err), "")
}

// notWritten is a report some of whose files could not be written.
func notWritten(ctx context.Context, err error) error {
	var damaged *results.Error
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return stopped(ctx, "some of the report's files are not written: run the command again")
	case errors.As(err, &damaged):
		return usage(err, "")
	}
	return fail(exitFailed, err, "give a folder that can be written to with --out")
}

// checkFolders finds the mistakes in where reports are to go before the first is written.
func checkFolders(dirs []string) error {
	for _, dir := range dirs {
		if err := report.CheckFolder(dir); err != nil {
			return usage(err, "")
		}
	}
	return nil
}

// printClosing ends a run with its verdict, where the eye is after minutes of
// progress and tables.
func printClosing(w io.Writer, verdict string) error {
	if verdict == "" {
		return nil
	}
	_, err := fmt.Fprintf(w, "\n%s\n", verdict)
	return err
}

// summarized is a run with what its trials say.
type summarized struct {
	run     *results.Run
	summary summary.Summary
	report  *report.Report
}

func openRuns(stderr io.Writer, o reportOptions) ([]summarized, error) {
	var out []summarized
	for _, dir := range o.dirs {
		one, err := summarize(stderr, dir, o)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// summarize opens one run and gathers what it says.
func summarize(stderr io.Writer, dir string, o reportOptions) (summarized, error) {
	open := openRun
	if o.own {
		open = func(_ io.Writer, dir string) (*results.Run, error) { return results.Open(dir) }
	}
	run, err := open(stderr, dir)
	if err != nil {
		return summarized{}, err
	}
	a, err := summary.Analyse(run)
	if err != nil {
		return summarized{}, usage(err, "")
	}
	return summarized{run, a.Summary, report.New(run, a, report.Options{
		Title: o.title, Source: profileSource, Forecast: forecasts(run), FalseElections: falseForecasts(run), Asked: askedOf(run.Dir), Trace: o.trace,
	})}, nil
}

// askedOf a run is the precision that its experiment asks for; none where that
// cannot be read.
func askedOf(dir string) report.Asked {
	plan, err := recordedPlan(dir)
	if err != nil {
		return report.Asked{}
	}
	return report.Asked{Precision: plan.Precision, Budget: plan.Budget, Proofs: plan.Proofs > 0}
}

// writeReport writes one run's page and charts, and its summary.json where
// the report goes home into the run's own folder.
func writeReport(ctx context.Context, stderr io.Writer, r summarized, dir string, o reportOptions) error {
	home := o.out == ""
	if home {
		if err := ctx.Err(); err != nil {
			return notWritten(ctx, err)
		}
		if err := r.summary.Write(r.run.Dir); err != nil {
			return notWritten(ctx, err)
		}
		dir = "" // inside the run's folder, from which no link leads out
	}
	paths, err := r.report.Write(ctx, dir)
	if err != nil {
		return notWritten(ctx, err)
	}
	if n := r.report.TracesLeftOut(); n > 0 {
		fmt.Fprintf(stderr, "warning: %s left out of the traces: those before have a million events\n", units.Plural(n, "trial"))
	}
	fmt.Fprintf(stderr, "report: %s (a page for any browser; %s beside it)\n", paths[0], units.Plural(len(paths)-1, "file"))
	if o.trace {
		tellTraces(stderr, paths)
	}
	return nil
}

// tellTraces says where the traces are, and what opens them.
func tellTraces(stderr io.Writer, paths []string) {
	traces := slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !strings.HasSuffix(path, trace.Suffix) })
	switch len(traces) {
	case 0:
		fmt.Fprintln(stderr, "trace: none, since no trial has events on record")
	case 1:
		fmt.Fprintf(stderr, "trace: %s (https://ui.perfetto.dev opens it)\n", traces[0])
	default:
		fmt.Fprintf(stderr, "traces: %s, first %s (https://ui.perfetto.dev opens one at a time)\n",
			filepath.Join(filepath.Dir(traces[0]), "trace-*"+trace.Suffix), traces[0])
	}
}

// reportDirs keeps the reports of several runs apart; runs of one name are
// counted.
func reportDirs(runs []summarized, out string) []string {
	dirs := make([]string, len(runs))
	for i, r := range runs {
		switch {
		case out == "":
			dirs[i] = filepath.Join(r.run.Dir, report.Dir)
		case len(runs) == 1:
			dirs[i] = out
		default:
			name := filepath.Join(out, filepath.Base(filepath.Clean(r.run.Dir)))
			dirs[i] = name
			for n := 2; slices.Contains(dirs[:i], dirs[i]); n++ {
				dirs[i] = fmt.Sprintf("%s-%d", name, n)
			}
		}
	}
	return dirs
}

// printRuns writes runs in one of the formats of -o, one after the other; CSV
// has all of them under one header.
func printRuns(w io.Writer, runs []summarized, format string) error {
	if format == "csv" {
		var all []summary.Summary
		for _, r := range runs {
			all = append(all, r.summary)
		}
		return export.CSV(w, all...)
	}
	for i, r := range runs {
		if i > 0 && format != "json" {
			fmt.Fprintln(w)
		}
		if err := printRun(w, r, format); err != nil {
			return err
		}
	}
	return nil
}

func printRun(w io.Writer, r summarized, format string) error {
	switch format {
	case "json":
		return export.JSON(w, r.summary)
	case "markdown":
		return r.report.Markdown(w)
	default:
		return r.report.Table(w, terminal(w))
	}
}

// terminal is where a table is printed, at most 100 columns wide.
func terminal(stdout io.Writer) report.Terminal {
	f, ok := stdout.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return report.Terminal{}
	}
	t := report.Terminal{Color: colorful(stdout)}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil {
		t.Width = min(width, 100)
	}
	return t
}

// profileSource tells who measured a built-in profile, and when; nothing for
// one of the user's own.
func profileSource(name string) string {
	p, err := profiles.Lookup(name)
	if err != nil || p.Source == "" {
		return ""
	}
	return strings.TrimSuffix(p.Source+", "+p.Date, ", ")
}
