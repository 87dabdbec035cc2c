package summary

import (
	"maps"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// load is all windows of one offered rate.
type load struct {
	p50, p90, p99, throughput stats.Sample
	held                      *bool
	thin                      bool // a window is too short for a p99 of its own
	key                       poolKey
}

// curve is latency against offered load, from sweeps and capacity searches.
func curve(measured []*results.Trial, p pools) []CurvePoint {
	loads := map[float64]*load{}
	for _, t := range measured {
		for i := range t.Windows {
			w := &t.Windows[i]
			if !placeOf(w).curved() || w.Latency.Count+w.Latency.Failed == 0 {
				continue
			}
			if loads[w.OfferedOps] == nil {
				loads[w.OfferedOps] = &load{key: rateKey(w)}
			}
			loads[w.OfferedOps].add(w)
		}
	}
	var out []CurvePoint
	for _, rate := range slices.Sorted(maps.Keys(loads)) {
		out = append(out, loads[rate].point(rate, p))
	}
	return out
}

func (l *load) add(w *results.Window) {
	l.p50 = append(l.p50, latencyOf(w.Latency.P50NS))
	l.p90 = append(l.p90, latencyOf(w.Latency.P90NS))
	l.p99 = append(l.p99, latencyOf(w.Latency.P99NS))
	l.throughput = append(l.throughput, w.ThroughputOps)
	if w.Held != nil {
		l.held = both(l.held, *w.Held)
	}
	l.thin = l.thin || stats.Percentile(99, w.Latency.EffectiveN) != stats.Enough
}

// point of the curve. Its p99 is pooled where the windows are short, null
// where all together do not carry it.
func (l *load) point(rate float64, p pools) CurvePoint {
	out := CurvePoint{
		OfferedOps: rate, P50: ptr(metricOf(l.p50)), P90: ptr(metricOf(l.p90)),
		P99: p[l.key].metric(99), Throughput: ptr(metricOf(l.throughput)), Held: l.held,
	}
	if !l.thin {
		out.P99 = ptr(metricOf(l.p99))
	}
	return out
}
