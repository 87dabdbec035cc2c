package main

import (
	"fmt"
	"io"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/node"
	"github.com/raftbench/raftbench/results"
)

// version of raftbench; no release has been made yet.
const version = "devel"

// commit is set by the Makefile.
var commit = "unknown"

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which build this is and what it drives",
		Args:  arguments(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return runVersion(cmd.OutOrStdout()) },
	}
}

func runVersion(stdout io.Writer) error {
	_, err := io.WriteString(stdout, versionText())
	return err
}

// versionText is what version and --version print.
func versionText() string {
	text := fmt.Sprintf("raftbench %s (%s)%s, node protocol %d, %s %s/%s\n",
		version, commit, mutantText(), control.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	modules := versions()
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		text += fmt.Sprintf("  %s %s\n", name, modules[name])
	}
	return text
}

// mutantText warns of a build with mutants; empty in any other.
func mutantText() string {
	if node.Broken() == "" {
		return ""
	}
	return ", a build of nodes broken on purpose (" + node.MutantVariable + ": " + node.Broken() + ")"
}

// versions of the modules that a figure depends on, and how the nodes of this build
// are broken on purpose, where they are.
func versions() map[string]string {
	out := map[string]string{}
	if how := node.Broken(); how != "" {
		out[results.BrokenNodes] = how
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return out
	}
	for _, m := range info.Deps {
		switch m.Path {
		case "github.com/hashicorp/raft", "github.com/hashicorp/raft-boltdb/v2", "go.etcd.io/bbolt", "google.golang.org/grpc":
			out[m.Path] = moduleVersion(m)
		}
	}
	return out
}

// moduleVersion of a module; of one that another module or a folder stands in
// for, both: v1.7.3 => ../raft.
func moduleVersion(m *debug.Module) string {
	if m.Replace == nil {
		return m.Version
	}
	return strings.TrimSpace(m.Version + " => " + m.Replace.Path + " " + m.Replace.Version)
}
