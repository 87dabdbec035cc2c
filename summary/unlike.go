package summary

import (
	"bytes"
	"maps"
	"slices"
	"strconv"

	"github.com/raftbench/raftbench/results"
)

// Contrast is one thing in which two runs differ that no metric tells. What is
// not on record is empty.
type Contrast struct {
	What Trait `json:"what"`
	// Name is that of the module, of TraitVersion.
	Name string `json:"name,omitempty"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// Trait of a run.
type Trait string

// The traits that are looked at.
const (
	TraitHost       Trait = "host"
	TraitCPU        Trait = "cpu-model"
	TraitCores      Trait = "cores"
	TraitKernel     Trait = "kernel"
	TraitFilesystem Trait = "filesystem"
	TraitFsyncReal  Trait = "fsync-real" // true or false
	TraitFsync      Trait = "fsync-p50"  // the probe's median in nanoseconds, where it is far off
	TraitGo         Trait = "go"
	TraitRaftbench  Trait = "raftbench"  // version and commit
	TraitVersion    Trait = "version"    // of the module Name
	TraitExperiment Trait = "experiment" // the text differs; Old and New are empty
)

// unlike lists what differs between two runs that no metric tells.
func unlike(before, after *results.Run) []Contrast {
	a, b := before.Environment, after.Environment
	out := []Contrast{}
	differ := func(what Trait, name, was, is string) {
		if was != is {
			out = append(out, Contrast{what, name, was, is})
		}
	}
	differ(TraitHost, "", a.Hostname, b.Hostname)
	differ(TraitCPU, "", a.CPUModel, b.CPUModel)
	differ(TraitCores, "", strconv.Itoa(a.Cores), strconv.Itoa(b.Cores))
	differ(TraitKernel, "", a.Kernel, b.Kernel)
	differ(TraitFilesystem, "", a.Filesystem, b.Filesystem)
	differ(TraitFsyncReal, "", strconv.FormatBool(a.FsyncReal), strconv.FormatBool(b.FsyncReal))
	differ(TraitGo, "", a.GoVersion, b.GoVersion)
	differ(TraitRaftbench, "", a.Version+" "+a.Commit, b.Version+" "+b.Commit)
	if far(a.FsyncP50NS, b.FsyncP50NS) {
		differ(TraitFsync, "", strconv.FormatInt(a.FsyncP50NS, 10), strconv.FormatInt(b.FsyncP50NS, 10))
	}
	for _, name := range versions(a, b) {
		differ(TraitVersion, name, a.Versions[name], b.Versions[name])
	}
	if !bytes.Equal(before.Experiment, after.Experiment) {
		out = append(out, Contrast{What: TraitExperiment})
	}
	return out
}

// far tells probes apart that differ by more than a probe does from minute to
// minute.
func far(a, b int64) bool { return 2*min(a, b) < max(a, b) }

func versions(a, b results.Environment) []string {
	all := maps.Clone(a.Versions)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b.Versions)
	return slices.Sorted(maps.Keys(all))
}
