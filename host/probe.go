// Package host says what an experiment ran on: cores, kernel, filesystem, and
// how long its fsync really takes. A figure means nothing without its host.
package host

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/load"
	"github.com/shirou/gopsutil/v4/mem"

	"github.com/raftbench/raftbench/results"
)

// Probe describes this host and the filesystem that holds dir, which it
// creates if need be. With full it also appends and syncs some hundred times
// there, for at most a second; without, the fsync figures stay zero.
//
// Only a directory that cannot be written is an error: what the system does
// not tell is left empty.
func Probe(ctx context.Context, dir string, full bool) (results.Environment, error) {
	env := describe(ctx)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return env, fmt.Errorf("probing the disk: %w", err)
	}
	env.Filesystem = filesystem(ctx, dir)
	if !full {
		return env, nil
	}
	syncs, err := probeFsync(ctx, dir, probeSyncs)
	if err != nil {
		return env, fmt.Errorf("probing the disk: %w", err)
	}
	env.FsyncP50NS, env.FsyncP99NS = syncs.ValueAtQuantile(50), syncs.ValueAtQuantile(99)
	env.FsyncReal = isReal(env)
	return env, nil
}

// describe says what does not depend on a directory.
func describe(ctx context.Context) results.Environment {
	env := results.Environment{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), GoVersion: runtime.Version(),
		Versions: map[string]string{},
	}
	if info, err := host.InfoWithContext(ctx); err == nil {
		env.Hostname, env.Kernel = info.Hostname, info.KernelVersion
	}
	if cpus, err := cpu.InfoWithContext(ctx); err == nil && len(cpus) > 0 {
		env.CPUModel = cpus[0].ModelName
	}
	if m, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		env.MemoryBytes = int64(m.Total)
	}
	if l, err := load.AvgWithContext(ctx); err == nil {
		env.Load1 = l.Load1
	}
	build(&env)
	return env
}

// driven are the modules whose version changes what is measured.
var driven = map[string]bool{
	"github.com/hashicorp/raft":           true,
	"github.com/hashicorp/raft-boltdb/v2": true,
	"go.etcd.io/bbolt":                    true,
	"go.etcd.io/etcd/api/v3":              true,
	"google.golang.org/grpc":              true,
}

// build fills in what the binary knows of itself.
func build(env *results.Environment) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	env.Version = info.Main.Version
	for _, dep := range info.Deps {
		if driven[dep.Path] {
			env.Versions[dep.Path] = dep.Version
		}
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			env.Commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			env.Commit += "-dirty"
		}
	}
}
