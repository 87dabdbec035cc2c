package report

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/results"
)

// ChartNames are those of the charts that the report has, which are also their files'
// without an ending.
func (r *Report) ChartNames() []string {
	var names []string
	for _, c := range r.charts(r.distributions()) {
		names = append(names, c.Name)
	}
	return names
}

// CheckCharts fails where the report has no chart of one of the names, and says which
// charts it has.
func (r *Report) CheckCharts(names []string) error {
	have := r.ChartNames()
	for _, name := range names {
		switch {
		case len(have) == 0:
			return fmt.Errorf("got the chart %q, and run %s has no chart", clean.Name(name), r.summary.RunID)
		case !slices.Contains(have, name):
			return fmt.Errorf("got the chart %q, want one of those that run %s has: %s", clean.Name(name), r.summary.RunID, strings.Join(have, ", "))
		}
	}
	return nil
}

// WriteCharts writes some of the charts as PNG and SVG into dir, or into the run's own
// report where dir is empty, and returns the paths. All other files stay as they are.
// It fails as CheckCharts does, and where the folder cannot be written. It ends with ctx,
// after the file that is being written.
func (r *Report) WriteCharts(ctx context.Context, dir string, names []string) ([]string, error) {
	if err := r.CheckCharts(names); err != nil {
		return nil, err
	}
	charts := slices.DeleteFunc(r.charts(r.distributions()), func(c chart.Chart) bool { return !slices.Contains(names, c.Name) })
	files, err := drawAll(charts)
	if err != nil {
		return nil, err
	}
	return r.add(ctx, dir, files)
}

// add writes files beside those of an earlier report.
func (r *Report) add(ctx context.Context, dir string, files []file) (paths []string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out, err := r.folder(dir)
	if err != nil {
		return nil, fmt.Errorf("make the report's folder: %w", err)
	}
	defer func() { err = errors.Join(err, out.root.Close()) }()
	var names []string
	for _, f := range files {
		names = append(names, f.name)
	}
	if err := out.list(union(names, out.listed())); err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return paths, err
		}
		if err := results.WriteFile(out.root, out.path(f.name), f.content); err != nil {
			return paths, err
		}
		paths = append(paths, filepath.Join(out.root.Name(), out.path(f.name)))
	}
	return paths, nil
}
