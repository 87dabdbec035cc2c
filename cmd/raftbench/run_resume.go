package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

// alsoResumed are the flags that go with --resume.
var alsoResumed = []string{"resume", "endpoints", "node-binary", "output", "yes", "quiet"}

// experimentFlags are the flags given, also by variable, that do not go with
// --resume.
func experimentFlags(cmd *cobra.Command) []string {
	var given []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains(alsoResumed, f.Name) {
			given = append(given, "--"+f.Name)
		}
	})
	return given
}

// prepareResume goes on with a run as it was recorded, on the host and the
// nodes that it was recorded with.
func prepareResume(ctx context.Context, stderr io.Writer, stdin io.Reader, o runOptions) (_ *prepared, err error) {
	if len(o.given) > 0 {
		return nil, usage(fmt.Errorf("got %s with --resume, which goes on with what is recorded", strings.Join(o.given, ", ")),
			"leave it out (also RAFTBENCH_* variables), or start a new run")
	}
	w, run, err := results.Resume(o.resume)
	if err != nil {
		return nil, usage(err, "")
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	for _, warning := range run.Warnings {
		fmt.Fprintf(stderr, "warning: %s\n", warning)
	}
	env := run.Environment
	if err := sameHost(env); err != nil {
		return nil, err
	}
	nodes, err := recordedNodes(ctx, env, o)
	if err != nil {
		return nil, err
	}
	plan, err := recordedPlan(o.resume)
	if err != nil {
		return nil, usage(err, "")
	}
	if err := nodes.suit(plan); err != nil {
		return nil, err
	}
	for _, change := range nodes.changed(env) {
		fmt.Fprintf(stderr, "warning: %s\n", change)
	}
	trials, takes := bench.Left(plan, run.Trials)
	left := undertaking{plan, fmt.Sprintf("resuming %s: %s on record, %d left", o.resume, units.Plural(len(run.Trials), "trial"), trials), trials, takes}
	if err := announce(ctx, stderr, stdin, left, o); err != nil {
		return nil, err
	}
	if err := cluster.RemoveStale(filepath.Join(o.resume, "data")); err != nil {
		return nil, fail(exitFailed, err, "")
	}
	return &prepared{plan: plan, writer: w, done: run.Trials, start: cluster.Local(nodes.binary), host: env}, nil
}

// sameHost refuses to mix two hosts' figures in one run.
func sameHost(env results.Environment) error {
	name, err := os.Hostname()
	if err != nil || env.Hostname == "" || name == env.Hostname {
		return nil
	}
	return usage(fmt.Errorf("the run is of host %s, and this is %s: figures of two hosts do not compare", env.Hostname, name), "start a new run")
}

// recordedNodes are those of the run's record; flags may only repeat it.
func recordedNodes(ctx context.Context, env results.Environment, o runOptions) (nodes, error) {
	if len(o.endpoints) > 0 && !slices.Equal(o.endpoints, env.Endpoints) {
		return nodes{}, differs("--endpoints", strings.Join(o.endpoints, ","), strings.Join(env.Endpoints, ","))
	}
	if o.nodeBinary != "" {
		given, err := nodeBinary(o.nodeBinary)
		if err != nil {
			return nodes{}, err
		}
		if given != env.NodeBinary {
			return nodes{}, differs("--node-binary", given, env.NodeBinary)
		}
	}
	o.endpoints, o.nodeBinary = env.Endpoints, env.NodeBinary
	return nodesOf(ctx, o)
}

func differs(flag, given, recorded string) error {
	if recorded == "" {
		recorded = "none"
	}
	return usage(fmt.Errorf("got %s %s, and the run was recorded with %s", flag, given, recorded), "leave it out, or start a new run")
}

// recordedPlan reads the folder's own experiment, and the matrices beside it.
func recordedPlan(dir string) (configs.Plan, error) {
	experiment, err := configs.Load(filepath.Join(dir, results.ExperimentFile))
	if err != nil {
		return configs.Plan{}, err
	}
	return experiment.Plan()
}
