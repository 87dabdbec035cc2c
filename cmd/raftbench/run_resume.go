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
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

// alsoResumed are the flags that go with --resume.
var alsoResumed = []string{"resume", "endpoints", "node-binary", "a", "b", "rules", "output", "yes", "quiet", "repeat"}

// notResumable are the flags given, also by variable, that do not go with
// --resume.
func notResumable(cmd *cobra.Command) []string {
	var given []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains(alsoResumed, f.Name) && !writesFile(f.Name) {
			given = append(given, "--"+f.Name)
		}
	})
	return given
}

// prepareResumedRun goes on with a run as it was recorded, on the host and the
// system that it was recorded with.
func prepareResumedRun(ctx context.Context, stderr io.Writer, stdin io.Reader, o runOptions) (_ *preparedRun, err error) {
	if err := o.resumable(); err != nil {
		return nil, err
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
	system, err := recordedSystem(ctx, env, o)
	if err != nil {
		return nil, err
	}
	if err := system.asBroken(env); err != nil {
		return nil, err
	}
	if o.measureOn != nil {
		if err := o.measureOn.change(o.resume, run.Experiment, time.Now()); err != nil {
			return nil, err
		}
	}
	plan, err := recordedPlan(o.resume)
	if err != nil {
		return nil, usage(err, "")
	}
	if o.measureOn != nil && o.measureOn.told != nil {
		o.measureOn.told(plan)
	}
	if err := system.check(plan); err != nil {
		return nil, err
	}
	for _, change := range system.changes(env) {
		fmt.Fprintf(stderr, "warning: %s\n", change)
	}
	plan.Processes = env.Processes
	trials, takes := bench.Left(plan, o.measureOn.over(run.Trials))
	what := fmt.Sprintf("resuming %s: %s on record, %d left", o.resume, units.Plural(len(run.Trials), "trial"), trials)
	if plan.Precision > 0 {
		what = fmt.Sprintf("resuming %s: %s on record, the budget's rest left", o.resume, units.Plural(len(run.Trials), "trial"))
	}
	if err := confirm(ctx, stderr, stdin, plan, what, takes, o); err != nil {
		return nil, err
	}
	if err := cluster.RemoveStale(filepath.Join(o.resume, "data")); err != nil {
		return nil, fail(exitFailed, err, "")
	}
	return &preparedRun{plan: plan, writer: w, done: run.Trials, start: system.start, host: env}, nil
}

// resumable refuses what would change an experiment that is recorded.
func (o runOptions) resumable() error {
	if len(o.given) == 0 {
		return nil
	}
	return usage(fmt.Errorf("got %s with --resume, which goes on with what is recorded", strings.Join(o.given, ", ")),
		"leave it out, also where it is a RAFTBENCH_* variable, or start a new run")
}

// sameHost refuses to mix two hosts' figures in one run.
func sameHost(env results.Environment) error {
	name, err := os.Hostname()
	if err != nil || env.Hostname == "" || name == env.Hostname {
		return nil
	}
	return usage(fmt.Errorf("the run is of host %s, and this is %s: figures of two hosts do not compare", env.Hostname, name), "start a new run")
}

// recordedSystem is that of the run's record; flags may only repeat it. A
// program is never run because a folder names it: whoever resumes names it, too.
func recordedSystem(ctx context.Context, env results.Environment, o runOptions) (system, error) {
	if len(o.endpoints) > 0 && !slices.Equal(o.endpoints, env.Endpoints) {
		return system{}, differs("--endpoints", strings.Join(o.endpoints, ","), strings.Join(env.Endpoints, ","))
	}
	if env.NodeBinary != "" && o.nodeBinary == "" {
		return system{}, usage(fmt.Errorf("the run's nodes are run by %s, which is not started only because %s names it", env.NodeBinary, results.EnvironmentFile),
			"if you trust that program, name it: "+resumeCommand(o.resume, env))
	}
	if err := sameArms(env, o); err != nil {
		return system{}, err
	}
	if o.nodeBinary != "" {
		given, err := nodeBinary(o.nodeBinary)
		if err != nil {
			return system{}, err
		}
		if given != env.NodeBinary {
			return system{}, differs("--node-binary", given, env.NodeBinary)
		}
	}
	o.endpoints = env.Endpoints
	return findSystem(ctx, o)
}

func differs(flag, given, recorded string) error {
	if recorded == "" {
		recorded = "none"
	}
	return usage(fmt.Errorf("got %s %s, and the run was recorded with %s", flag, given, recorded), "leave it out, or start a new run")
}

// recordedPlan reads the folder's own experiment, and the profile files beside it;
// none from outside, whatever it names.
func recordedPlan(dir string) (configs.Plan, error) {
	experiment, err := configs.LoadRecorded(dir, results.ExperimentFile)
	if err != nil {
		return configs.Plan{}, err
	}
	return experiment.Plan()
}
