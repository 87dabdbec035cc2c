package main

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// system is what a run measures: nodes that it starts from a binary, or a
// cluster that is running already.
type system struct {
	binary  string
	own     bool            // whether binary is this very program
	running *runningCluster // nil where nodes are started
	arms    []arm           // those that have builds of their own
}

// start says how the nodes of a setup are started.
func (s system) start(setup configs.Setup) cluster.Starter {
	for _, a := range s.arms {
		if a.name == setup.Params[configs.ArmAxis] {
			return cluster.Local(a.binary)
		}
	}
	return cluster.Local(s.binary)
}

// findSystem finds what the flags name, and refuses what cannot be measured.
func findSystem(ctx context.Context, o runOptions) (system, error) {
	if len(o.endpoints) == 0 {
		binary, err := nodeBinary(o.nodeBinary)
		if err != nil {
			return system{}, err
		}
		arms, err := armBuilds(o.arms)
		return system{binary: binary, own: o.nodeBinary == "", arms: arms}, err
	}
	if o.nodeBinary != "" {
		return system{}, usage(errors.New("got both --endpoints and --node-binary, want one of them"), "a running cluster has its nodes already")
	}
	if err := errors.Join(checkFlagsWithEndpoints(o.overrides), checkEndpoints(o.endpoints)); err != nil {
		return system{}, err
	}
	running, err := inspect(ctx, o.endpoints)
	return system{running: running}, err
}

// overrides are the flags, and what follows from the cluster that runs.
func (s system) overrides(v configs.Overrides) configs.Overrides {
	if s.running == nil {
		return v
	}
	return s.running.overrides(v)
}

// check refuses plans that this system cannot be measured under.
func (s system) check(plan configs.Plan) error {
	if s.running != nil {
		return s.running.check(plan)
	}
	for _, setup := range plan.Setups {
		if setup.Engine != configs.EngineHashicorp {
			return usage(fmt.Errorf("engine %s: this build starts hashicorp nodes only", setup.Engine),
				"start the "+setup.Engine+" members yourself and name them with --endpoints")
		}
	}
	return nil
}

// found says which members of a running cluster nobody named.
func (s system) found() string {
	if s.running == nil {
		return ""
	}
	return s.running.found
}

// record says in a run's environment what is measured.
func (s system) record(env *results.Environment) {
	switch {
	case s.running != nil:
		env.Endpoints = s.running.endpoints
		env.Versions = map[string]string{s.running.engine: s.running.version}
	case !s.own:
		env.NodeBinary, env.Versions = s.binary, versionsOf(s.binary)
	}
	for _, a := range s.arms {
		env.Arms = append(env.Arms, results.ArmBuild{Arm: a.name, Binary: a.binary, SHA256: a.sha256, Build: a.build, Versions: a.versions})
	}
}

// changes says what the record has otherwise than this system is.
func (s system) changes(recorded results.Environment) []string {
	now := results.Environment{Version: version, Commit: commit, Versions: versions()}
	s.record(&now)
	var out []string
	compare := func(what, was, is string) {
		if was != is {
			out = append(out, fmt.Sprintf("%s: the run began with %s and goes on with %s; its trials may not compare", what, was, is))
		}
	}
	compare("raftbench", recorded.Version, now.Version)
	compare("commit", recorded.Commit, now.Commit)
	if !maps.Equal(recorded.Versions, now.Versions) {
		compare("modules", fmt.Sprint(recorded.Versions), fmt.Sprint(now.Versions))
	}
	return out
}
