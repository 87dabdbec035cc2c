package summary

import (
	"maps"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// load is all windows of one offered rate.
type load struct {
	p50, p90, p99, throughput stats.Sample
	held                      *bool
	thin                      bool // a window is too short for a p99 of its own
	histogram                 *hdrhistogram.Histogram
	merged                    int // histograms
}

// curve is latency against offered load, from sweeps and capacity searches.
func (p *pool) curve() ([]CurvePoint, error) {
	loads := map[float64]*load{}
	for _, t := range p.trials {
		if err := p.gather(t, loads); err != nil {
			return nil, err
		}
	}
	var out []CurvePoint
	for _, rate := range slices.Sorted(maps.Keys(loads)) {
		out = append(out, loads[rate].point(rate))
	}
	return out, nil
}

func (p *pool) gather(t results.Trial, loads map[float64]*load) error {
	if !slices.ContainsFunc(t.Windows, func(w results.Window) bool { return ofCurve(w.Name) }) {
		return nil
	}
	hs, err := p.run.Histograms(t.Cell, t.Trial)
	if err != nil {
		return err
	}
	for _, w := range t.Windows {
		if !ofCurve(w.Name) || w.Latency.Count == 0 {
			continue
		}
		l := loads[w.OfferedOps]
		if l == nil {
			l = &load{}
			loads[w.OfferedOps] = l
		}
		l.add(w)
		for _, h := range hs {
			if h.Name == w.Name+".latency" {
				l.merge(h.Histogram)
			}
		}
	}
	return nil
}

func (l *load) add(w results.Window) {
	l.p50 = append(l.p50, float64(w.Latency.P50NS))
	l.p90 = append(l.p90, float64(w.Latency.P90NS))
	l.p99 = append(l.p99, float64(w.Latency.P99NS))
	l.throughput = append(l.throughput, w.ThroughputOps)
	if w.Held != nil {
		l.held = both(l.held, *w.Held)
	}
	l.thin = l.thin || stats.Percentile(99, w.Latency.Count) != stats.Enough
}

func (l *load) merge(h *hdrhistogram.Histogram) {
	l.merged++
	if l.histogram == nil {
		l.histogram = h
		return
	}
	l.histogram.Merge(h)
}

func (l *load) point(rate float64) CurvePoint {
	return CurvePoint{
		OfferedOps: rate, P50: ptr(metricOf(l.p50)), P90: ptr(metricOf(l.p90)),
		P99: l.tail(), Throughput: ptr(metricOf(l.throughput)), Held: l.held,
	}
}

// tail is the p99, pooled where the windows are short, null where all
// together do not carry it.
func (l *load) tail() *Metric {
	switch {
	case !l.thin:
		return ptr(metricOf(l.p99))
	case l.histogram == nil || stats.Percentile(99, l.histogram.TotalCount()) == stats.Refused:
		return nil
	}
	return &Metric{Median: float64(l.histogram.ValueAtPercentile(99)), N: l.merged, Pooled: true}
}

func ptr[T any](v T) *T { return &v }
