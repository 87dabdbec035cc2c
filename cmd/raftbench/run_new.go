package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/results"
)

// preparedRun is a run that is ready to start.
type preparedRun struct {
	plan   configs.Plan
	writer *results.Writer
	done   []results.Trial
	start  func(configs.Setup) cluster.Starter
	host   results.Environment
}

// prepareRun leads to a run's folder, a new one or one that is gone on with.
// Once ctx is done all that goes wrong is the interruption's.
func prepareRun(ctx context.Context, stderr io.Writer, stdin io.Reader, o runOptions) (*preparedRun, error) {
	prepare := prepareNewRun
	if o.resume != "" {
		prepare = prepareResumedRun
	}
	run, err := prepare(ctx, stderr, stdin, o)
	if ctx.Err() == nil {
		return run, err
	}
	if run != nil {
		_ = run.writer.Close() // nothing was written
	}
	return nil, stopped(ctx, "nothing was measured")
}

// prepareNewRun reads the experiment, probes the host and makes the run's
// folder.
func prepareNewRun(ctx context.Context, stderr io.Writer, stdin io.Reader, o runOptions) (*preparedRun, error) {
	system, plan, err := planFor(ctx, o)
	if err != nil {
		return nil, err
	}
	if system.found() != "" && !o.quiet {
		fmt.Fprintln(stderr, system.found())
	}
	if err := confirm(ctx, stderr, stdin, plan, trialsOf(plan), configs.Estimate(plan), o); err != nil {
		return nil, err
	}
	removeAbandoned()
	env, err := probe(ctx, cmp.Or(o.out, resultsDir))
	if err != nil || ctx.Err() != nil {
		return nil, err
	}
	system.record(&env)
	if plan.Processes, err = processes(plan, env); err != nil {
		return nil, err
	}
	env.Processes = plan.Processes
	dir := o.out
	if dir == "" {
		if dir, err = makeRunDir(plan.Name); err != nil {
			return nil, usage(fmt.Errorf("make the run's folder: %w", err), "name a folder that can be written with --out")
		}
	}
	measureClient(ctx, stderr, plan, &env, o.quiet)
	env.RunID, env.Label = filepath.Base(dir), labelOf(plan, env)
	w, err := create(dir, env, plan)
	if err != nil {
		return nil, usage(err, "")
	}
	return &preparedRun{plan: plan, writer: w, start: system.start, host: env}, nil
}

// labelOf a run is its experiment's, behind the warning that its nodes were broken
// on purpose, where they were.
func labelOf(plan configs.Plan, env results.Environment) string {
	how := env.Broken()
	if how == "" {
		return plan.Label
	}
	return strings.TrimSpace("NODES BROKEN ON PURPOSE (" + how + "): no figure here is a result. " + plan.Label)
}

// planFor finds the system that is to be measured, and resolves the experiment
// for it: all that validate checks.
func planFor(ctx context.Context, o runOptions) (system, configs.Plan, error) {
	system, err := findSystem(ctx, o)
	if err != nil {
		return system, configs.Plan{}, err
	}
	o.overrides = system.overrides(o.overrides)
	plan, err := plan(o)
	if err != nil {
		return system, plan, orUsage(err)
	}
	return system, plan, system.check(plan)
}

// probe describes the host, before the run's folder exists.
func probe(ctx context.Context, dir string) (results.Environment, error) {
	parent := nearestDir(dir)
	env, err := host.Probe(ctx, parent, true)
	if err != nil {
		return env, usage(fmt.Errorf("the disk under %s cannot be probed: %w", parent, bare(err)), "name a folder that can be written with --out")
	}
	env.StartedAt = time.Now().UTC()
	env.Version, env.Commit, env.Versions = version, commit, versions()
	return env, nil
}

// create makes the folder, with copies of the profile files that the plan names.
func create(dir string, env results.Environment, plan configs.Plan) (*results.Writer, error) {
	w, err := results.Create(dir, env, plan.YAML)
	if err != nil {
		return nil, err
	}
	for path, text := range plan.Networks {
		to := filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, text, 0o644)); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	return w, nil
}
