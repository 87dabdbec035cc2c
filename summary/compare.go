package summary

import (
	"maps"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Comparison of two runs, cell by cell and metric by metric.
type Comparison struct {
	Old     string   `json:"old"` // run ids
	New     string   `json:"new"`
	Changes []Change `json:"changes"`
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
	// Ratio of new over old with its 95 % interval where there are trials enough
	// (see stats.Compare); where no test could be made, that of the medians. A
	// null ratio, or a null bound of an interval, is above every number.
	Ratio    *float64 `json:"ratio"`
	CILow    *float64 `json:"ci_low"`
	CIHigh   *float64 `json:"ci_high"`
	Interval bool     `json:"interval"`
	// P is the probability of samples this far apart from identical systems,
	// corrected (Holm) for the Questions of its family; null where no test could
	// be made, which Untested tells.
	P         *float64       `json:"p"`
	Questions int            `json:"questions,omitempty"`
	Decided   stats.Decision `json:"decided"`
	Untested  Untested       `json:"untested,omitempty"`
	// Same: every trial of both runs gave one and the same value.
	Same bool `json:"same,omitempty"`
}

// Untested says why no difference could have been found, whatever there is.
type Untested string

// The reasons.
const (
	// TooFew trials on a side for the number of questions in the family.
	TooFew Untested = "too-few-trials"
	// PooledOnly: there is one value, of all trials' operations together.
	PooledOnly Untested = "pooled"
)

// question is a change whose answer is awaited.
type question struct {
	change  Change
	family  string
	samples stats.Samples
}

// Compare holds two runs against each other by their trials' values. Cells
// are matched by name. Its errors are of type *results.Error.
//
// The runs were not made side by side, so that the host's drift between them is
// part of what is compared. The median write or read, the throughput and the
// capacity of all cells are one family of questions, as they are what runs are
// made for; every other metric is one by itself.
func Compare(before, after *results.Run) (Comparison, error) {
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
	var all []question
	at := map[string]int{}
	for j, cell := range is.Summary.Cells {
		at[cell.Cell] = j
	}
	for i, cell := range was.Summary.Cells {
		if j, both := at[cell.Cell]; both {
			all = append(all, questions(cell, is.Summary.Cells[j], was.observed[i], is.observed[j])...)
		}
	}
	c.Changes, err = answers(all)
	return c, err
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

func questions(was, is Cell, before, after observations) []question {
	var out []question
	for _, name := range slices.SortedFunc(maps.Keys(was.Metrics), byRank) {
		m, ok := is.Metrics[name]
		if !ok {
			continue
		}
		q := question{
			change:  Change{Cell: was.Cell, Metric: name, Old: was.Metrics[name], New: m, Decided: stats.Undecided},
			family:  familyOf(name),
			samples: stats.Samples{A: before.sample(name), B: after.sample(name)},
		}
		q.change.Same = same(q.samples)
		if q.change.Old.Pooled || m.Pooled {
			q.change.Untested = PooledOnly
		}
		out = append(out, q)
	}
	return out
}

// answers decides each family by itself.
func answers(all []question) ([]Change, error) {
	families := map[string][]int{}
	for i, q := range all {
		if q.change.Untested == "" && q.testable() {
			families[q.family] = append(families[q.family], i)
		}
	}
	for _, members := range families {
		var asked []stats.Samples
		for _, i := range members {
			asked = append(asked, all[i].samples)
		}
		decided, err := stats.DecideSamples(asked, stats.Precision)
		if err != nil {
			return nil, err
		}
		for k, i := range members {
			all[i].change.answer(decided[k])
		}
	}
	out := make([]Change, len(all))
	for i, q := range all {
		out[i] = q.change.finished(q.samples)
	}
	return out, nil
}

// testable tells whether a question by itself could ever be answered. What
// could not is asked of nobody, and does not weigh on the others.
func (q question) testable() bool {
	return stats.Testable(len(q.samples.A), len(q.samples.B), 1)
}

func (c *Change) answer(d stats.Difference) {
	c.P, c.Questions, c.Decided = &d.P, d.Questions, d.Decided
	c.Ratio, c.Interval = number(d.Ratio.Center), d.Ratio.Bounded()
	if c.Interval {
		c.CILow, c.CIHigh = number(d.Ratio.Low), number(d.Ratio.High)
	}
}

// finished fills in what a change has without a test.
func (c Change) finished(s stats.Samples) Change {
	if c.P == nil {
		if c.Untested == "" {
			c.Untested = TooFew
		}
		c.Ratio = number(stats.Ratio(value(c.Old.Median), value(c.New.Median)))
		return c
	}
	if !stats.Testable(len(s.A), len(s.B), c.Questions) {
		c.Untested = TooFew
	}
	return c
}

func same(s stats.Samples) bool {
	for _, v := range slices.Concat(s.A, s.B) {
		if v != s.A[0] {
			return false
		}
	}
	return len(s.A) > 0 && len(s.B) > 0
}
