package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
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
	return nil, fail(exitInterrupted, errors.New("interrupted before anything was measured"), "")
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
		return nil, wrong(err)
	}
	if err := nodes.suit(plan); err != nil {
		return nil, err
	}
	if err := announce(ctx, stderr, stdin, wholePlan(plan), o); err != nil {
		return nil, err
	}
	dir := o.out
	if dir == "" {
		dir = filepath.Join("results", plan.Name+"-"+time.Now().UTC().Format("20060102-150405"))
	}
	env, err := probe(ctx, dir)
	if err != nil {
		return nil, err
	}
	nodes.record(&env)
	w, err := create(dir, env, plan)
	if err != nil {
		return nil, usage(err, "")
	}
	return &prepared{plan: plan, writer: w, start: cluster.Local(nodes.binary), host: env}, nil
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

// plan resolves file or preset, and flags over it.
func plan(o runOptions) (configs.Plan, error) {
	if o.file != "" && o.preset != "" {
		return configs.Plan{}, usage(fmt.Errorf("got both FILE %s and --preset %s, want one of them", o.file, o.preset), "leave out the one or the other")
	}
	experiment, err := configs.Default(), error(nil)
	switch {
	case o.file != "":
		experiment, err = configs.Load(o.file)
	case o.preset != "":
		experiment, err = configs.Preset(o.preset)
	}
	if err != nil {
		return configs.Plan{}, err
	}
	if experiment, err = experiment.Apply(o.overrides); err != nil {
		return configs.Plan{}, err
	}
	return experiment.Plan()
}
