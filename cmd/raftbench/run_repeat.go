package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// repeatCount is the value of --repeat.
type repeatCount int

func repeatFlag(f *pflag.FlagSet, repeat *int) {
	f.Var((*repeatCount)(repeat), "repeat", "do the whole run N times, 3 to 100, into DIR/1 to DIR/N, and keep how far such runs lie apart: what compare needs")
}

func (c *repeatCount) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < stats.LeastRuns || n > summary.MaxRepeats {
		return errors.New("out of range")
	}
	*c = repeatCount(n)
	return nil
}

// String is empty where nothing is repeated, so that the help names no default.
func (c *repeatCount) String() string {
	if *c == 0 {
		return ""
	}
	return strconv.Itoa(int(*c))
}

// Type stands for a value in the help.
func (c *repeatCount) Type() string { return "N" }

// repeats are whole runs of one experiment, one after another, each in a folder
// of its own.
type repeats struct {
	dir string
	o   runOptions // of each run, but for its folder
}

// runRepeated does an experiment many times over and keeps how far the runs lie
// apart. Interrupted, it keeps every finished trial and is gone on with by
// --resume of the whole.
func runRepeated(ctx context.Context, stdout, stderr io.Writer, stdin io.Reader, o runOptions) error {
	if err := checkFormat(o.output, "table", "json"); err != nil {
		return err
	}
	ctx, life := begin(ctx, stdout, stderr)
	defer life.end()
	prepare := newRepeats
	if o.resume != "" {
		prepare = resumedRepeats
	}
	r, err := prepare(ctx, life.stderr, stdin, o)
	if err != nil {
		if ctx.Err() != nil {
			return stopped(ctx, "nothing was measured")
		}
		return err
	}
	if err := r.measure(ctx, life, stdin); err != nil {
		return err
	}
	return r.finish(life.stdout, o.output)
}

// newRepeats asks once for all of them, and makes the folder.
func newRepeats(ctx context.Context, stderr io.Writer, stdin io.Reader, o runOptions) (repeats, error) {
	_, plan, err := planFor(ctx, o)
	if err != nil {
		return repeats{}, err
	}
	if o.out != "" {
		if err := (repeats{dir: o.out}).keepable(); err != nil {
			return repeats{}, err
		}
	}
	what := units.Plural(o.repeat, "run") + " of " + trialsOf(plan)
	if err := confirm(ctx, stderr, stdin, plan, what, time.Duration(o.repeat)*configs.Estimate(plan), o); err != nil {
		return repeats{}, err
	}
	dir := o.out
	if dir == "" {
		dir, err = makeRunDir(plan.Name + "-repeated")
	} else if used(dir) {
		return repeats{}, usage(fmt.Errorf("%s: is not empty; repeated runs want an empty folder", dir), "name a new one with --out, or go on with: "+repeats{dir, o}.goOn())
	}
	if err != nil {
		return repeats{}, usage(fmt.Errorf("make the runs' folder: %w", err), "name a folder that can be written with --out")
	}
	return repeats{dir: dir, o: o}, nil
}

// resumedRepeats goes on with what the first of them recorded. Whatever its
// folder names is checked when that run is resumed.
func resumedRepeats(_ context.Context, _ io.Writer, _ io.Reader, o runOptions) (repeats, error) {
	r := repeats{dir: o.resume, o: o}
	if err := o.resumable(); err != nil {
		return repeats{}, err
	}
	if err := r.keepable(); err != nil {
		return repeats{}, err
	}
	first, err := results.Open(r.folder(1))
	if err != nil {
		return repeats{}, usage(fmt.Errorf("no repeated runs to go on with: %w", err), "give the folder that holds them, or leave out --repeat to go on with a single run")
	}
	if used(r.folder(o.repeat + 1)) {
		return repeats{}, usage(fmt.Errorf("got --repeat %d, and %s is there already", o.repeat, r.folder(o.repeat+1)), "give at least as many as were begun")
	}
	r.o.endpoints = first.Environment.Endpoints
	r.o.file = filepath.Join(r.folder(1), results.ExperimentFile)
	return r, nil
}

func (r repeats) folder(i int) string { return filepath.Join(r.dir, strconv.Itoa(i)) }

// used tells whether a folder holds anything.
func used(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) > 0
}

// goOn is the command that goes on with the repeats.
func (r repeats) goOn() string {
	args := []string{"run", "--resume", r.dir, "--repeat", strconv.Itoa(r.o.repeat)}
	if r.o.nodeBinary != "" {
		args = append(args, "--node-binary", r.o.nodeBinary)
	}
	return commandLine(args...)
}

// measure does every run that is not whole yet. One that is inconclusive does
// not keep the others from being done; anything worse ends them all.
func (r repeats) measure(ctx context.Context, life *lifetime, stdin io.Reader) error {
	var open []error
	var f *failure
	life.setResume(r.goOn())
	for i := 1; i <= r.o.repeat; i++ {
		if !r.o.quiet {
			fmt.Fprintf(life.stderr, "run %d of %d: %s\n", i, r.o.repeat, r.folder(i))
		}
		err := measureRun(ctx, life, io.Discard, stdin, r.run(i))
		switch code := codeOf(err); code {
		case exitOK:
		case exitInconclusive:
			open = append(open, fmt.Errorf("run %d: %w", i, err))
		case exitInterrupted, exitFailed:
			return fail(code, fmt.Errorf("run %d of %d: %w", i, r.o.repeat, err), "go on with: "+r.goOn())
		default:
			errors.As(err, &f)
			return fail(code, fmt.Errorf("run %d of %d: %w", i, r.o.repeat, err), f.hint)
		}
	}
	if len(open) > 0 {
		return fail(exitInconclusive, errors.Join(open...), "the spread is not told; an idle host and longer windows help")
	}
	return nil
}

// run is what the i-th run is asked for: nobody is asked again.
func (r repeats) run(i int) runOptions {
	o := r.o
	o.output, o.yes, o.repeat = "table", true, 0
	if used(r.folder(i)) {
		o.out, o.resume, o.file = "", r.folder(i), ""
		return o
	}
	o.out, o.resume = r.folder(i), ""
	return o
}

// finish keeps the spread beside the folder of the runs, where a comparison
// with any later run of that folder's neighbours finds it.
func (r repeats) finish(stdout io.Writer, output string) error {
	var runs []*results.Run
	for i := 1; i <= r.o.repeat; i++ {
		run, err := results.Open(r.folder(i))
		if err != nil {
			return unreadable(err)
		}
		runs = append(runs, run)
	}
	s, err := summary.SpreadOf(runs)
	if err != nil {
		return unreadable(err)
	}
	full, err := filepath.Abs(r.dir)
	if err != nil {
		return fail(exitFailed, err, "")
	}
	path, err := s.Write(filepath.Dir(full))
	if err != nil {
		return unreadable(err)
	}
	if output == "json" {
		return writeJSON(stdout, s)
	}
	spreadText(stdout, s)
	_, err = fmt.Fprintf(stdout, "\nspread:  %s\nresults: %s\n", path, r.dir)
	return err
}

// keepable finds out before anything is measured whether the spread, which is
// what all the runs are for, can be written beside their folder.
func (r repeats) keepable() error {
	full, err := filepath.Abs(r.dir)
	if err != nil {
		return fail(exitFailed, err, "")
	}
	beside := nearestDir(filepath.Dir(full))
	probe, err := os.CreateTemp(beside, ".raftbench-*")
	if err != nil {
		return usage(fmt.Errorf("the spread of the runs is kept beside their folder, and %s cannot be written: %w", beside, bare(err)),
			"make it writable, or name a folder within one that is")
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// spreadText says by how much two runs of one build differ, in the figures that
// are asked for first.
func spreadText(w io.Writer, s summary.Spread) {
	fmt.Fprintln(w, wrapped(fmt.Sprintf("%s of one build, begun over %s. Any two stored runs on such a host differ by as much as this, whatever was changed (95 %%):",
		units.Plural(len(s.Runs), "run"), units.About(s.Ended.Sub(s.Begun))), "", ""))
	t := &table{header: []string{"setup", "figure", "two runs differ by up to"}}
	for _, cell := range slices.Sorted(maps.Keys(s.Cells)) {
		for _, name := range summary.Headlines() {
			if m, there := s.Cells[cell][name]; there {
				t.add(cell, summary.Name(name), units.Change(m.Reach()))
			}
		}
	}
	fmt.Fprintln(w)
	t.text(w)
}
