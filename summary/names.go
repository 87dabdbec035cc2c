package summary

import (
	"slices"
	"strings"

	"github.com/raftbench/raftbench/results"
)

// MetricNames are all names that a metric of a summary may have, whether or
// not a run has it. A window's name stands before what was measured in it; of
// the calm window, which tells the cost of a write, nothing does.
func MetricNames() []string {
	names := []string{
		"boot_p50_ns", "capacity_ops", FalseElections,
		"throughput_ops", "rss_bytes", "leader_store_time_p50_ns",
		"idle_cpu_seconds_per_second", "idle_network_bytes_per_second", "idle_disk_bytes_per_second", "idle_fsyncs_per_second",
	}
	names = append(names, proven...)
	names = append(names, repeated...)
	for _, window := range []string{"", "saturate_", "capacity_at_50_", "capacity_at_80_"} {
		for _, k := range kinds {
			for _, suffix := range []string{"_p50_ns", "_p90_ns", "_p99_ns", "_p999_ns", "_max_ns"} {
				names = append(names, window+k.metric+suffix)
			}
		}
		for _, cost := range []string{
			"offered_ops", "availability", "error_ratio", "cpu_seconds_per_kwrite", "client_cpu_seconds_per_kwrite",
			"network_bytes_per_write", "disk_bytes_per_write", "fsyncs_per_write", "host_busy_share",
		} {
			names = append(names, window+cost)
		}
	}
	for _, cost := range []string{"cpu_seconds_per_kwrite", "network_bytes_per_write", "disk_bytes_per_write", "fsyncs_per_write"} {
		names = append(names, "marginal_"+cost)
	}
	slices.Sort(names)
	return names
}

// Metrics of outages that are judged otherwise than medians.
const (
	MedianOutage  = "outage_p50_ns"
	LateOutage    = "outage_p90_ns"
	LongestOutage = "outage_max_ns"
	// LateQuantile is that of LateOutage.
	LateQuantile = 0.9
)

// proven metrics are taken from proof trials, where none did one fault again and
// again; repeated ones are from those alone. All others are from measuring trials.
var (
	proven   = []string{MedianOutage, "election_p50_ns"}
	repeated = []string{
		LateOutage, LongestOutage, "detect_p50_ns", "elect_p50_ns", "commit_p50_ns", "rediscover_p50_ns", "split_vote_share",
	}
)

// OfFaults tells whether a metric is of what happened after faults: each value is
// one fault's.
func OfFaults(metric string) bool {
	return slices.Contains(proven, metric) || slices.Contains(repeated, metric)
}

// timesOfFaults are those that are times.
func timesOfFaults() []string {
	return slices.DeleteFunc(slices.Concat(proven, repeated), func(name string) bool { return !strings.HasSuffix(name, "_ns") })
}

// Source is the kind of trial that a cell's metric is taken from.
func (c Cell) Source(metric string) results.TrialKind {
	switch {
	case metric == FalseElections:
		return results.Watch
	case !OfFaults(metric):
		return results.Measure
	case c.OutageTrials > 0 || slices.Contains(repeated, metric):
		return results.Outages
	}
	return results.Proof
}

// TrialsOf a kind: how many are valid, of how many.
func (c Cell) TrialsOf(k results.TrialKind) (valid, all int) {
	switch k {
	case results.Proof:
		return c.ValidProofs, c.Proofs
	case results.Outages:
		return c.ValidOutageTrials, c.OutageTrials
	case results.Watch:
		if c.Watched == nil {
			return 0, 0
		}
		return c.Watched.ValidTrials, c.Watched.Trials
	case results.SafetyTest:
		if c.Tested == nil {
			return 0, 0
		}
		return c.Tested.Holds, c.Tested.Trials
	}
	return c.ValidTrials, c.Trials
}

// FarOut tells whether a metric is a percentile that few operations decide.
func FarOut(metric string) bool {
	return slices.ContainsFunc(farOut, func(end string) bool { return strings.HasSuffix(metric, end) })
}
