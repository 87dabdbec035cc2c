package bench

import (
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// record is a trial's record in the making: every part of a trial adds what it
// saw. Its methods may be called from many goroutines; the embedded Trial is
// read when the trial is over.
type record struct {
	mu sync.Mutex
	results.Trial
	histograms []results.NamedHistogram
	// powerUncut is why no member's power can be cut though it was asked for; else empty.
	powerUncut string
	// standing is what a judge found in the trial's history: it stands whatever else makes
	// the trial void.
	standing []results.Finding
}

func newRecord(job Job, attempt int) *record {
	s := job.Setup
	r := &record{Trial: results.Trial{
		SchemaVersion: results.SchemaVersion, Cell: s.Cell, Trial: job.Trial, Kind: job.Kind, Block: job.Block, Group: job.Group,
		Seed: job.Seed, StartedAt: time.Now().UTC(), Attempt: attempt,
		Nodes: s.Nodes, Engine: s.Engine, Profile: s.Network.Name, Load: s.Load, Limit: s.Workload.Capacity.Limit,
		Params: s.Params, ClientSite: s.Client,
		PowerLoss: s.Storage.PowerLoss,
		Durable:   s.Storage.Store == control.StoreBolt, EmulatedSyncNS: ns(s.Storage.EmulatedSync),
		MessageFaults: s.MessageFaults != nil, Settings: configs.Changed(s),
		Timeouts: results.Timeouts{
			HeartbeatNS: ns(s.Raft.HeartbeatTimeout), ElectionNS: ns(s.Raft.ElectionTimeout), LeaseNS: ns(s.Raft.LeaderLeaseTimeout),
		},
	}}
	for i := range s.Nodes {
		if site := s.Network.Site(i); site != "" {
			r.Sites = append(r.Sites, site)
		}
	}
	return r
}

// remark adds what weakens or explains the trial's numbers.
func (r *record) remark(remarks ...results.Remark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Remarks = append(r.Remarks, remarks...)
}

// find adds what Raft does not allow. What is found again, as a node that cannot open its
// data each time that it is started, is counted and no finding of its own.
func (r *record) find(findings ...results.Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range findings {
		if i := slices.IndexFunc(r.Findings, func(o results.Finding) bool { return sameCause(o, f) }); i >= 0 {
			r.Findings[i].Times = max(r.Findings[i].Times, 1) + 1
			continue
		}
		r.Findings = append(r.Findings, f)
	}
}

// sameCause tells of two findings that are one found again: about the same node and key,
// in the same words. The lines below the first are what a node said of a failed start
// beside its reason, such as a port that is another each time.
func sameCause(a, b results.Finding) bool {
	first := func(text string) string { line, _, _ := strings.Cut(text, "\n"); return line }
	return a.Class == b.Class && a.Rule == b.Rule && a.Node == b.Node && a.Key == b.Key && a.Want == b.Want && first(a.Got) == first(b.Got)
}

// found tells whether anything of a class was found so far.
func (r *record) found(c results.Class) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Has(c)
}

// keepSafety drops what was found on liveness: of a trial that is interrupted nothing is
// expected to go on.
func (r *record) keepSafety() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Findings = slices.DeleteFunc(r.Findings, func(f results.Finding) bool { return f.Class != results.Safety })
}

// conclude decides whether the trial's numbers are to be believed.
func (r *record) conclude() {
	r.TookNS = ns(time.Since(r.StartedAt))
	r.Valid = len(r.Findings) == 0 &&
		!slices.ContainsFunc(r.Remarks, func(m results.Remark) bool { return m.Severity == results.Invalid })
}

// window turns what the generator saw into a window's record.
func window(rec loadgen.Recording, o offer) results.Window {
	w := results.Window{
		Name: rec.Window.Name, Role: o.role, Mode: results.ModeOpen, StartNS: monotonic(rec.Started),
		OfferedOps: o.rate, LoadShare: o.share, Clients: rec.Window.Clients, DurationNS: ns(rec.Duration), Harmed: o.harmed,
		Attempted: rec.Due, Completed: rec.Completed, Writes: rec.Writes, Reads: rec.Reads,
		FailedWrites: rec.FailedWrites, FailedReads: rec.FailedReads,
		Errors: rec.Rejected, Unknown: rec.Unknown, Dropped: rec.Dropped, RecordErrors: rec.RecordErrors,
		Latency: latency(rec.Latency, rec.FailedWrites), Service: latency(rec.Service, rec.FailedWrites), Lag: latency(rec.Lag, 0),
		MeanInFlight: rec.MeanInFlight, PacingCPUSeconds: rec.PacingCPU.Seconds(),
		Series: points(rec.Seconds), Parts: points(rec.Parts),
	}
	if rec.Window.Schedule == nil {
		w.Mode = results.ModeClosed
	}
	if rec.Duration > 0 {
		w.ThroughputOps = rec.Throughput()
	}
	share := worth(rec)
	for _, l := range []*results.Latency{&w.Latency, &w.Service, w.ReadLatency, w.ReadService} {
		if l != nil {
			l.EffectiveN = independent(share, l.Count+l.Failed)
		}
	}
	if o.poisson {
		w.Arrivals = arrivals(rec.Sends, o.rate)
	}
	if rec.Window.Ramp == 0 {
		w.Steadiness = steadiness(rec.Trace)
	}
	if rec.Reads+rec.FailedReads > 0 {
		read, service := latency(rec.ReadLatency, rec.FailedReads), latency(rec.ReadService, rec.FailedReads)
		w.ReadLatency, w.ReadService = &read, &service
	}
	return w
}

// independent operations that so many are worth: at least one where there are any,
// since 0 means that nobody knows, which holds where no trace was kept.
func independent(share float64, operations int64) int64 {
	if share == 0 || operations == 0 {
		return 0
	}
	return max(1, int64(math.Round(share*float64(operations))))
}

// latency summarises a histogram and so many operations beside it that failed:
// they count as slower than all others.
func latency(h *hdrhistogram.Histogram, failed int64) results.Latency {
	if h == nil {
		return results.Latency{}
	}
	l := results.Latency{MeanNS: h.Mean(), Count: h.TotalCount(), Failed: failed}
	if l.Count+l.Failed == 0 {
		return results.Latency{}
	}
	for _, p := range []struct {
		percent float64
		to      *results.Nanos
	}{{50, &l.P50NS}, {90, &l.P90NS}, {99, &l.P99NS}, {99.9, &l.P999NS}, {100, &l.MaxNS}} {
		*p.to = quantile(h, failed, p.percent)
	}
	return l
}

// quantile of all operations, those that failed being the slowest.
func quantile(h *hdrhistogram.Histogram, failed int64, percent float64) results.Nanos {
	answered := float64(h.TotalCount())
	if failed == 0 {
		return results.Nanos(h.ValueAtQuantile(percent))
	}
	among := percent * (answered + float64(failed)) / answered // of those answered
	if answered == 0 || among > 100 {
		return results.Never
	}
	return results.Nanos(h.ValueAtQuantile(among))
}

func points(in []loadgen.Point) []results.Point {
	out := make([]results.Point, len(in))
	for i, p := range in {
		out[i] = results.Point{
			AtNS: ns(p.At), LengthNS: ns(p.Length), Completed: p.Completed, Failed: p.Failed,
			P50NS: ns(p.P50), P99NS: ns(p.P99), MeanInFlight: p.MeanInFlight,
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

// monotonic is an instant on CLOCK_MONOTONIC, as the nodes' events have it.
func monotonic(at time.Time) int64 { return clock.Now() - ns(time.Since(at)) }
