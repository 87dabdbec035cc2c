package summary

import (
	"fmt"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// pool merges a cell's histograms, for the far percentiles that no single
// trial is long enough to carry.
type pool struct {
	run    *results.Run
	trials []results.Trial
	merged map[string]*hdrhistogram.Histogram // by name, such as calm.latency
	from   map[string]int                     // how many trials each is of
}

// load reads and merges once.
func (p *pool) load() error {
	if p.merged != nil {
		return nil
	}
	p.merged, p.from = map[string]*hdrhistogram.Histogram{}, map[string]int{}
	for _, t := range p.trials {
		hs, err := p.run.Histograms(t.Cell, t.Trial)
		if err != nil {
			return err
		}
		for _, h := range hs {
			p.add(h)
		}
	}
	return nil
}

func (p *pool) add(h results.NamedHistogram) {
	p.from[h.Name]++
	sum := p.merged[h.Name]
	if sum == nil || sum.HighestTrackableValue() < h.Histogram.HighestTrackableValue() {
		// Merged into the wider of the two, nothing is dropped.
		p.merged[h.Name], sum, h.Histogram = h.Histogram, h.Histogram, sum
	}
	if h.Histogram != nil {
		sum.Merge(h.Histogram)
	}
}

// kinds are a histogram's names and what a metric calls them.
var kinds = []struct{ histogram, metric string }{
	{"latency", "write_latency"}, {"service", "service_latency"},
	{"read_latency", "read_latency"}, {"read_service", "read_service_latency"},
}

var tails = []struct {
	percentile float64
	suffix     string
}{{99, "_p99_ns"}, {99.9, "_p999_ns"}}

// tails adds the far percentiles that are missing, pooled and labelled so,
// and returns a warning for each that rests on few samples.
func (p *pool) tails(into map[string]Metric) (warnings []string, err error) {
	for _, window := range p.windows() {
		for _, k := range kinds {
			name := prefix(window) + k.metric
			if _, measured := into[name+"_p50_ns"]; !measured {
				continue
			}
			for _, tail := range tails {
				if _, there := into[name+tail.suffix]; there {
					continue
				}
				m, warning, err := p.tail(window+"."+k.histogram, tail.percentile)
				if err != nil {
					return nil, err
				}
				if m != nil {
					into[name+tail.suffix] = *m
				}
				if warning != "" {
					warnings = append(warnings, warning)
				}
			}
		}
	}
	return warnings, nil
}

// tail is one pooled percentile, nil when the samples do not carry it.
func (p *pool) tail(histogram string, percentile float64) (m *Metric, warning string, err error) {
	if err := p.load(); err != nil {
		return nil, "", err
	}
	h := p.merged[histogram]
	if h == nil {
		return nil, "", nil
	}
	trust := stats.Percentile(percentile, h.TotalCount())
	if trust == stats.Refused {
		return nil, "", nil
	}
	if trust == stats.Thin && !strings.HasSuffix(histogram, "service") {
		warning = fmt.Sprintf("p%v of %s is thin: it rests on %d operations, want %d", percentile, histogram, h.TotalCount(), stats.ThinP99)
	}
	return &Metric{Median: float64(h.ValueAtPercentile(percentile)), N: p.from[histogram], Pooled: true}, warning, nil
}

// windows that are no part of the curve, in the order they were run.
func (p *pool) windows() []string {
	seen := map[string]bool{}
	var names []string
	for _, t := range p.trials {
		for _, w := range t.Windows {
			if !seen[w.Name] && !ofCurve(w.Name) && w.Name != guess {
				seen[w.Name] = true
				names = append(names, w.Name)
			}
		}
	}
	return names
}
