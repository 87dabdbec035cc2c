package summary

import (
	"math"
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Observations are a cell's values a trial, by metric: what intervals and
// comparisons rest on. The far percentiles are not among them where a trial
// is too short to carry them.
type Observations map[string]stats.Sample

// add leaves out what is no number: there is no such measurement.
func (o Observations) add(name string, v float64) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		o[name] = append(o[name], v)
	}
}

// Observe gives the values of one cell's valid trials; nil when the run has
// no such cell.
func Observe(run *results.Run, cell string) Observations {
	for _, c := range byCell(run) {
		if c.all[0].Cell == cell {
			return observe(valid(c.measure), valid(c.proof))
		}
	}
	return nil
}

func observe(measured, proofs []results.Trial) Observations {
	o := Observations{}
	for _, t := range measured {
		if t.BootNS > 0 { // a cluster that ran already was not booted
			o.add("boot_p50_ns", float64(t.BootNS))
		}
		o.processes(t)
		for _, w := range t.Windows {
			o.window(w)
		}
	}
	o["capacity_ops"] = capacities(measured)
	if len(o["capacity_ops"]) == 0 {
		delete(o, "capacity_ops")
	}
	for _, t := range proofs {
		if t.Proof != nil && t.Proof.UnavailabilityNS > 0 {
			o.add("unavailability_p50_ns", float64(t.Proof.UnavailabilityNS))
		}
		if t.Proof != nil && t.Proof.ElectionNS > 0 {
			o.add("election_p50_ns", float64(t.Proof.ElectionNS))
		}
	}
	o.dropThinTails(len(measured))
	return o
}

// prefix of a window's metrics: none for the calm one, whose figures are the
// cost of a write.
func prefix(window string) string {
	if window == results.WindowCalm {
		return ""
	}
	return strings.ReplaceAll(window, "-", "_") + "_"
}

func (o Observations) window(w results.Window) {
	if ofCurve(w.Name) || w.Name == guess {
		return
	}
	p := prefix(w.Name)
	o.latency(p+"write_latency", &w.Latency)
	o.latency(p+"read_latency", w.ReadLatency)
	// In a closed loop both latencies are one.
	if w.Mode == results.ModeOpen {
		o.latency(p+"service_latency", &w.Service)
		o.latency(p+"read_service_latency", w.ReadService)
		o.add(p+"offered_ops", w.OfferedOps)
	}
	if w.Name == results.WindowSaturate {
		o.add("throughput_ops", w.ThroughputOps)
	}
	o.costs(p, w)
}

func (o Observations) latency(name string, l *results.Latency) {
	if l == nil || l.Count == 0 {
		return
	}
	o.add(name+"_p50_ns", float64(l.P50NS))
	o.add(name+"_p90_ns", float64(l.P90NS))
	o.add(name+"_max_ns", float64(l.MaxNS))
	if stats.Percentile(99, l.Count) == stats.Enough {
		o.add(name+"_p99_ns", float64(l.P99NS))
	}
	if stats.Percentile(99.9, l.Count) == stats.Enough {
		o.add(name+"_p999_ns", float64(l.P999NS))
	}
}

// costs of a write: what carries over to separate machines. Where no process
// was metered, as with a cluster that was already there, there are none.
func (o Observations) costs(p string, w results.Window) {
	if w.Writes == 0 || w.CPUSeconds == 0 {
		return
	}
	writes := float64(w.Writes)
	o.add(p+"cpu_seconds_per_kwrite", w.CPUSeconds/writes*1000)
	o.add(p+"client_cpu_seconds_per_kwrite", w.ClientCPUSeconds/writes*1000)
	o.add(p+"network_bytes_per_write", float64(w.NetworkBytes)/writes)
	o.add(p+"disk_bytes_per_write", float64(w.DiskBytes)/writes)
	o.add(p+"fsyncs_per_write", float64(w.Fsyncs)/writes)
	o.add(p+"host_busy_share", w.HostBusy)
}

// processes adds what was metered over the whole trial.
func (o Observations) processes(t results.Trial) {
	var rss int64
	for _, r := range t.Resources {
		if r.Node != "client" {
			rss = max(rss, r.RSSBytes)
		}
		if r.Node == t.Leader && r.StoreTimeP50NS > 0 {
			o.add("leader_store_time_p50_ns", float64(r.StoreTimeP50NS))
		}
	}
	if rss > 0 {
		o.add("rss_bytes", float64(rss))
	}
}

// dropThinTails removes the far percentiles that only some trials carry: the
// median over the longer trials alone would be another quantity.
func (o Observations) dropThinTails(trials int) {
	for name, values := range o {
		if (strings.HasSuffix(name, "_p99_ns") || strings.HasSuffix(name, "_p999_ns")) && len(values) < trials {
			delete(o, name)
		}
	}
}

// metrics are the medians of observations, with intervals where there are.
func metrics(o Observations) map[string]Metric {
	out := make(map[string]Metric, len(o))
	for name, values := range o {
		out[name] = metricOf(values)
	}
	return out
}

func metricOf(values stats.Sample) Metric {
	i := values.Median()
	m := Metric{Median: i.Center, N: i.N}
	if i.Bounded() {
		m.CILow, m.CIHigh = &i.Low, &i.High
	}
	return m
}
