package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// spreadFor is the spread that was named, or one that fits beside the two runs;
// nil where there is none.
func spreadFor(stderr io.Writer, before, after *results.Run, named string) (*summary.Spread, error) {
	if named == "" {
		return nearSpread(stderr, before, after, map[string]bool{}), nil
	}
	s, err := namedSpread(before, []*results.Run{after}, named)
	if err != nil {
		return nil, err
	}
	return s[0], nil
}

// spreadsFor are the spreads of the first run with each later one.
func spreadsFor(stderr io.Writer, sides []summary.Side, named string) ([]*summary.Spread, error) {
	before := sides[0].Run
	if named != "" {
		var later []*results.Run
		for _, side := range sides[1:] {
			later = append(later, side.Run)
		}
		return namedSpread(before, later, named)
	}
	out := make([]*summary.Spread, len(sides)-1)
	warned := map[string]bool{}
	for i, side := range sides[1:] {
		out[i] = nearSpread(stderr, before, side.Run, warned)
	}
	return out, nil
}

// namedSpread is the one that was named, for each pair of runs that it fits. It
// must fit one of them.
func namedSpread(before *results.Run, later []*results.Run, path string) ([]*summary.Spread, error) {
	s, err := summary.ReadSpread(path)
	if err != nil {
		return nil, unreadable(err)
	}
	out, fits := make([]*summary.Spread, len(later)), false
	var dirs []string
	for i, run := range later {
		dirs = append(dirs, run.Dir)
		if s.Fits(before, run) {
			out[i], fits = &s, true
		}
	}
	if !fits {
		return nil, usage(fmt.Errorf("%s: is the spread of another experiment or class of host than that of %s and %s", path, before.Dir, listed(dirs)),
			"repeat one of them on this host: raftbench run --repeat 6")
	}
	return out, nil
}

// nearSpread is one that fits beside the runs; nil where there is none. Of several
// that fit, from both runs' experiments, the old run's is taken. A file that was
// looked for and cannot be read is warned of, once.
func nearSpread(stderr io.Writer, before, after *results.Run, warned map[string]bool) *summary.Spread {
	for _, path := range spreadPaths(before, after) {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		s, err := summary.ReadSpread(path)
		switch {
		case err == nil && s.Fits(before, after):
			return &s
		case err != nil && !warned[path]:
			warned[path] = true
			fmt.Fprintf(stderr, "warning: %v\n", err)
		}
	}
	return nil
}

// spreadPaths are where a spread that fits may stand.
func spreadPaths(before, after *results.Run) []string {
	var out []string
	for _, run := range []*results.Run{before, after} {
		name := summary.SpreadFile(summary.HostOf(run.Environment), summary.Fingerprint(run.Experiment))
		for _, dir := range besideRuns(before.Dir, after.Dir) {
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
