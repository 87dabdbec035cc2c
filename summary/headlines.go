package summary

import (
	"cmp"
	"slices"
	"strings"
)

// headlines are the metrics that a reader asks for first, in that order.
var headlines = []string{
	"write_latency_p50_ns", "write_latency_p90_ns", "write_latency_p99_ns", "write_latency_p999_ns",
	"read_latency_p50_ns", "read_latency_p90_ns", "read_latency_p99_ns",
	"throughput_ops", "capacity_ops",
	"cpu_seconds_per_kwrite", "network_bytes_per_write", "disk_bytes_per_write", "fsyncs_per_write",
	"idle_cpu_seconds_per_second", "idle_network_bytes_per_second", "idle_disk_bytes_per_second", "idle_fsyncs_per_second",
	"outage_p50_ns", "election_p50_ns",
}

// Headline tells whether a metric is one of those that tables show unasked.
func Headline(metric string) bool { return slices.Contains(headlines, metric) }

// Headlines are those metrics, in their order.
func Headlines() []string { return slices.Clone(headlines) }

// byRank sorts metrics: the headlines in their order, the others by name.
func byRank(a, b string) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

func rank(metric string) int {
	if i := slices.Index(headlines, metric); i >= 0 {
		return i
	}
	return len(headlines)
}

// Name is a metric's name for people: without the unit that its value shows.
func Name(metric string) string {
	return strings.TrimSuffix(strings.TrimSuffix(metric, "_ns"), "_ops")
}
