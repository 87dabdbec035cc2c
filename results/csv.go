package results

import (
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// csvHead is a line for each window of each attempt of each trial; a trial
// without windows, such as a proof, has one line. Durations are integers of
// nanoseconds; what does not apply is empty, and so is a percentile that lies
// among operations that failed.
var csvHead = []string{
	"cell", "trial", "attempt", "block", "kind", "nodes", "engine", "profile", "load", "limit", "params", "valid", "remarks", "findings",
	"survived", "blocked_at", "lost_writes",
	"window", "role", "mode", "offered_ops", "clients", "duration_ns", "attempted", "completed", "failed", "writes", "reads", "throughput_ops",
	"write_latency_p50_ns", "write_latency_p90_ns", "write_latency_p99_ns", "write_latency_p999_ns", "write_latency_max_ns",
	"read_latency_p50_ns", "read_latency_p90_ns", "read_latency_p99_ns",
	"lag_p50_ns", "lag_p99_ns", "errors", "unknown", "dropped",
	"cpu_seconds", "network_bytes", "disk_bytes", "fsyncs", "host_busy",
}

// WriteCSV writes what was recorded of every trial, invalid ones included.
func WriteCSV(w io.Writer, run *Run) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHead); err != nil {
		return err
	}
	for _, t := range run.Trials {
		for _, row := range csvRows(t) {
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func csvRows(t Trial) [][]string {
	head := csvTrial(t)
	if len(t.Windows) == 0 {
		return [][]string{append(head, make([]string, len(csvHead)-len(head))...)}
	}
	var rows [][]string
	for _, w := range t.Windows {
		rows = append(rows, append(slices.Clone(head), csvWindow(w)...))
	}
	return rows
}

func csvTrial(t Trial) []string {
	var params []string
	for _, key := range slices.Sorted(maps.Keys(t.Params)) {
		params = append(params, key+"="+t.Params[key])
	}
	row := []string{
		t.Cell, strconv.Itoa(t.Trial), strconv.Itoa(t.Attempt), strconv.Itoa(t.Block), string(t.Kind), strconv.Itoa(t.Nodes),
		t.Engine, t.Profile, t.Load, t.Limit, strings.Join(params, ";"), strconv.FormatBool(t.Valid),
		strings.Join(remarkCodes(t), ";"), strings.Join(findingRules(t), ";"),
	}
	if t.Proof == nil {
		row = append(row, "", "")
	} else {
		row = append(row, strconv.Itoa(t.Proof.Survived), strconv.Itoa(t.Proof.BlockedAt))
	}
	if t.Audit == nil {
		return append(row, "")
	}
	return append(row, whole(t.Audit.Lost))
}

func csvWindow(w Window) []string {
	row := []string{
		w.Name, string(w.Role), w.Mode, number(w.OfferedOps), strconv.Itoa(w.Clients), whole(w.DurationNS),
		whole(w.Attempted), whole(w.Completed), whole(w.Failed()), whole(w.Writes), whole(w.Reads), number(w.ThroughputOps),
	}
	row = append(row, csvLatency(&w.Latency, true)...)
	row = append(row, csvLatency(w.ReadLatency, false)...)
	return append(row, nanos(w.Lag.P50NS), nanos(w.Lag.P99NS), whole(w.Errors), whole(w.Unknown), whole(w.Dropped),
		number(w.CPUSeconds), whole(w.NetworkBytes), whole(w.DiskBytes), whole(w.Fsyncs), number(w.HostBusy))
}

func csvLatency(l *Latency, full bool) []string {
	n := 3
	if full {
		n = 5
	}
	if l == nil || l.Count+l.Failed == 0 {
		return make([]string, n)
	}
	return []string{nanos(l.P50NS), nanos(l.P90NS), nanos(l.P99NS), nanos(l.P999NS), nanos(l.MaxNS)}[:n]
}

// remarkCodes are the trial's remarks, each by severity, code and window.
func remarkCodes(t Trial) []string {
	var out []string
	for _, r := range t.Remarks {
		text := string(r.Severity) + ":" + string(r.Code)
		if r.Window != "" {
			text += "@" + r.Window
		}
		out = append(out, text)
	}
	return out
}

func findingRules(t Trial) []string {
	var out []string
	for _, f := range t.Findings {
		out = append(out, string(f.Class)+":"+f.Rule)
	}
	return out
}

// nanos is empty where the time is that of an operation that failed.
func nanos(v Nanos) string {
	if v == Never {
		return ""
	}
	return whole(int64(v))
}

func whole(v int64) string    { return strconv.FormatInt(v, 10) }
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
