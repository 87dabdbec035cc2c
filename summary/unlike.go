package summary

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/raftbench/raftbench/results"
)

// unlike lists what differs between two runs that no metric tells.
func unlike(before, after *results.Run) []string {
	a, b := before.Environment, after.Environment
	notes := []string{}
	differ := func(what string, was, is any) {
		if was != is {
			notes = append(notes, fmt.Sprintf("%s: %v, now %v", what, orUnknown(was), orUnknown(is)))
		}
	}
	differ("the hosts differ", a.Hostname, b.Hostname)
	differ("CPU model", a.CPUModel, b.CPUModel)
	differ("cores", a.Cores, b.Cores)
	differ("kernel", a.Kernel, b.Kernel)
	differ("filesystem", a.Filesystem, b.Filesystem)
	differ("fsync is real", a.FsyncReal, b.FsyncReal)
	differ("Go", a.GoVersion, b.GoVersion)
	differ("raftbench", a.Version+" "+a.Commit, b.Version+" "+b.Commit)
	if far(a.FsyncP50NS, b.FsyncP50NS) {
		differ("the probe's fsync median", Text("fsync_p50_ns", float64(a.FsyncP50NS)), Text("fsync_p50_ns", float64(b.FsyncP50NS)))
	}
	for _, name := range versions(a, b) {
		differ(name, a.Versions[name], b.Versions[name])
	}
	if !bytes.Equal(before.Experiment, after.Experiment) {
		notes = append(notes, "the experiments differ: see experiment.yaml of each")
	}
	return notes
}

// orUnknown is what stands for a text that is not on record.
func orUnknown(v any) any {
	if v == "" {
		return "not on record"
	}
	return v
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
