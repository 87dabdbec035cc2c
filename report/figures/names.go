package figures

import (
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// The metrics that tables and charts know by name.
const (
	WriteP50     = "write_latency_p50_ns"
	WriteP90     = "write_latency_p90_ns"
	WriteP99     = "write_latency_p99_ns"
	ReadP50      = "read_latency_p50_ns"
	ReadP90      = "read_latency_p90_ns"
	ReadP99      = "read_latency_p99_ns"
	Throughput   = "throughput_ops"
	Capacity     = "capacity_ops"
	CPUPerKwrite = "cpu_seconds_per_kwrite"
	NetworkPer   = "network_bytes_per_write"
	DiskPer      = "disk_bytes_per_write"
	FsyncsPer    = "fsyncs_per_write"
	Outage       = summary.MedianOutage
	OutageP90    = summary.LateOutage
	OutageMax    = summary.LongestOutage
	SplitShare   = "split_vote_share"

	DetectP50     = "detect_p50_ns"
	ElectP50      = "elect_p50_ns"
	CommitP50     = "commit_p50_ns"
	RediscoverP50 = "rediscover_p50_ns"

	Offered    = "offered_ops"
	ErrorRatio = "error_ratio"

	FalseElections = "false_elections_per_hour"
)

// Words are what the metrics of the tables are called in a sentence.
var Words = map[string]string{
	WriteP50: "write p50", WriteP90: "write p90", WriteP99: "write p99",
	ReadP50: "read p50", ReadP90: "read p90", ReadP99: "read p99",
	Throughput: "throughput", Capacity: "capacity", CPUPerKwrite: "CPU time", NetworkPer: "bytes between nodes",
	DiskPer: "bytes to disk", FsyncsPer: "fsyncs", Outage: "outage", OutageP90: "outage p90", OutageMax: "longest outage",
	DetectP50: "detection", ElectP50: "election", CommitP50: "first commit", RediscoverP50: "rediscovery", SplitShare: "split votes",
	FalseElections: "false elections an hour",

	FullPrefix + CPUPerKwrite: "CPU time at full load", FullPrefix + NetworkPer: "bytes between nodes at full load",
	FullPrefix + DiskPer: "bytes to disk at full load", FullPrefix + FsyncsPer: "fsyncs at full load",

	IdlePrefix + "cpu_seconds_per_second": "idle CPU", IdlePrefix + "network_bytes_per_second": "idle network",
	IdlePrefix + "disk_bytes_per_second": "idle disk", IdlePrefix + "fsyncs_per_second": "idle fsyncs",
}

// Name is what a metric is called in a sentence.
func Name(metric string) string {
	if words, ok := Words[metric]; ok {
		return words
	}
	for _, unit := range []string{"_ns", "_ops", "_per_write"} {
		metric = strings.TrimSuffix(metric, unit)
	}
	return strings.ReplaceAll(metric, "_", " ")
}

// FullPrefix begins the metrics of the window under full load.
const FullPrefix = results.WindowSaturate + "_"

// The prefixes of what is used without load, and by one more write.
const (
	IdlePrefix     = "idle_"
	MarginalPrefix = "marginal_"
)
