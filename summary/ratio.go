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
	// FromAlone and ToAlone are blocks in which one of the two alone has a valid value.
	FromAlone, ToAlone int
	// Through are the cells that link the two where they never lived at once.
	Through []string
	// Doubts are the remarks that can have moved the ratio.
	Doubts []RatioDoubt
	// Low and High are the pairs as they would be had all of these moved each ratio
	// as far as they can: down, or up. They are Pairs where there are no doubts.
	Low, High []stats.Pair
}

// RatioDoubt is a remark that weighs more on one of the two cells than on the
// other, in some block.
//
// What is remarked of both in one block (such as what the hypervisor took, or what
// other processes did) both had to bear: only by how much more it can have moved
// one of them than the other counts, and where nobody knows how much it moved
// either, nothing. That is the very reason for taking ratios within blocks. What
// was remarked of one alone may have moved that one by as much as it says; where it
// can only have made it worse, in that direction alone.
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
	out.FromAlone, out.ToAlone = alone(a.observed[i][metric], a.observed[j][metric]), alone(a.observed[j][metric], a.observed[i][metric])
	out.doubt(metric, pairs, a.observed[i][metric], a.observed[j][metric])
	return out
}

// alone is in how many blocks the first has a value and the second has none.
func alone(these, others []observation) (n int) {
	there := byBlock(others)
	for block := range byBlock(these) {
		if _, both := there[block]; !both {
			n++
		}
	}
	return n
}

// Selected tells that one of the two lacks valid values by far more often than the
// other, more than chance would have it (sign test): the pairs that are left are
// then a selection, of the blocks in which it fared well.
func (r Ratio) Selected() bool {
	return 2*stats.SignTail(max(r.FromAlone, r.ToAlone), min(r.FromAlone, r.ToAlone)) <= stats.Alpha
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

// unsteady stands for the remarks that a window's latency changed while it lasted:
// they are several views of one change.
var unsteady = map[results.Code]results.Code{results.CodeRising: results.CodeHalvesDiffer, results.CodeFalling: results.CodeHalvesDiffer}

func keyOf(r results.Remark, t *results.Trial) remarkKey {
	key := remarkKey{code: r.Code, window: r.Window}
	if one, is := unsteady[r.Code]; is {
		key.code = one
	}
	if w := windowNamed(t, r.Window); w != nil {
		key.place, key.window = placeOf(w), ""
	}
	return key
}

// weighing is what a remark can have done to one trial's value.
type weighing struct {
	by    float64 // a share of the value; +Inf where nobody knows
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
			by := shareOf(touch.by(o.value), o.value)
			if key := keyOf(r, o.trial); by > out[key].by && slices.Contains(touch.metrics, metric) {
				out[key] = weighing{by, r}
			}
		}
	}
	return out
}

// doubt notes the remarks that weigh on one cell more than on the other.
func (r *Ratio) doubt(metric string, pairs []blockPair, from, to []observation) {
	a, b := byBlock(from), byBlock(to)
	found := map[remarkKey]*RatioDoubt{}
	worst := map[remarkKey]float64{}
	r.Low, r.High = slices.Clone(r.Pairs), slices.Clone(r.Pairs)
	for i, p := range pairs {
		was, is := weigh(metric, a[p.block]), weigh(metric, b[p.block])
		both := maps.Clone(was)
		maps.Copy(both, is)
		for key := range both {
			by := apart(was[key].by, is[key].by)
			if by == 0 {
				continue
			}
			d := found[key]
			if d == nil {
				d = &RatioDoubt{Low: slices.Clone(r.Pairs), High: slices.Clone(r.Pairs)}
				found[key] = d
			}
			if by > worst[key] {
				worst[key] = by
				d.Remark = is[key].worst
				if was[key].by > is[key].by {
					d.Remark = was[key].worst
				}
			}
			down, up := directions(key.code, metric, is[key].by > was[key].by)
			for _, to := range []*Ratio{r, {Low: d.Low, High: d.High}} {
				if down {
					to.Low[i].B /= 1 + by
				}
				if up {
					to.High[i].B = times(to.High[i].B, 1+by)
				}
			}
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(found), remarkKey.compare) {
		r.Doubts = append(r.Doubts, *found[key])
	}
}

// directions in which the truth may lie from a ratio, where a remark weighs more on
// the second cell, or else on the first. What can only have made a value worse hid a
// better one.
func directions(code results.Code, metric string, onSecond bool) (down, up bool) {
	if !slices.Contains(worsening, code) {
		return true, true
	}
	down = onSecond != MoreIsBetter(metric)
	return down, !down
}

// apart is by how much more one was moved than the other; 0 where nobody knows how
// much either was.
func apart(a, b float64) float64 {
	if a == b {
		return 0
	}
	return math.Abs(b - a)
}

// times keeps 0 what is 0.
func times(v, by float64) float64 {
	if v == 0 {
		return 0
	}
	return v * by
}

func byBlock(all []observation) map[int]observation {
	out := map[int]observation{}
	for _, o := range all {
		out[o.trial.Block] = o
	}
	return out
}

func (k remarkKey) compare(other remarkKey) int {
	return slices.Compare([]string{string(k.code), k.place.prefix(), k.window}, []string{string(other.code), other.place.prefix(), other.window})
}
