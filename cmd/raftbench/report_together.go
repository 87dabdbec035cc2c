package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// runTogether makes one report of several runs, in the folder that --out names. Runs that
// cannot be read are left out; where none is left the first of them is the error.
func runTogether(ctx context.Context, stdout, stderr io.Writer, o reportOptions) error {
	if err := checkTogether(o); err != nil {
		return err
	}
	var reports []*report.Report
	var left []report.Unreadable
	var first error
	for _, dir := range o.dirs {
		one, err := unlessStopped(ctx, func() (summarized, error) { return summarize(stderr, dir, o) })
		if ctx.Err() != nil {
			return stopped(ctx, "nothing was written")
		}
		if err != nil {
			if first == nil {
				first = err
			}
			left = append(left, report.Unreadable{Folder: dir, Reason: err.Error()})
			fmt.Fprintf(stderr, "warning: %s is left out: %v\n", dir, err)
			continue
		}
		reports = append(reports, one.report)
	}
	if len(reports) == 0 {
		return first
	}
	t, err := report.NewTogether(reports, report.TogetherOptions{Title: o.title, Spread: spreadsNear(stderr), Unreadable: left})
	if err != nil {
		return fail(exitFailed, err, "")
	}
	if err := writeTogether(ctx, stdout, stderr, t, o); err != nil {
		return err
	}
	if len(left) == 1 {
		return usage(fmt.Errorf("1 of %d runs is left out, since it cannot be read: %w", len(o.dirs), first), "restore it, or leave it out of the command")
	}
	if len(left) > 1 {
		return usage(fmt.Errorf("%d of %d runs are left out, since they cannot be read; the first: %w", len(left), len(o.dirs), first),
			"restore them, or leave them out of the command")
	}
	return nil
}

// checkTogether refuses what no report of several runs can be made of, before any is read.
func checkTogether(o reportOptions) error {
	switch n := len(o.dirs); {
	case o.out == "":
		return usage(errors.New("--together: got no --out, want the folder for the page of all runs"), "name a new or empty folder: --out FOLDER")
	case n > report.MostTogether:
		return usage(fmt.Errorf("--together: got %d runs, want at most %d: each is whole in the page, which would be too large to send", n, report.MostTogether),
			"give fewer, or ask when a figure changed over all of them: raftbench trend DIR...")
	}
	if err := checkDistinct(o.dirs); err != nil {
		return err
	}
	return checkFolders([]string{o.out})
}

// spreadsNear finds the spread that fits two runs beside them.
func spreadsNear(stderr io.Writer) func(before, after *results.Run) *summary.Spread {
	warned := map[string]bool{}
	return func(before, after *results.Run) *summary.Spread { return nearSpread(stderr, before, after, warned) }
}

// largePage is from how many bytes on a page is said to be large.
const largePage = 3_000_000

// writeTogether writes the files and prints the report in the format of -o.
func writeTogether(ctx context.Context, stdout, stderr io.Writer, t *report.Together, o reportOptions) error {
	paths, err := t.Write(ctx, o.out)
	if err != nil {
		return notWritten(ctx, err)
	}
	fmt.Fprintf(stderr, "report: %s (a page for any browser; %s beside it)\n", paths[0], units.Plural(len(paths)-1, "file"))
	if info, err := os.Stat(paths[0]); err == nil && info.Size() > largePage {
		fmt.Fprintf(stderr, "warning: the page has %s; one of fewer runs is sent and opened sooner\n", units.Size.Show(float64(info.Size())))
	}
	switch o.format {
	case "json":
		err = t.JSON(stdout)
	case "csv":
		err = t.CSV(stdout)
	case "markdown":
		err = t.Markdown(stdout)
	default:
		err = t.Table(stdout, terminal(stdout))
	}
	if err != nil {
		return notPrinted(ctx, err)
	}
	return nil
}
