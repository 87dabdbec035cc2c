package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/report/trend"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/strictyaml"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// trendOptions are the flags of `trend`.
type trendOptions struct {
	dirs    []string
	metrics []string
	setups  []string
	last    int
	least   string
	out     string
	output  string
}

// trendMetrics are those of `trend` where none is named: what a write takes, and
// how many there may be.
var trendMetrics = []string{"write_latency_p50_ns", "throughput_ops"}

func newTrendCommand() *cobra.Command {
	var o trendOptions
	cmd := &cobra.Command{
		Use:   "trend DIR...",
		Short: "Tell when figures changed over many runs, and draw them",
		Long: `Put stored runs into the order in which they began, and tell at which run a
figure changed, by how much, and what else changed there: the build, a version,
the host. Give the runs' folders, or folders that hold them.

A change is one in the level of the runs before and after (E-divisive, with
distances cut at two standard deviations of the noise, and a permutation
test), told where chance alone would show one, in any of the figures asked
for, in at most 5 of 100 such histories. That holds while nothing but chance
orders the runs: a host that drifts looks like changes, and is told of.
Where none is found, it says how large a one would have been.

Runs on another class of host, or of another experiment, are kept apart. The
command reports and judges nothing: its exit code is 0 (see gate).`,
		Example: "  raftbench trend results/nightly\n  raftbench trend results/* --metric write_latency_p99 --out charts\n  raftbench trend results/nightly --setup n3-hashicorp-multi-az -o csv",
		Args:    arguments(1, noLimit),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			o.dirs = dirs
			return runTrend(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.metrics, "metric", nil, "a `METRIC` as in summary.json; may be given again (default write_latency_p50 and throughput)")
	f.StringArrayVar(&o.setups, "setup", nil, "one `SETUP` alone, as in summary.json; may be given again (default all)")
	f.IntVar(&o.last, "last", 200, fmt.Sprintf("judge the latest `N` runs, at most %d", stats.MostValues))
	textFlag(f, &o.least, "least", "SHARE", "tell no change smaller than this, such as 2%")
	textFlag(f, &o.out, "out", "FOLDER", "draw a chart of each figure and setup there, as PNG and SVG")
	outputFlag(f, &o.output, "table", "json", "markdown", "csv")
	return cmd
}

func runTrend(ctx context.Context, stdout, stderr io.Writer, o trendOptions) error {
	ask, err := o.ask()
	if err != nil {
		return err
	}
	dirs, err := runsIn(o.dirs)
	if err != nil {
		return err
	}
	past, err := rememberAll(ctx, stderr, dirs, ask.Metrics)
	if err != nil {
		return err
	}
	if ask.Setups, err = setupsNamed(past, o.setups); err != nil {
		return err
	}
	h, err := history(ctx, past, ask)
	if err != nil {
		return err
	}
	if err := anyFigure(h, past, o); err != nil {
		return err
	}
	t := trend.New(h)
	if o.out != "" {
		paths, err := t.Write(o.out)
		if err != nil {
			return fail(exitFailed, fmt.Errorf("draw the charts: %w", err), "name a folder that can be written to with --out")
		}
		fmt.Fprintf(stderr, "charts: %s (%s)\n", o.out, units.Plural(len(paths), "file"))
	}
	var text bytes.Buffer
	err = printTrend(&text, t, o.output)
	if err == nil {
		_, err = text.WriteTo(stdout)
	}
	if err != nil {
		return fail(exitFailed, fmt.Errorf("print the trend: %w", err), "")
	}
	return nil
}

// history searches for changes until it is interrupted; then the command ends, and
// the search with it.
func history(ctx context.Context, past []summary.Past, ask summary.HistoryOptions) (summary.History, error) {
	type answer struct {
		history summary.History
		err     error
	}
	answers := make(chan answer, 1)
	go func() {
		h, err := summary.NewHistory(past, ask)
		answers <- answer{h, err}
	}()
	const less = "ask for fewer figures with --setup and --metric, or for fewer runs with --last"
	var a answer
	select {
	case <-ctx.Done():
	case a = <-answers:
	}
	switch {
	case ctx.Err() != nil:
		return summary.History{}, fail(exitInterrupted, context.Cause(ctx), less)
	case a.err != nil:
		return summary.History{}, usage(a.err, less)
	}
	return a.history, nil
}

func printTrend(w io.Writer, t *trend.Trend, output string) error {
	switch output {
	case "json":
		return t.JSON(w)
	case "csv":
		return t.CSV(w)
	case "markdown":
		return t.Markdown(w)
	}
	return t.Text(w)
}

// ask checks the flags before any run is read.
func (o trendOptions) ask() (summary.HistoryOptions, error) {
	out := summary.HistoryOptions{Metrics: trendMetrics, Last: o.last, LeastChange: 1}
	if err := checkFormat(o.output, "table", "json", "markdown", "csv"); err != nil {
		return out, err
	}
	if o.last < 1 || o.last > stats.MostValues {
		return out, usage(fmt.Errorf("got --last %d, want 1 to %d runs", o.last, stats.MostValues), "the search takes the square of the number of runs in time")
	}
	if o.least != "" {
		share, err := units.ParseShare(o.least)
		if err != nil {
			return out, usage(fmt.Errorf("--least: %w", err), "write it like --least 2%")
		}
		out.LeastChange = 1 + share
	}
	if len(o.metrics) > 0 {
		out.Metrics = nil
	}
	for _, text := range o.metrics {
		name, err := metricNamed(text)
		if err != nil {
			return out, err
		}
		if !slices.Contains(out.Metrics, name) {
			out.Metrics = append(out.Metrics, name)
		}
	}
	return out, nil
}

// metricNamed is a metric by its name, with or without its unit.
func metricNamed(text string) (string, error) {
	var names []string
	for _, metric := range summary.MetricNames() {
		if summary.Named(metric, text) {
			return metric, nil
		}
		names = append(names, summary.Name(metric))
	}
	hint := "metrics are named as in summary.json, such as write_latency_p50"
	if near := strictyaml.Nearest(text, names, 3); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, ", ") + "?"
	}
	return "", usage(fmt.Errorf("got --metric %q, want one of summary.json", text), hint)
}

// maxTrendRuns are how many runs a trend reads.
const maxTrendRuns = 10_000

// maxTrendDepth is how deep below a folder runs are looked for: repeats stand two
// levels below a folder of results.
const maxTrendDepth = 3

// runsIn are the folders given, or the runs in their subfolders where one holds
// such. Each run counts once.
func runsIn(dirs []string) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	for _, dir := range dirs {
		found, err := runsBelow(dir, maxTrendDepth)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, usage(fmt.Errorf("%s: holds no run, nor do its subfolders", dir), "give folders that `raftbench run` wrote, or a folder that holds some")
		}
		for _, run := range found {
			real, err := filepath.EvalSymlinks(run)
			if err != nil {
				real = run
			}
			if full, err := filepath.Abs(real); err == nil {
				real = full
			}
			if !seen[real] {
				seen[real], out = true, append(out, run)
			}
		}
		if len(out) > maxTrendRuns {
			return nil, usage(fmt.Errorf("got more than %d runs, want at most so many", maxTrendRuns), "give the folders of the latest ones")
		}
	}
	return out, nil
}

// runsBelow is the folder itself where it holds any of the files of a run, which
// must be whole then; else the runs in its subfolders.
func runsBelow(dir string, depth int) ([]string, error) {
	if plain(dir) != strings.TrimSpace(dir) {
		return nil, usage(fmt.Errorf("got the folder %q, want a name without line breaks and other signs that a terminal acts on", dir), "rename it, or leave it out")
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, usage(fmt.Errorf("%s: there is no folder of that name", dir), "give folders that `raftbench run` wrote, or a folder that holds some")
	case err != nil:
		return nil, usage(err, "make it readable, or leave it out")
	case !info.IsDir():
		return nil, usage(fmt.Errorf("%s: is a file, want a run's folder", dir), "give folders that `raftbench run` wrote, or a folder that holds some")
	}
	for _, name := range []string{results.EnvironmentFile, results.TrialsFile, results.ExperimentFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return []string{dir}, nil
		}
	}
	if depth == 0 {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, usage(err, "make it readable, or leave it out")
	}
	var out []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			continue
		}
		below, err := runsBelow(path, depth-1)
		if err != nil {
			return nil, err
		}
		if out = append(out, below...); len(out) > maxTrendRuns {
			break
		}
	}
	return out, nil
}

// rememberAll reads every run; one that cannot be read ends it, so that none is
// left out unnoticed. A copy of a run counts once, and is warned of.
func rememberAll(ctx context.Context, stderr io.Writer, dirs, metrics []string) ([]summary.Past, error) {
	var out []summary.Past
	warnings := &someLines{w: stderr, most: maxTrendWarnings}
	defer warnings.end()
	for _, dir := range dirs {
		if err := ctx.Err(); err != nil {
			return nil, fail(exitInterrupted, err, "")
		}
		run, err := openHonest(warnings, dir)
		if err != nil {
			return nil, err
		}
		p, err := summary.Remember(run, metrics)
		if err != nil {
			return nil, unreadable(err)
		}
		if i := slices.IndexFunc(out, p.CopyOf); i >= 0 {
			fmt.Fprintf(warnings, "warning: %s: is a copy of %s, and counts once\n", dir, out[i].Dir())
			continue
		}
		out = append(out, p)
	}
	return out, nil
}

// maxTrendWarnings are printed of what may be the same for each of hundreds of
// runs.
const maxTrendWarnings = 5

// someLines passes on the first few writes, each of which is a line, and counts
// the others.
type someLines struct {
	w          io.Writer
	most, seen int
}

func (s *someLines) Write(line []byte) (int, error) {
	if s.seen++; s.seen > s.most {
		return len(line), nil
	}
	return s.w.Write(line)
}

func (s *someLines) end() {
	if more := s.seen - s.most; more > 0 {
		fmt.Fprintf(s.w, "warning: %s more; `raftbench report DIR` tells those of one run\n", units.Plural(more, "warning"))
	}
}

// setupsNamed checks the setups that were asked for against those that there are.
func setupsNamed(past []summary.Past, asked []string) ([]string, error) {
	known := summary.SetupsOf(past)
	for _, name := range asked {
		if slices.Contains(known, name) {
			continue
		}
		hint := "the runs have " + plain(someOf(known, 6))
		if near := strictyaml.NearestName(name, known, 1); len(near) > 0 {
			hint = "did you mean " + plain(near[0]) + "?"
		}
		return nil, usage(fmt.Errorf("got --setup %q, want one of the runs' setups", name), hint)
	}
	return asked, nil
}

// anyFigure refuses a metric that no run has, unless it is one that nobody asked
// for.
func anyFigure(h summary.History, past []summary.Past, o trendOptions) error {
	for _, text := range o.metrics {
		if !slices.ContainsFunc(h.Series, func(s summary.HistorySeries) bool { return summary.Named(s.Metric, text) }) {
			return usage(fmt.Errorf("--metric %s: none of %s has it", text, units.Plural(len(past), "run")), "ask for another, or leave --metric out")
		}
	}
	if len(h.Series) == 0 {
		return usage(fmt.Errorf("none of %s has a valid trial of what was asked for", units.Plural(len(past), "run")), "see what each says: raftbench report DIR; or ask for another --metric")
	}
	return nil
}
