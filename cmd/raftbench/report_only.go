package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/report/clean"
)

// check refuses what cannot be asked for, before any run is read, and cleans the title.
func (o *reportOptions) check() error {
	if o.title != "" {
		title, err := clean.Title(o.title)
		if err != nil {
			return usage(err, "write it like --title \"Why five nodes\"")
		}
		o.title = title
	}
	switch {
	case o.together && o.only != "":
		return usage(errors.New("got --only and --together, want one of the two: --only writes charts of each run, and no page"), "leave one of them out")
	case o.together && o.trace:
		return usage(errors.New("got --trace and --together, want one of the two: a trace stands beside its own run's report"), "leave one of them out")
	case o.only == "":
	case o.format != "table":
		return usage(fmt.Errorf("got --only and -o %s, want one of the two: with --only the paths of the charts are printed", o.format), "leave one of them out")
	case o.trace:
		return usage(errors.New("got --only and --trace, want one of the two: a trace is no chart"), "leave one of them out")
	}
	return nil
}

// chartsAsked are the names that --only gives, each once.
func (o *reportOptions) chartsAsked() []string {
	var names []string
	for name := range strings.SplitSeq(o.only, ",") {
		if name = strings.TrimSpace(name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// writeCharts writes the charts asked for of each run, and prints their paths. Nothing is
// written where one of the runs lacks one of them.
func writeCharts(ctx context.Context, stdout io.Writer, runs []summarized, dirs []string, o reportOptions) error {
	names := o.chartsAsked()
	for _, r := range runs {
		if err := r.report.CheckCharts(names); err != nil {
			return usage(err, "name charts that every run has, divided by commas")
		}
	}
	for i, r := range runs {
		dir := dirs[i]
		if o.out == "" {
			dir = "" // inside the run's folder, from which no link leads out
		}
		paths, err := r.report.WriteCharts(ctx, dir, names)
		if err != nil {
			return notWritten(ctx, err)
		}
		for _, path := range paths {
			if _, err := fmt.Fprintln(stdout, path); err != nil {
				return fail(exitFailed, fmt.Errorf("print the charts' paths: %w", err), "")
			}
		}
	}
	return nil
}

// completeCharts completes --only with the charts of the first run on the command line;
// with none where that cannot be read.
func completeCharts(_ *cobra.Command, dirs []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(dirs) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	runs, err := openRuns(io.Discard, reportOptions{dirs: dirs[:1]})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	before := typed[:strings.LastIndex(typed, ",")+1]
	var all []string
	for _, name := range runs[0].report.ChartNames() {
		all = append(all, before+name)
	}
	return beginning(all, typed), cobra.ShellCompDirectiveNoFileComp
}
