package summary

import (
	"maps"
	"math"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Ratio is what the blocks of a run say of one cell's metric over another's.
type Ratio struct {
	// Pairs of the two cells' values, one a block, A being the one that is divided
	// by.
	Pairs []stats.Pair
	// Through are the cells that link the two where they never lived at once.
	Through []string
	// Doubts are the remarks that can have moved the ratio.
	Doubts []RatioDoubt
}

// RatioDoubt is a remark that weighs more on one of the two cells than on the
// other, in some block.
//
// What is remarked of both in one block (such as what the hypervisor took, or what
// other processes did) both had to bear: only by how much more it can have moved
// one of them than the other counts, and where nobody knows how much it moved
// either, nothing. That is the very reason for taking ratios within blocks. What
// was remarked of one alone may have moved that one by as much as it says.
type RatioDoubt struct {
	Remark results.Remark // the worst of its kind
	// Low and High are the pairs as they would be had the remark moved each ratio
	// as far as it can: down, or up.
	Low, High []stats.Pair
}

// Ratio of a metric of cell `to` over that of cell `from`, within blocks. Without
// such cells, or without a block that holds both, it has no pairs.
func (a Analysis) Ratio(metric, from, to string) Ratio {
	i, j := a.index(from), a.index(to)
	if i < 0 || j < 0 || i >= len(a.observed) || j >= len(a.observed) {
		return Ratio{}
	}
	pairs, through := blockPairsOf(a.observed, metric, i, j)
	var out Ratio
	for _, p := range pairs {
		out.Pairs = append(out.Pairs, p.Pair)
	}
	for _, k := range through {
		out.Through = append(out.Through, a.Summary.Cells[k].Cell)
	}
	out.Doubts = ratioDoubts(metric, pairs, a.observed[i][metric], a.observed[j][metric])
	return out
}

// index of a cell in the summary; -1 where there is none.
func (a Analysis) index(cell string) int {
	return slices.IndexFunc(a.Summary.Cells, func(c Cell) bool { return c.Cell == cell })
}

// Values of a metric, one a trial. A pooled one has none.
func (a Analysis) Values(cell, metric string) stats.Sample {
	i := a.index(cell)
	if i < 0 || i >= len(a.observed) || a.Summary.Cells[i].Metrics[metric].Pooled {
		return nil
	}
	return a.observed[i].sample(metric)
}

// RunValue is what the whole run says of a cell's metric; ok is false where it
// says nothing.
func (a Analysis) RunValue(cell, metric string) (v stats.RunValue, ok bool) {
	i := a.index(cell)
	if i < 0 {
		return stats.RunValue{}, false
	}
	m, ok := a.Summary.Cells[i].Metrics[metric]
	return runValue(m, a.Values(cell, metric)), ok
}

// Of is the spread of a metric of a cell as stats has it; ok is false where the
// repeats lack it, or pooled it where what it is asked for is not, or the other
// way round.
func (s Spread) Of(cell, metric string, pooled bool) (_ stats.Spread, ok bool) {
	m, there := s.Cells[cell][metric]
	return m.spread(), there && m.Pooled == pooled
}

// remarkKey tells remarks apart: what has one key in two trials of a block is one
// and the same disturbance.
type remarkKey struct {
	code   results.Code
	place  place
	window string
}

// weighing is what a remark can have done to one trial's value.
type weighing struct {
	by    float64 // in the metric's unit; +Inf where nobody knows
	worst results.Remark
}

// weigh the remarks of one trial on a metric.
func weigh(metric string, o observation) map[remarkKey]weighing {
	out := map[remarkKey]weighing{}
	for _, r := range o.trial.Remarks {
		if r.Severity != results.Doubtful {
			continue
		}
		for _, touch := range touches(r, o.trial) {
			by := touch.by(o.value)
			if by == 0 || !slices.Contains(touch.metrics, metric) {
				continue
			}
			key := remarkKey{code: r.Code, window: r.Window}
			if w := windowNamed(o.trial, r.Window); w != nil {
				key.place, key.window = placeOf(w), ""
			}
			had := out[key]
			if had.by == 0 || Weight(r) > Weight(had.worst) {
				had.worst = r
			}
			had.by += by
			out[key] = had
		}
	}
	return out
}

// ratioDoubts are the remarks that weigh on one cell more than on the other.
func ratioDoubts(metric string, pairs []blockPair, from, to []observation) []RatioDoubt {
	a, b := byBlock(from), byBlock(to)
	found := map[remarkKey]*RatioDoubt{}
	var order []remarkKey
	for i, p := range pairs {
		was, is := weigh(metric, a[p.block]), weigh(metric, b[p.block])
		both := maps.Clone(was)
		maps.Copy(both, is)
		for key := range both {
			low, high := shifted(p.Pair, shareOf(was[key].by, a[p.block].value), shareOf(is[key].by, b[p.block].value))
			if low == high {
				continue
			}
			d := found[key]
			if d == nil {
				d = &RatioDoubt{Remark: both[key].worst, Low: plainPairs(pairs), High: plainPairs(pairs)}
				found[key] = d
				order = append(order, key)
			}
			d.Low[i], d.High[i] = low, high
			for _, w := range []weighing{was[key], is[key]} {
				if w.by > 0 && Weight(w.worst) > Weight(d.Remark) {
					d.Remark = w.worst
				}
			}
		}
	}
	slices.SortFunc(order, remarkKey.compare)
	var out []RatioDoubt
	for _, key := range order {
		out = append(out, *found[key])
	}
	return out
}

func byBlock(all []observation) map[int]observation {
	out := map[int]observation{}
	for _, o := range all {
		out[o.trial.Block] = o
	}
	return out
}

func plainPairs(pairs []blockPair) []stats.Pair {
	out := make([]stats.Pair, len(pairs))
	for i, p := range pairs {
		out[i] = p.Pair
	}
	return out
}

// shifted is a pair at either end of where its ratio can be, when a remark moved
// the one by up to one share and the other by up to another. What moved both alike
// moved the ratio by the difference alone.
func shifted(p stats.Pair, a, b float64) (low, high stats.Pair) {
	if a == b {
		return p, p
	}
	by := math.Abs(b - a) // +Inf where nobody knows how much it moved the one
	return stats.Pair{A: p.A, B: p.B / (1 + by)}, stats.Pair{A: p.A, B: p.B * (1 + by)}
}

func (k remarkKey) compare(other remarkKey) int {
	return slices.Compare([]string{string(k.code), k.place.prefix(), k.window}, []string{string(other.code), other.place.prefix(), other.window})
}
