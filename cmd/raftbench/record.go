package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/results"
)

// probe tells the host's record, before the run's folder exists.
func probe(ctx context.Context, dir string) (results.Environment, error) {
	parent := existing(dir)
	env, err := host.Probe(ctx, parent, true)
	if err != nil {
		return env, usage(fmt.Errorf("probe the disk under %s: %w", parent, err), "name a folder that can be written with --out")
	}
	env.RunID = filepath.Base(dir)
	env.StartedAt = time.Now().UTC()
	env.Version, env.Commit, env.Versions = version, commit, versions()
	return env, nil
}

// existing is the nearest folder above dir that is there already.
func existing(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "."
		}
		dir = parent
	}
}
