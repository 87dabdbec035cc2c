package summary

import (
	"math"
	"math/bits"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Pool is the latencies of many trials taken together, for percentiles that no
// single trial is long enough to carry. Operations that failed are among them:
// they took for ever.
type Pool struct {
	Histogram *hdrhistogram.Histogram // of those that were answered
	Failed    int64
	Trials    int
	// Independent operations are worth as much as all that the pool holds, as each
	// window for itself tells; Unknown: some window does not.
	Independent int64
	Unknown     bool
	// each trial's own operations: what intervals need.
	each []counts
}

// counts are one trial's operations by the histogram's buckets, empty ones left
// out.
type counts struct {
	from   []int64 // the least value of each, in ascending order
	n      []int64
	failed int64
}

func countsOf(h *hdrhistogram.Histogram, failed int64) counts {
	c := counts{failed: failed}
	s := h.Export()
	bounds := boundsOf(s)
	filled := 0
	for _, n := range s.Counts {
		if n > 0 {
			filled++
		}
	}
	c.from, c.n = make([]int64, 0, filled), make([]int64, 0, filled)
	for i, n := range s.Counts {
		if n > 0 {
			c.from, c.n = append(c.from, bounds.least(i)), append(c.n, n)
		}
	}
	return c
}

// bucketBounds tell which values a histogram's buckets hold. The library's own walk
// (Distribution) makes a bar for each of some ten thousand empty buckets, which took
// half of the time that a report of many trials takes.
//
// The buckets are in rows: each row's are twice as wide as those of the row before, and
// each but the first leaves out the lower half, which the row before holds.
// See http://hdrhistogram.org.
type bucketBounds struct {
	unit uint // bits of a value that the narrowest buckets do not tell apart
	half int  // half of a row
	bits uint // of half
}

func boundsOf(s *hdrhistogram.Snapshot) bucketBounds {
	resolved := 2 * int64(math.Pow10(int(s.SignificantFigures)))
	row := bits.Len64(uint64(resolved - 1))                                          //nolint:gosec // from 2 to 200,000
	unit := bits.Len64(uint64(max(s.LowestTrackableValue, 1))) - 1                   //nolint:gosec // at least 1
	return bucketBounds{unit: uint(unit), half: 1 << (row - 1), bits: uint(row - 1)} //nolint:gosec // numbers of bits
}

// least is the least value of a bucket.
func (b bucketBounds) least(bucket int) int64 {
	row, place := bucket>>b.bits-1, bucket&(b.half-1)+b.half
	if row < 0 {
		row, place = 0, place-b.half
	}
	return int64(place) << (uint(row) + b.unit) //nolint:gosec // a row's number
}

// cluster counts what lies above a value; what failed is above every one.
func (c counts) cluster(value results.Nanos) stats.Cluster {
	out := stats.Cluster{Count: c.failed}
	if value != results.Never {
		out.Above = c.failed
	}
	for i, n := range c.n {
		out.Count += n
		if c.from[i] > int64(value) {
			out.Above += n
		}
	}
	return out
}

// Total is how many operations the pool holds.
func (p *Pool) Total() int64 { return p.Histogram.TotalCount() + p.Failed }

// At is a percentile (99 is p99) of all operations, by nearest rank.
func (p *Pool) At(percentile float64) results.Nanos {
	return p.ranked(stats.Rank(percentile, p.Total()))
}

// ranked is the operation of a rank, from 1.
func (p *Pool) ranked(rank int64) results.Nanos {
	answered := p.Histogram.TotalCount()
	if rank > answered {
		return results.Never
	}
	return results.Nanos(p.Histogram.ValueAtPercentile(100 * float64(rank) / float64(answered)))
}

// add takes one trial's histogram in, with the operations that failed, and how
// many independent ones all of them are worth, 0 where nobody knows.
func (p *Pool) add(h *hdrhistogram.Histogram, failed, independent int64) {
	p.Independent += independent
	p.Unknown = p.Unknown || independent == 0 && h.TotalCount()+failed > 0
	own := countsOf(h, failed)
	p.each = append(p.each, own)
	p.Trials++
	p.Failed += failed
	if p.Histogram == nil || p.Histogram.HighestTrackableValue() < h.HighestTrackableValue() {
		p.merge(h)
		return
	}
	for i, n := range own.n {
		// It cannot fail: the pool's range is no narrower than the trial's.
		_ = p.Histogram.RecordValues(own.from[i], n)
	}
}

func (p *Pool) merge(h *hdrhistogram.Histogram) {
	if p.Histogram == nil || p.Histogram.HighestTrackableValue() < h.HighestTrackableValue() {
		// Merged into the wider of the two, nothing is dropped.
		p.Histogram, h = h, p.Histogram
	}
	if h != nil {
		p.Histogram.Merge(h)
	}
}

// join takes another pool's trials in.
func (p *Pool) join(other *Pool) {
	p.each = append(p.each, other.each...)
	p.Trials += other.Trials
	p.Failed += other.Failed
	p.Independent += other.Independent
	p.Unknown = p.Unknown || other.Unknown
	p.merge(other.Histogram)
}

// poolKey is a load and what was recorded under it: one of kinds' histograms.
type poolKey struct {
	place place
	kind  string
}

// pools of one cell. Those that are wanted are there from the beginning.
type pools map[poolKey]*Pool

// kinds are a histogram's names and what a metric calls them.
var kinds = []struct {
	histogram, metric string
	of                func(*results.Window) *results.Latency
}{
	{"latency", "write_latency", func(w *results.Window) *results.Latency { return &w.Latency }},
	{"service", "service_latency", func(w *results.Window) *results.Latency { return &w.Service }},
	{"read_latency", "read_latency", func(w *results.Window) *results.Latency { return w.ReadLatency }},
	{"read_service", "read_service_latency", func(w *results.Window) *results.Latency { return w.ReadService }},
}

var tails = []struct {
	percentile float64
	suffix     string
}{{99, "_p99_ns"}, {99.9, "_p999_ns"}}

// wanted are the pools that a cell needs: of what was measured, where a far
// percentile is missing or has no interval; and the write latencies of the roles
// to be kept.
func wanted(measured []*results.Trial, have map[string]Metric, keep []results.Role) pools {
	p := pools{}
	for _, role := range keep {
		p[poolKey{place{role: role}, "latency"}] = nil
	}
	for _, t := range measured {
		for _, w := range windows(t) {
			for _, k := range kinds {
				name := placeOf(w).prefix() + k.metric
				_, there := have[name+"_p50_ns"]
				if there && (!have[name+"_p99_ns"].Interval || !have[name+"_p999_ns"].Interval) {
					p[poolKey{placeOf(w), k.histogram}] = nil
				}
			}
		}
		for i := range t.Windows {
			if w := &t.Windows[i]; placeOf(w).curved() && stats.Percentile(99, w.Latency.EffectiveN) != stats.Enough {
				p[rateKey(w)] = nil
			}
		}
	}
	return p
}

// tails adds the far percentiles that are missing, pooled and labelled so, where
// the operations of all trials carry them. Trials that are too few for an
// interval of their median, and carry one together, are pooled likewise.
func (p pools) tails(into map[string]Metric) {
	for key, pool := range p {
		if pool == nil || !key.place.measured() {
			continue
		}
		for _, k := range kinds {
			for _, tail := range tails {
				name := key.place.prefix() + k.metric + tail.suffix
				own, there := into[name]
				if k.histogram != key.kind || own.Interval {
					continue
				}
				if m := pool.metric(tail.percentile); m != nil && (!there || m.Interval) {
					into[name] = *m
				}
			}
		}
	}
}

// metric is one pooled percentile, nil when the samples do not carry it. Its
// interval rests on the operations and on how far the trials lie apart (see
// stats.PercentileRanks). Where nobody knows how many independent operations there
// are, all of them at most, it has none.
func (p *Pool) metric(percentile float64) *Metric {
	if p == nil || stats.Percentile(percentile, p.most()) == stats.Refused {
		return nil
	}
	at := p.At(percentile)
	m := &Metric{Median: number(latencyOf(at)), N: p.Trials, Pooled: true, Samples: p.Total()}
	if p.Unknown {
		return m
	}
	var clusters []stats.Cluster
	for _, c := range p.each {
		clusters = append(clusters, c.cluster(at))
	}
	r, ok := stats.PercentileRanks(percentile, clusters, stats.Confidence)
	m.Effective = min(r.Effective, p.Independent)
	if m.Interval = ok; ok {
		m.CILow, m.CIHigh = number(latencyOf(p.ranked(r.Low))), number(latencyOf(p.ranked(r.High)))
	}
	return m
}

// most is how many independent operations there can be.
func (p *Pool) most() int64 {
	if p.Unknown {
		return p.Total()
	}
	return p.Independent
}

// rateKey is the pool of all windows that tried a window's rate.
func rateKey(w *results.Window) poolKey {
	return poolKey{place{role: results.RoleStep, share: int(math.Round(1000 * w.OfferedOps))}, "latency"}
}
