package summary

import (
	"slices"
	"strings"
)

// MetricNames are all names that a metric of a summary may have, whether or
// not a run has it. A window's name stands before what was measured in it; of
// the calm window, which tells the cost of a write, nothing does.
func MetricNames() []string {
	names := []string{
		"boot_p50_ns", "capacity_ops", "election_p50_ns", "outage_p50_ns",
		"throughput_ops", "rss_bytes", "leader_store_time_p50_ns",
		"idle_cpu_seconds_per_second", "idle_network_bytes_per_second", "idle_disk_bytes_per_second", "idle_fsyncs_per_second",
	}
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

// proven metrics are taken from proof trials; all others from measuring ones.
var proven = []string{"outage_p50_ns", "election_p50_ns"}

// Proven tells whether a metric is taken from proof trials.
func Proven(metric string) bool { return slices.Contains(proven, metric) }

// FarOut tells whether a metric is a percentile that few operations decide.
func FarOut(metric string) bool {
	return slices.ContainsFunc(farOut, func(end string) bool { return strings.HasSuffix(metric, end) })
}
