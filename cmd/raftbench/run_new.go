package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/results"
)

// prepared is a run that is ready to start.
type prepared struct {
	plan   configs.Plan
	writer *results.Writer
	done   []results.Trial
	start  cluster.Starter
	host   results.Environment
}

// prepare leads to a run's folder, a new one or one that is gone on with.
// Once ctx is done all that goes wrong is the interruption's.
func prepare(ctx context.Context, stderr io.Writer, stdin io.Reader, o runOptions) (*prepared, error) {
	begin := prepareNew
	if o.resume != "" {
		begin = prepareResume
	}
	run, err := begin(ctx, stderr, stdin, o)
	if ctx.Err() == nil {
		return run, err
	}
	if err == nil {
		_ = run.writer.Close() // nothing was written
	}
	return nil, stopped(ctx, "nothing was measured")
}

// prepareNew reads the experiment, probes the host and makes the run's folder.
func prepareNew(ctx context.Context, stderr io.Writer, stdin io.Reader, o runOptions) (*prepared, error) {
	nodes, err := nodesOf(ctx, o)
	if err != nil {
		return nil, err
	}
	o.overrides = nodes.overrides(o.overrides)
	plan, err := plan(o)
	if err != nil {
		return nil, orUsage(err)
	}
	if err := nodes.suit(plan); err != nil {
		return nil, err
	}
	if err := announce(ctx, stderr, stdin, wholePlan(plan), o); err != nil {
		return nil, err
	}
	removeAbandoned()
	env, err := probe(ctx, cmp.Or(o.out, resultsDir))
	if err != nil || ctx.Err() != nil {
		return nil, err
	}
	nodes.record(&env)
	dir := o.out
	if dir == "" {
		if dir, err = makeRunDir(plan.Name); err != nil {
			return nil, usage(fmt.Errorf("make the run's folder: %w", err), "name a folder that can be written with --out")
		}
	}
	env.RunID = filepath.Base(dir)
	w, err := create(dir, env, plan)
	if err != nil {
		return nil, usage(err, "")
	}
	return &prepared{plan: plan, writer: w, start: cluster.Local(nodes.binary), host: env}, nil
}

// probe describes the host, before the run's folder exists.
func probe(ctx context.Context, dir string) (results.Environment, error) {
	parent := nearestDir(dir)
	env, err := host.Probe(ctx, parent, true)
	if err != nil {
		return env, usage(fmt.Errorf("probe the disk under %s: %w", parent, err), "name a folder that can be written with --out")
	}
	env.StartedAt = time.Now().UTC()
	env.Version, env.Commit, env.Versions = version, commit, versions()
	return env, nil
}

// create makes the folder, with copies of the matrices that the plan names.
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
