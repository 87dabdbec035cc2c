package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

// openRun opens a run's folder to be reported or judged, and passes its
// warnings on.
func openRun(stderr io.Writer, dir string) (*results.Run, error) {
	run, err := results.Open(dir)
	if err != nil {
		return nil, unreadable(err)
	}
	if err := checkReadable(run); err != nil {
		return nil, err
	}
	run.Told = func(w string) { fmt.Fprintf(stderr, "warning: %s\n", w) }
	for _, w := range run.Warnings {
		run.Told(w)
	}
	return run, nil
}

// openHonest is openRun for what judges, compares or learns from a run: one whose
// nodes were broken on purpose is refused.
func openHonest(stderr io.Writer, dir string) (*results.Run, error) {
	run, err := openRun(stderr, dir)
	if err != nil {
		return nil, err
	}
	if how := run.Environment.Broken(); how != "" {
		return nil, usage(fmt.Errorf("%s: its nodes were broken on purpose (%s), want a run of honest nodes", dir, how),
			"what its checks found is told by: "+commandLine("report", dir))
	}
	return run, nil
}

// unreadable gives an error of a run's folder the exit code for usage.
func unreadable(err error) error {
	var r *results.Error
	if errors.As(err, &r) {
		return usage(err, r.Hint())
	}
	return fail(exitFailed, err, "")
}

// checkReadable refuses a folder that says nothing: without a finished trial,
// or whose experiment is no YAML any more. A trial that a crash tore is warned
// of, and so is an experiment of another build's, with words unknown to this
// one: its trials can be reported all the same.
func checkReadable(run *results.Run) error {
	if len(run.Trials) == 0 && len(run.Warnings) == 0 {
		return usage(fmt.Errorf("%s: holds no finished trial, want at least one", filepath.Join(run.Dir, results.TrialsFile)),
			"wait for the first one, or go on with: "+commandLine("run", "--resume", run.Dir)+"; if it held trials before, restore it")
	}
	plan, err := recordedPlan(run.Dir)
	var keys map[string]any
	switch broken := yaml.Unmarshal(run.Experiment, &keys) != nil; {
	case broken && err != nil:
		return damagedExperiment(err)
	case broken || len(keys) == 0:
		return damagedExperiment(fmt.Errorf("%s: holds no experiment, want what the run was asked for", filepath.Join(run.Dir, results.ExperimentFile)))
	case err == nil:
		warnOfOtherSetups(run, plan)
		return nil
	}
	run.Warnings = append(run.Warnings, fmt.Sprintf("what was asked for cannot be read, only what was measured: %v", err))
	return nil
}

// warnOfOtherSetups says where the experiment is not the one that the trials were made
// by: it ends within a line, or asks for none of a trial's size or network.
func warnOfOtherSetups(run *results.Run, plan configs.Plan) {
	path := filepath.Join(run.Dir, results.ExperimentFile)
	const costs = "; it was changed or damaged after it was written, so that what was asked for is told wrongly: restore it"
	if !bytes.HasSuffix(run.Experiment, []byte("\n")) {
		run.Warn(path + ": ends within a line, want whole ones" + costs)
	}
	for _, t := range run.Trials {
		if !slices.ContainsFunc(plan.Setups, func(s configs.Setup) bool { return s.Nodes == t.Nodes && s.Network.Name == t.Profile }) {
			run.Warn(fmt.Sprintf("%s: asks for no %s with the profile %s, of which trials are on record%s", path, units.Plural(t.Nodes, "node"), t.Profile, costs))
			return
		}
	}
}

func damagedExperiment(err error) error {
	return usage(err, "the run's experiment was changed or damaged after it was written, or is another build's (environment.json tells which); restore it, or use that build")
}
