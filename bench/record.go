package bench

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// record turns what the generator saw into a window's record.
func record(rec loadgen.Recording, offered float64) results.Window {
	w := results.Window{
		Name: rec.Window.Name, Mode: results.ModeOpen, OfferedOps: offered,
		Clients: rec.Window.Clients, DurationNS: rec.Duration.Nanoseconds(),
		Completed: rec.Completed, Due: rec.Due, Writes: rec.Writes, Reads: rec.Reads,
		Latency: latency(rec.Latency), Service: latency(rec.Service), Lag: latency(rec.Lag),
		Errors: rec.Rejected, Unknown: rec.Unknown, Dropped: rec.Dropped,
		RecordErrors: rec.RecordErrors, MeanInFlight: rec.MeanInFlight,
		PacingCPUSeconds: rec.PacingCPU.Seconds(),
		Series:           points(rec.Seconds), Parts: points(rec.Parts),
	}
	if rec.Window.Schedule == nil {
		w.Mode = results.ModeClosed
	}
	if rec.Duration > 0 {
		w.ThroughputOps = rec.Throughput()
	}
	if rec.Reads > 0 {
		read, service := latency(rec.ReadLatency), latency(rec.ReadService)
		w.ReadLatency, w.ReadService = &read, &service
	}
	return w
}

func latency(h *hdrhistogram.Histogram) results.Latency {
	if h == nil || h.TotalCount() == 0 {
		return results.Latency{}
	}
	return results.Latency{
		P50NS: h.ValueAtQuantile(50), P90NS: h.ValueAtQuantile(90), P99NS: h.ValueAtQuantile(99),
		P999NS: h.ValueAtQuantile(99.9), MaxNS: h.Max(), MeanNS: h.Mean(), Count: h.TotalCount(),
	}
}

func points(in []loadgen.Point) []results.Point {
	out := make([]results.Point, len(in))
	for i, p := range in {
		out[i] = results.Point{
			AtNS: p.At.Nanoseconds(), LengthNS: p.Length.Nanoseconds(),
			Completed: p.Completed, Failed: p.Failed,
			P50NS: p.P50.Nanoseconds(), P99NS: p.P99.Nanoseconds(), MeanInFlight: p.MeanInFlight,
		}
	}
	return out
}

// histograms names a window's histograms for the trial's .hlog.
func histograms(rec loadgen.Recording) []results.NamedHistogram {
	var out []results.NamedHistogram
	for _, h := range []struct {
		name string
		h    *hdrhistogram.Histogram
	}{
		{"latency", rec.Latency}, {"service", rec.Service}, {"lag", rec.Lag},
		{"read_latency", rec.ReadLatency}, {"read_service", rec.ReadService},
	} {
		if h.h == nil || h.h.TotalCount() == 0 {
			continue
		}
		out = append(out, results.NamedHistogram{
			Name: rec.Window.Name + "." + h.name, Start: rec.Started,
			Duration: rec.Duration, Histogram: h.h,
		})
	}
	return out
}

// ns is a duration's nanoseconds, for fields that carry them.
func ns(d time.Duration) int64 { return d.Nanoseconds() }
