package summary

import (
	"math"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// observation is what one trial says of a metric. It is +Inf where the value
// lies among operations that failed.
type observation struct {
	trial *results.Trial
	value float64
}

// observations are a cell's, by metric and in the order of its trials: what
// intervals and comparisons rest on. The far percentiles are not among them
// where a trial is too short to carry them.
type observations map[string][]observation

// sample is the values alone.
func (o observations) sample(metric string) stats.Sample {
	out := make(stats.Sample, len(o[metric]))
	for i, v := range o[metric] {
		out[i] = v.value
	}
	return out
}

// valuesBy finds a trial's value of a metric: its own, or the cell's where that
// is pooled.
func (o observations) valuesBy(metrics map[string]Metric) func(*results.Trial, string) float64 {
	type place struct {
		trial  *results.Trial
		metric string
	}
	at := map[place]float64{}
	for name, values := range o {
		for _, v := range values {
			at[place{v.trial, name}] = v.value
		}
	}
	return func(t *results.Trial, metric string) float64 {
		if v, own := at[place{t, metric}]; own {
			return v
		}
		return value(metrics[metric].Median)
	}
}

// add leaves out what is no number: there is no such measurement.
func (o observations) add(t *results.Trial, name string, v float64) {
	if !math.IsNaN(v) {
		o[name] = append(o[name], observation{t, v})
	}
}

func observe(measured, proofs []*results.Trial) observations {
	o := observations{}
	for _, t := range measured {
		if t.BootNS > 0 { // a cluster that ran already was not booted
			o.add(t, "boot_p50_ns", float64(t.BootNS))
		}
		o.processes(t)
		o.idle(t)
		for _, w := range windows(t) {
			o.window(t, w)
		}
		o.marginal(t)
	}
	for _, c := range capacities(measured) {
		o.add(c.trial, "capacity_ops", c.value)
	}
	for _, t := range proofs {
		if t.Proof != nil && t.Proof.OutageNS > 0 {
			o.add(t, "outage_p50_ns", float64(t.Proof.OutageNS))
		}
		if t.Proof != nil && t.Proof.ElectionNS > 0 {
			o.add(t, "election_p50_ns", float64(t.Proof.ElectionNS))
		}
	}
	o.dropThinTails(len(measured))
	return o
}

func (o observations) window(t *results.Trial, w *results.Window) {
	p := placeOf(w).prefix()
	o.latency(t, p+"write_latency", &w.Latency)
	o.latency(t, p+"read_latency", w.ReadLatency)
	// In a closed loop both latencies are one.
	if w.Mode == results.ModeOpen {
		o.latency(t, p+"service_latency", &w.Service)
		o.latency(t, p+"read_service_latency", w.ReadService)
		o.add(t, p+"offered_ops", w.OfferedOps)
	}
	if w.Role == results.RoleFull {
		o.add(t, "throughput_ops", w.ThroughputOps)
	}
	if w.Attempted > 0 {
		attempted := float64(w.Attempted)
		o.add(t, p+"availability", float64(w.Completed)/attempted)
		o.add(t, p+"error_ratio", float64(w.Failed())/attempted)
	}
	o.costs(t, p, w)
}

func (o observations) latency(t *results.Trial, name string, l *results.Latency) {
	if l == nil || l.Count+l.Failed == 0 {
		return
	}
	o.add(t, name+"_p50_ns", latencyOf(l.P50NS))
	o.add(t, name+"_p90_ns", latencyOf(l.P90NS))
	o.add(t, name+"_max_ns", latencyOf(l.MaxNS))
	if stats.Percentile(99, l.EffectiveN) == stats.Enough {
		o.add(t, name+"_p99_ns", latencyOf(l.P99NS))
	}
	if stats.Percentile(99.9, l.EffectiveN) == stats.Enough {
		o.add(t, name+"_p999_ns", latencyOf(l.P999NS))
	}
}

// latencyOf is later than every other where the operation failed.
func latencyOf(ns results.Nanos) float64 {
	if ns == results.Never {
		return math.Inf(1)
	}
	return float64(ns)
}

// costs of a write at the rate of its window: under more load writes share CPU
// time, messages and syncs. Where no process
// was metered, as with a cluster that was already there, there are none.
func (o observations) costs(t *results.Trial, p string, w *results.Window) {
	if w.Writes == 0 || w.CPUSeconds == 0 {
		return
	}
	writes := float64(w.Writes)
	o.add(t, p+"cpu_seconds_per_kwrite", w.CPUSeconds/writes*1000)
	o.add(t, p+"client_cpu_seconds_per_kwrite", w.ClientCPUSeconds/writes*1000)
	o.add(t, p+"network_bytes_per_write", float64(w.NetworkBytes)/writes)
	o.add(t, p+"disk_bytes_per_write", float64(w.DiskBytes)/writes)
	o.add(t, p+"fsyncs_per_write", float64(w.Fsyncs)/writes)
	o.add(t, p+"host_busy_share", w.HostBusy)
}

// processes adds what was metered over the whole trial.
func (o observations) processes(t *results.Trial) {
	var rss int64
	for _, r := range t.Resources {
		if r.Node != results.Client {
			rss = max(rss, r.RSSBytes)
		}
		if r.Node == t.Leader && r.StoreTimeP50NS > 0 {
			o.add(t, "leader_store_time_p50_ns", float64(r.StoreTimeP50NS))
		}
	}
	if rss > 0 {
		o.add(t, "rss_bytes", float64(rss))
	}
}

// marginal is what one more write uses: the slope of what is used a second over
// the writes a second, by least squares over the windows with load. Where the
// trial ran at one rate alone there is none.
func (o observations) marginal(t *results.Trial) {
	var points []*results.Window
	for i := range t.Windows {
		if w := &t.Windows[i]; w.CPUSeconds > 0 && w.DurationNS > 0 && w.Writes > 0 && !w.Harmed {
			points = append(points, w)
		}
	}
	perSecond := func(w *results.Window, v float64) float64 { return v / (float64(w.DurationNS) / 1e9) }
	for _, m := range []struct {
		name string
		used func(w *results.Window) float64
	}{
		{"cpu_seconds_per_kwrite", func(w *results.Window) float64 { return 1000 * w.CPUSeconds }},
		{"network_bytes_per_write", func(w *results.Window) float64 { return float64(w.NetworkBytes) }},
		{"disk_bytes_per_write", func(w *results.Window) float64 { return float64(w.DiskBytes) }},
		{"fsyncs_per_write", func(w *results.Window) float64 { return float64(w.Fsyncs) }},
	} {
		rates, used := make([]float64, len(points)), make([]float64, len(points))
		for i, w := range points {
			rates[i], used[i] = perSecond(w, float64(w.Writes)), perSecond(w, m.used(w))
		}
		o.add(t, "marginal_"+m.name, slope(rates, used))
	}
}

// apartRates is the ratio between the largest and the smallest rate from which
// their slope is told: nearer ones tell the noise of what is used.
const apartRates = 2

// slope of y over x by least squares; no number where the x are not apart.
func slope(x, y []float64) float64 {
	if len(x) < 2 || slices.Max(x) < apartRates*slices.Min(x) {
		return math.NaN()
	}
	var sx, sy, sxx, sxy float64
	n := float64(len(x))
	for i := range x {
		sx, sy = sx+x[i], sy+y[i]
	}
	for i := range x {
		sxx += (x[i] - sx/n) * (x[i] - sx/n)
		sxy += (x[i] - sx/n) * (y[i] - sy/n)
	}
	return sxy / sxx
}

// idle is what a setup's processes take in a second without load.
func (o observations) idle(t *results.Trial) {
	if t.Idle == nil || t.Idle.DurationNS == 0 {
		return
	}
	i, seconds := t.Idle, float64(t.Idle.DurationNS)/1e9
	o.add(t, "idle_cpu_seconds_per_second", i.CPUSeconds/seconds)
	o.add(t, "idle_network_bytes_per_second", float64(i.NetworkBytes)/seconds)
	o.add(t, "idle_disk_bytes_per_second", float64(i.DiskBytes)/seconds)
	o.add(t, "idle_fsyncs_per_second", float64(i.Fsyncs)/seconds)
}

// dropThinTails removes the far percentiles that only some trials carry: the
// median over the longer trials alone would be another quantity.
func (o observations) dropThinTails(trials int) {
	for name, values := range o {
		if (strings.HasSuffix(name, "_p99_ns") || strings.HasSuffix(name, "_p999_ns")) && len(values) < trials {
			delete(o, name)
		}
	}
}
