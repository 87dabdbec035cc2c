package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// Dir is where a run's report stands, inside the run's folder.
const Dir = "report"

// The page and the table, which tell what a report wrote.
const (
	pageFile  = "report.md"
	tableFile = "report.csv"
)

// file is one file of a report, whole in memory before any of it is written.
type file struct {
	name    string
	content []byte
}

// Write writes the whole report of a run into dir, or into the run's own
// folder where dir is empty, and returns the paths written, the page first.
// Each file is replaced whole, so that a crash leaves the old or the new one
// and never half of one; charts of an earlier report that this one has not are
// removed. At most one Options is used; without it they are
// those of OptionsFor.
func Write(dir string, run *results.Run, s summary.Summary, opts ...Options) ([]string, error) {
	if dir == "" {
		dir = filepath.Join(run.Dir, Dir)
	}
	o := OptionsFor(run)
	if len(opts) > 0 {
		o = opts[0]
	}
	files, err := render(run, s, o)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the report's folder: %w", err)
	}
	if err := removeStale(dir, files); err != nil {
		return nil, err
	}
	var paths []string
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := replace(path, f.content); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func render(run *results.Run, s summary.Summary, o Options) ([]file, error) {
	var table, data bytes.Buffer
	if err := CSV(&data, s); err != nil {
		return nil, err
	}
	if err := Table(&table, s, run.Environment, Options{Label: o.Label, Clients: o.Clients, Source: o.Source, Emulated: o.Emulated}); err != nil {
		return nil, err
	}
	charts, ds, err := drawn(run, s, o)
	if err != nil {
		return nil, err
	}
	var pictures []picture
	for _, c := range charts {
		pictures = append(pictures, picture{c.name + ".png", c.title})
	}
	files := []file{
		{pageFile, []byte(markdown(s, run.Environment, o, pictures))},
		{"report.txt", table.Bytes()},
		{tableFile, data.Bytes()},
	}
	for _, c := range charts {
		png, err := c.scene.png()
		if err != nil {
			return nil, err
		}
		svg, err := c.scene.svg()
		if err != nil {
			return nil, err
		}
		files = append(files, file{c.name + ".png", png}, file{c.name + ".svg", svg})
	}
	others, err := forOtherTools(run, ds)
	return append(files, others...), err
}

// drawn are the charts that the run has something to say for.
// The distributions behind the latency chart come with them.
func drawn(run *results.Run, s summary.Summary, o Options) ([]chart, []distribution, error) {
	s, o.closed = calmOrClosed(s)
	sub := subject{summary: s, groups: groups(s), env: run.Environment, options: o}
	ds, window, err := pool(run, sub.groups)
	if err != nil {
		return nil, nil, err
	}
	var out []chart
	for _, f := range []func(subject) (chart, bool){tradeoff, throughputs} {
		if c, ok := f(sub); ok {
			out = append(out, c)
		}
	}
	out = append(out, latencies(sub, ds, window)...)
	if c, ok := reads(sub); ok {
		out = append(out, c)
	}
	return append(out, loads(sub)...), ds, nil
}

// replace writes a file beside its place and renames it there.
func replace(path string, content []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(content)
	if syncErr := tmp.Sync(); err == nil {
		err = syncErr
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
