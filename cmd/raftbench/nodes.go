package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// nodes are what a run loads: nodes of its own, that run binary, or a running
// cluster.
type nodes struct {
	binary  string
	own     bool // whether binary is this very program
	running *runningCluster
}

// nodesOf finds what the flags name, and refuses what cannot be loaded.
func nodesOf(ctx context.Context, o runOptions) (nodes, error) {
	if len(o.endpoints) > 0 {
		if o.nodeBinary != "" {
			return nodes{}, usage(errors.New("got both --endpoints and --node-binary, want one of them"), "a running cluster has its nodes already")
		}
		if err := errors.Join(beside(o.overrides), onThisMachine(o.endpoints)); err != nil {
			return nodes{}, err
		}
		running, err := inspect(ctx, o.endpoints)
		return nodes{running: running}, err
	}
	binary, err := nodeBinary(o.nodeBinary)
	return nodes{binary: binary, own: o.nodeBinary == ""}, err
}

// nodeBinary is the program that runs a node: this one unless told otherwise.
func nodeBinary(given string) (string, error) {
	if given == "" {
		self, err := os.Executable()
		if err != nil {
			return "", fail(exitFailed, fmt.Errorf("find this program's own file: %w", err), "name it with --node-binary")
		}
		return self, nil
	}
	if info, err := os.Stat(given); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
		return "", usage(fmt.Errorf("--node-binary %s: not a program that can be run", given), "build one with make build, and name bin/raftbench")
	}
	return filepath.Abs(given)
}

// overrides are the flags, and what follows from the cluster that runs.
func (n nodes) overrides(v configs.Overrides) configs.Overrides {
	if n.running == nil {
		return v
	}
	return n.running.overrides(v)
}

// suit refuses plans that these nodes cannot be measured under.
func (n nodes) suit(plan configs.Plan) error {
	if n.running != nil {
		return n.running.suits(plan)
	}
	for _, s := range plan.Setups {
		if s.Engine != configs.EngineHashicorp {
			return usage(fmt.Errorf("engine %s: this build starts hashicorp nodes only", s.Engine),
				"start the "+s.Engine+" members yourself and name them with --endpoints")
		}
	}
	return nil
}

// record says in a run's environment what is measured.
func (n nodes) record(env *results.Environment) {
	switch {
	case n.running != nil:
		env.Endpoints = n.running.endpoints
		env.Versions = map[string]string{n.running.engine: n.running.version}
	case !n.own:
		env.NodeBinary, env.Versions = n.binary, versionsOf(n.binary)
	}
}

// changed warns of what is recorded otherwise than these nodes are.
func (n nodes) changed(recorded results.Environment) []string {
	now := results.Environment{Version: version, Commit: commit, Versions: versions()}
	n.record(&now)
	var out []string
	differ := func(what, was, is string) {
		if was != is {
			out = append(out, fmt.Sprintf("%s: the run began with %s and goes on with %s; its trials may not compare", what, was, is))
		}
	}
	differ("raftbench", recorded.Version, now.Version)
	differ("commit", recorded.Commit, now.Commit)
	if !maps.Equal(recorded.Versions, now.Versions) {
		differ("modules", fmt.Sprint(recorded.Versions), fmt.Sprint(now.Versions))
	}
	return out
}

// versionBound is how long another build may take to say what it is.
const versionBound = 5 * time.Second

// versionsOf asks another build for its modules: the lines of `version` that
// hold a name and a version. It is empty where the build does not tell.
func versionsOf(binary string) map[string]string {
	ctx, cancel := context.WithTimeout(context.Background(), versionBound)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "version")
	cmd.WaitDelay = time.Second
	text, err := cmd.Output()
	out := map[string]string{}
	if err != nil {
		return out
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) == 2 && strings.Contains(words[0], "/") {
			out[words[0]] = words[1]
		}
	}
	return out
}
