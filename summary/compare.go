package summary

import (
	"maps"
	"slices"
	"time"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Comparison of two runs, cell by cell and metric by metric.
type Comparison struct {
	Old     string   `json:"old"` // run ids
	New     string   `json:"new"`
	Changes []Change `json:"changes"`
	// Spread is what every answer rests on: how far repeated runs of one build
	// lie apart. Null where that is unknown, and then nothing is called different.
	Spread *Basis `json:"spread"`
	// Unlike is what differs between the runs beside what was to be compared.
	Unlike []Contrast `json:"unlike"`
	// OnlyOld and OnlyNew are the cells that one of the runs lacks.
	OnlyOld []string `json:"only_old"`
	OnlyNew []string `json:"only_new"`
}

// Change of one metric of one cell.
type Change struct {
	Cell   string `json:"cell"`
	Metric string `json:"metric"`
	Old    Metric `json:"old"`
	New    Metric `json:"new"`
	// Ratio of new over old with its 95 % interval where the spread between runs
	// is known (see stats.DecideRuns); else that of the medians. A null ratio, or a
	// null bound of an interval, is above every number.
	Ratio    *float64 `json:"ratio"`
	CILow    *float64 `json:"ci_low"`
	CIHigh   *float64 `json:"ci_high"`
	Interval bool     `json:"interval"`
	// P is the probability of two runs of one build so far apart, corrected (Holm)
	// for the Questions of its family; null where no test could be made, which
	// Untested tells.
	P         *float64       `json:"p"`
	Questions int            `json:"questions,omitempty"`
	Decided   stats.Decision `json:"decided"`
	Untested  Untested       `json:"untested,omitempty"`
	// Same: every trial of both runs gave one and the same value.
	Same bool `json:"same,omitempty"`
}

// Basis is the spread that a comparison rests on, in brief.
type Basis struct {
	Runs int `json:"runs"` // repeats behind it
	// Over is the time between the first repeat's begin and the last one's, and
	// Apart that between the two runs that are compared.
	Over  time.Duration `json:"over_ns"`
	Apart time.Duration `json:"apart_ns"`
}

// Untested says why no difference could have been found, whatever there is.
type Untested string

// The reasons.
const (
	// SpreadUnknown: the runs were not made side by side, and how far two runs of
	// one build lie apart on such a host was not measured.
	SpreadUnknown Untested = "spread-unknown"
	// NotRepeated: the repeats that tell the spread lack this figure.
	NotRepeated Untested = "not-repeated"
)

// question is a change whose answer is awaited.
type question struct {
	change Change
	family string
	runs   stats.RunPair
}

// Compare holds two runs against each other. Cells are matched by name. Its
// errors are of type *results.Error.
//
// The runs were not made side by side, so that what the host did between them is
// part of what is compared: a difference is one only where it exceeds the spread
// of repeated runs of one build. Without a spread that fits (nil), nothing is
// decided. The median write or read, the throughput and the capacity of all
// cells are one family of questions, as they are what runs are made for; every
// other metric is one by itself.
func Compare(before, after *results.Run, spread *Spread) (Comparison, error) {
	was, err := analyse(before, nil)
	if err != nil {
		return Comparison{}, err
	}
	is, err := analyse(after, nil)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{Old: was.Summary.RunID, New: is.Summary.RunID, Changes: []Change{}, Unlike: unlike(before, after)}
	c.OnlyOld, c.OnlyNew = without(was.Summary, is.Summary), without(is.Summary, was.Summary)
	if spread != nil && !spread.Fits(before, after) {
		spread = nil
	}
	c.Spread = spread.basis(before, after)
	var all []question
	at := map[string]int{}
	for j, cell := range is.Summary.Cells {
		at[cell.Cell] = j
	}
	for i, cell := range was.Summary.Cells {
		if j, both := at[cell.Cell]; both {
			all = append(all, questions(cell, is.Summary.Cells[j], was.observed[i], is.observed[j], spread)...)
		}
	}
	c.Changes, err = answers(all)
	return c, err
}

func (s *Spread) basis(before, after *results.Run) *Basis {
	if s == nil {
		return nil
	}
	return &Basis{
		Runs: len(s.Runs), Over: s.Ended.Sub(s.Begun),
		Apart: after.Environment.StartedAt.Sub(before.Environment.StartedAt).Abs(),
	}
}

// without names the cells of a that b lacks.
func without(a, b Summary) []string {
	has := map[string]bool{}
	for _, cell := range b.Cells {
		has[cell.Cell] = true
	}
	out := []string{}
	for _, cell := range a.Cells {
		if !has[cell.Cell] {
			out = append(out, cell.Cell)
		}
	}
	return out
}

func familyOf(metric string) string {
	if slices.Contains(primaries, metric) {
		return primary
	}
	return metric
}

func questions(was, is Cell, before, after observations, spread *Spread) []question {
	var out []question
	for _, name := range slices.SortedFunc(maps.Keys(was.Metrics), byRank) {
		m, ok := is.Metrics[name]
		if !ok {
			continue
		}
		q := question{
			change: Change{Cell: was.Cell, Metric: name, Old: was.Metrics[name], New: m, Decided: stats.Undecided},
			family: familyOf(name),
			runs:   stats.RunPair{A: runValue(was.Metrics[name], before.sample(name)), B: runValue(m, after.sample(name))},
		}
		q.change.Same = same(before.sample(name), after.sample(name))
		q.change.Untested = q.spreadFrom(spread)
		out = append(out, q)
	}
	return out
}

// spreadFrom takes the metric's spread, or says why there is none.
func (q *question) spreadFrom(spread *Spread) Untested {
	if spread == nil {
		return SpreadUnknown
	}
	m, there := spread.Cells[q.change.Cell][q.change.Metric]
	if !there || m.Pooled != q.change.Old.Pooled || m.Pooled != q.change.New.Pooled {
		return NotRepeated
	}
	q.runs.Spread = m.spread()
	return ""
}

// answers decides each family by itself.
func answers(all []question) ([]Change, error) {
	families := map[string][]int{}
	for i, q := range all {
		if q.change.Untested == "" {
			families[q.family] = append(families[q.family], i)
		}
	}
	for _, members := range families {
		var asked []stats.RunPair
		for _, i := range members {
			asked = append(asked, all[i].runs)
		}
		decided, err := stats.DecideRuns(asked, stats.Precision)
		if err != nil {
			return nil, err
		}
		for k, i := range members {
			all[i].change.answer(decided[k])
		}
	}
	out := make([]Change, len(all))
	for i, q := range all {
		if q.change.P == nil {
			q.change.Ratio = number(stats.Ratio(value(q.change.Old.Median), value(q.change.New.Median)))
		}
		out[i] = q.change
	}
	return out, nil
}

func (c *Change) answer(d stats.Difference) {
	c.P, c.Questions, c.Decided = &d.P, d.Questions, d.Decided
	c.Ratio, c.Interval = number(d.Ratio.Center), d.Ratio.Bounded()
	if c.Interval {
		c.CILow, c.CIHigh = number(d.Ratio.Low), number(d.Ratio.High)
	}
}

func same(a, b stats.Sample) bool {
	for _, v := range slices.Concat(a, b) {
		if v != a[0] {
			return false
		}
	}
	return len(a) > 0 && len(b) > 0
}
