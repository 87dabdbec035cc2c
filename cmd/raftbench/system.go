package main

import (
	"cmp"
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
	binary string
	own    bool // whether binary is this very program
	// versions that the binary tells of itself, where it is another.
	versions map[string]string
	running  *runningCluster // nil where nodes are started
	arms     []arm           // those that have builds of their own
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
		return startedSystem(o)
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

// startedSystem is nodes that this program starts.
func startedSystem(o runOptions) (s system, err error) {
	if s.binary, err = nodeBinary(o.nodeBinary); err != nil {
		return system{}, err
	}
	if s.own = o.nodeBinary == ""; !s.own {
		if s.versions, err = versionsOf(s.binary); err != nil {
			return system{}, err
		}
	}
	s.arms, err = armBuilds(o.arms)
	return s, err
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
		if s.running.broken != "" {
			env.Versions[results.BrokenNodes] = s.running.broken
		}
	case !s.own:
		env.NodeBinary, env.Versions = s.binary, s.versions
	}
	for _, a := range s.arms {
		env.Arms = append(env.Arms, results.ArmBuild{Arm: a.name, Binary: a.binary, SHA256: a.sha256, Build: a.build, Versions: a.versions})
	}
}

// now is the build's part of what a run would record of this system.
func (s system) now() results.Environment {
	env := results.Environment{Version: version, Commit: commit, Versions: versions()}
	s.record(&env)
	return env
}

// asBroken refuses to put trials of nodes that are broken on purpose, or otherwise so,
// among those of others: a run is of the one or of the other, and says so.
func (s system) asBroken(recorded results.Environment) error {
	was, is := cmp.Or(recorded.Broken(), "not at all"), cmp.Or(s.now().Broken(), "not at all")
	if was == is {
		return nil
	}
	return usage(fmt.Errorf("got nodes that are broken on purpose: %s; the run's were: %s", is, was), "go on with the build that the run began with, or start a new run")
}

// changes says what the record has otherwise than this system is.
func (s system) changes(recorded results.Environment) []string {
	now := s.now()
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
