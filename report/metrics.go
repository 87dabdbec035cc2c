package report

import (
	"math"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/summary"
)

// The metrics that tables and charts know by name.
const (
	writeP50     = "write_latency_p50_ns"
	writeP90     = "write_latency_p90_ns"
	writeP99     = "write_latency_p99_ns"
	readP50      = "read_latency_p50_ns"
	readP90      = "read_latency_p90_ns"
	readP99      = "read_latency_p99_ns"
	throughput   = "throughput_ops"
	capacity     = "capacity_ops"
	cpuPerKwrite = "cpu_seconds_per_kwrite"
	networkPer   = "network_bytes_per_write"
	diskPer      = "disk_bytes_per_write"
	fsyncsPer    = "fsyncs_per_write"
	outage       = summary.MedianOutage
	outageP90    = summary.LateOutage
	outageMax    = summary.LongestOutage
	splitShare   = "split_vote_share"

	detectP50     = "detect_p50_ns"
	electP50      = "elect_p50_ns"
	commitP50     = "commit_p50_ns"
	rediscoverP50 = "rediscover_p50_ns"

	offered    = "offered_ops"
	errorRatio = "error_ratio"

	falseElections = "false_elections_per_hour"
)

// metricWords are what the metrics of the tables are called in a sentence.
var metricWords = map[string]string{
	writeP50: "write p50", writeP90: "write p90", writeP99: "write p99",
	readP50: "read p50", readP90: "read p90", readP99: "read p99",
	throughput: "throughput", capacity: "capacity", cpuPerKwrite: "CPU time", networkPer: "bytes between nodes",
	diskPer: "bytes to disk", fsyncsPer: "fsyncs", outage: "outage", outageP90: "outage p90", outageMax: "longest outage",
	detectP50: "detection", electP50: "election", commitP50: "first commit", rediscoverP50: "rediscovery", splitShare: "split votes",
	falseElections: "false elections an hour",

	fullPrefix + cpuPerKwrite: "CPU time at full load", fullPrefix + networkPer: "bytes between nodes at full load",
	fullPrefix + diskPer: "bytes to disk at full load", fullPrefix + fsyncsPer: "fsyncs at full load",

	idlePrefix + "cpu_seconds_per_second": "idle CPU", idlePrefix + "network_bytes_per_second": "idle network",
	idlePrefix + "disk_bytes_per_second": "idle disk", idlePrefix + "fsyncs_per_second": "idle fsyncs",
}

// MetricName is what a metric is called in a sentence.
func MetricName(metric string) string {
	if words, ok := metricWords[metric]; ok {
		return words
	}
	for _, unit := range []string{"_ns", "_ops", "_per_write"} {
		metric = strings.TrimSuffix(metric, unit)
	}
	return strings.ReplaceAll(metric, "_", " ")
}

// figure is a metric as it is shown.
type figure struct {
	// median is +Inf where it lies among operations that failed.
	median   float64
	interval bool
	// low and high are its ends; high, or both, may be +Inf likewise.
	low, high float64
	n         int
	pooled    bool
	doubts    []int
	of        chart.Origin // of a setup's metric
}

// metric finds a usable figure of a setup.
func metric(c summary.Cell, name string) (figure, bool) {
	m, ok := c.Metrics[name]
	if !ok {
		return figure{}, false
	}
	f, ok := figureOf(name, m)
	f.of = chart.Origin{Setup: c.Cell, Name: name}
	return f, ok
}

// figureOf reads a metric. Only a time can be null and yet known: later than
// every other.
func figureOf(name string, m summary.Metric) (figure, bool) {
	time := strings.HasSuffix(name, "_ns")
	f := figure{median: beyond(m.Median, time && m.N > 0), n: m.N, pooled: m.Pooled, doubts: m.Doubts}
	if math.IsNaN(f.median) {
		return figure{}, false
	}
	f.low, f.high = beyond(m.CILow, time && m.Interval), beyond(m.CIHigh, time && m.Interval)
	f.interval = m.Interval && !math.IsNaN(f.low) && !math.IsNaN(f.high)
	return f, true
}

// beyond is the number, or +Inf for a null that stands for one beyond all.
func beyond(v *float64, null bool) float64 {
	switch {
	case v != nil && finite(*v):
		return *v
	case v == nil && null:
		return math.Inf(1)
	}
	return math.NaN()
}

// never tells whether the median is that of operations that failed.
func (f figure) never() bool { return math.IsInf(f.median, 1) }

// upper is the highest finite value of what is drawn of a figure.
func (f figure) upper() float64 {
	most := 0.0
	for _, v := range []float64{f.median, f.low, f.high} {
		if finite(v) && (v == f.median || f.interval) {
			most = max(most, v)
		}
	}
	return most
}

// measuredAny tells whether any of some setups has a metric.
func measuredAny(cells []summary.Cell, name string) bool {
	return slices.ContainsFunc(cells, func(c summary.Cell) bool {
		_, ok := metric(c, name)
		return ok
	})
}
