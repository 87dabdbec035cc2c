package summary

import (
	"maps"
	"math"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Comparison of two runs, cell by cell and metric by metric.
type Comparison struct {
	Old     string   `json:"old"` // run ids
	New     string   `json:"new"`
	Changes []Change `json:"changes"`
	// Notes say what makes the runs unlike, beside what was to be compared.
	Notes []string `json:"notes"`
}

// Change of one metric of one cell.
type Change struct {
	Cell   string `json:"cell"`
	Metric string `json:"metric"`
	Old    Metric `json:"old"`
	New    Metric `json:"new"`
	// Ratio is the new median over the old; null where the old one is 0.
	Ratio *float64 `json:"ratio"`
	// P is how probable samples this far apart are from identical systems;
	// null where no test could be made. Different is P at most 0.05.
	P         *float64 `json:"p"`
	Different bool     `json:"different"`
	// Note says why no difference could be shown, whatever it is.
	Note string `json:"note,omitempty"`

	same bool
}

// Compare holds two runs against each other by their trials' values. Cells
// are matched by name. Its errors are of type *results.Error.
func Compare(before, after *results.Run) (Comparison, error) {
	was, err := Build(before)
	if err != nil {
		return Comparison{}, err
	}
	is, err := Build(after)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{Old: was.RunID, New: is.RunID, Changes: []Change{}, Notes: unlike(before, after)}
	for _, cell := range was.Cells {
		i := slices.IndexFunc(is.Cells, func(o Cell) bool { return o.Cell == cell.Cell })
		if i < 0 {
			c.Notes = append(c.Notes, cell.Cell+" is in the old run only")
			continue
		}
		c.Changes = append(c.Changes, changes(cell, is.Cells[i], Observe(before, cell.Cell), Observe(after, cell.Cell))...)
	}
	for _, cell := range is.Cells {
		if !slices.ContainsFunc(was.Cells, func(o Cell) bool { return o.Cell == cell.Cell }) {
			c.Notes = append(c.Notes, cell.Cell+" is in the new run only")
		}
	}
	return c, nil
}

func changes(was, is Cell, before, after Observations) []Change {
	var out []Change
	for _, name := range slices.SortedFunc(maps.Keys(was.Metrics), byRank) {
		m, ok := is.Metrics[name]
		if !ok {
			continue
		}
		c := Change{Cell: was.Cell, Metric: name, Old: was.Metrics[name], New: m}
		if c.Old.Median != 0 {
			c.Ratio = ptr(m.Median / c.Old.Median)
		}
		c.test(before[name], after[name])
		out = append(out, c)
	}
	return out
}

// Tested tells whether P is a test's answer, and not what stands in for one
// that could not be made.
func (c Change) Tested() bool { return c.P != nil && c.Note == "" }

// Same tells that every trial of both runs gave one and the same value.
func (c Change) Same() bool { return c.same }

// test asks whether the difference is more than noise.
func (c *Change) test(before, after stats.Sample) {
	if c.Old.Pooled || c.New.Pooled {
		c.Note = "pooled over the trials: no test"
		return
	}
	c.same = same(before, after)
	t := stats.Compare(before, after)
	c.Note, c.Different = t.Note, t.Different()
	if !math.IsNaN(t.P) {
		c.P = &t.P
	}
}

func same(before, after stats.Sample) bool {
	for _, v := range slices.Concat(before, after) {
		if v != before[0] {
			return false
		}
	}
	return len(before) > 0 && len(after) > 0
}
