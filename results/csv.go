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
// nanoseconds; what does not apply is empty.
var csvHead = []string{
	"cell", "trial", "attempt", "kind", "nodes", "engine", "profile", "load", "params", "valid", "invalid_reasons", "flags",
	"survived", "blocked_at", "lost_writes",
	"window", "mode", "offered_ops", "clients", "duration_ns", "due", "completed", "writes", "reads", "throughput_ops",
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
		t.Cell, strconv.Itoa(t.Trial), strconv.Itoa(t.Attempt), string(t.Kind), strconv.Itoa(t.Nodes), t.Engine, t.Profile, t.Load,
		strings.Join(params, ";"), strconv.FormatBool(t.Valid), strings.Join(t.InvalidReasons, "; "), strings.Join(t.Flags, "; "),
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
		w.Name, w.Mode, number(w.OfferedOps), strconv.Itoa(w.Clients), whole(w.DurationNS),
		whole(w.Due), whole(w.Completed), whole(w.Writes), whole(w.Reads), number(w.ThroughputOps),
	}
	row = append(row, csvLatency(&w.Latency, true)...)
	row = append(row, csvLatency(w.ReadLatency, false)...)
	return append(row, whole(w.Lag.P50NS), whole(w.Lag.P99NS), whole(w.Errors), whole(w.Unknown), whole(w.Dropped),
		number(w.CPUSeconds), whole(w.NetworkBytes), whole(w.DiskBytes), whole(w.Fsyncs), number(w.HostBusy))
}

func csvLatency(l *Latency, full bool) []string {
	n := 3
	if full {
		n = 5
	}
	if l == nil || l.Count == 0 {
		return make([]string, n)
	}
	return []string{whole(l.P50NS), whole(l.P90NS), whole(l.P99NS), whole(l.P999NS), whole(l.MaxNS)}[:n]
}

func whole(v int64) string    { return strconv.FormatInt(v, 10) }
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
