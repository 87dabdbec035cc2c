package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/tables"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// figureKey names a row of the table: one figure of one setup, as the first run calls it.
type figureKey struct{ metric, cell string }

// rowKeys are the figures that some of the runs share with the first, those that readers
// ask for first on top.
func (c *Compared) rowKeys() []figureKey {
	var out []figureKey
	cells := map[string]int{}
	for i, cell := range c.old.sum.Cells {
		cells[cell.Cell] = i
	}
	for i := range c.later {
		for _, ch := range c.later[i].shown() {
			if key := (figureKey{ch.Metric, ch.Cell}); !slices.Contains(out, key) {
				out = append(out, key)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b figureKey) int {
		return cmp.Or(cmp.Compare(headlineRank(a.metric), headlineRank(b.metric)), cmp.Compare(cells[clean.Name(a.cell)], cells[clean.Name(b.cell)]))
	})
	return out
}

// figureName tells the outage of each proof's own kill from that of a run's table, which
// has all kills of a leader.
func (c *Compared) figureName(key figureKey) string {
	if c.ofProofs(key) {
		return figures.Name(key.metric) + " in the proof"
	}
	return figures.Name(key.metric)
}

// ofProofs tells whether a figure is the outage of proofs.
func (c *Compared) ofProofs(key figureKey) bool {
	i := slices.IndexFunc(c.old.sum.Cells, func(cell summary.Cell) bool { return cell.Cell == clean.Name(key.cell) })
	return i >= 0 && key.metric == figures.Outage && c.old.sum.Cells[i].Source(key.metric) == results.Proof
}

// change of a figure from the first run to the one at a place; false where the two do
// not share it.
func (b *comparedBlock) change(key figureKey) (summary.Change, bool) {
	i := slices.IndexFunc(b.Changes, func(ch summary.Change) bool { return ch.Metric == key.metric && ch.Cell == key.cell })
	if i < 0 {
		return summary.Change{}, false
	}
	return b.Changes[i], true
}

// figuresTable has a row for each figure, and a column for each run; below the number of
// a later run stands by how much it is another than the first run's.
func (t *Together) figuresTable(to runAnchors) tables.Table {
	out := tables.Table{Heads: []tables.Head{{Title: "figure", Words: true}, {Title: "setup", Words: true}}}
	for _, i := range t.of {
		out.Heads = append(out.Heads, tables.Head{Title: t.runs[i].name})
	}
	for _, key := range t.beside.rowKeys() {
		row := tables.Texts(clean.Name(t.beside.figureName(key)), t.setupName(key.cell, clean.Name(key.cell)))
		first := tables.Cell{Main: units.Absent}
		var later []tables.Cell
		for i := range t.beside.later {
			ch, ok := t.beside.later[i].change(key)
			if !ok {
				later = append(later, tables.Cell{Main: units.Absent})
				continue
			}
			if ch.Old.N > 0 {
				first = t.numberCell(key.metric, ch.Old, t.of[0], ch.Cell, to)
			}
			cell := t.numberCell(key.metric, ch.New, t.of[i+1], cmp.Or(ch.NewCell, ch.Cell), to)
			if ch.Old.N > 0 && ch.New.N > 0 {
				cell.Notes = []tables.Note{{Text: changeWithTest(ch)}}
			}
			later = append(later, cell)
		}
		row.Cells = append(append(row.Cells, first), later...)
		out.Rows = append(out.Rows, row)
	}
	return out
}

// numberCell is a run's figure with its interval, which leads to the trials behind it.
func (t *Together) numberCell(metric string, m summary.Metric, run int, cell string, to runAnchors) tables.Cell {
	f, ok := figures.Read(metric, m)
	if !ok || m.N == 0 {
		return tables.Cell{Main: units.Absent}
	}
	k, setup := units.Of(metric), clean.Name(cell)
	out := tables.Cell{Main: wording.Show(k, f.Median), Mark: f.Mark(), Interval: figures.Between(k, f), To: to.trials(run, setup)}
	if out.To != "" {
		out.Figure = t.runs[run].figure(chart.Origin{Setup: setup, Name: metric})
	}
	if out.Mark != "" {
		out.MarkTo = to.marks(run)
	}
	return out
}

// changeWithTest is +20 % [+18, +22] (p=.03), the test only where one was made.
func changeWithTest(ch summary.Change) string {
	text := changeText(ch)
	if ch.P != nil {
		text += " (p" + shortP(*ch.P) + ")"
	}
	return text
}

// figuresLegend explains the table's numbers and signs.
func (t *Together) figuresLegend() string {
	changes := t.beside.changes()
	if len(changes) == 0 {
		return ""
	}
	lines := []string{"Beside a number stands its 95 % interval, and below it the change from " + t.beside.old.name + "."}
	if slices.ContainsFunc(changes, func(ch summary.Change) bool { return len(ch.Old.Doubts)+len(ch.New.Doubts) > 0 }) {
		lines = append(lines, figures.Dagger+": something may have moved the number; the run's own report says what.")
	}
	return strings.Join(append(lines, t.beside.signs(changes)...), " ")
}

// measuredFor are the figures that runs are made for.
var measuredFor = []string{figures.WriteP50, figures.ReadP50, figures.Throughput, figures.Capacity}

// firstFigures are those that runs are made for, or else all of the first figure: the rows
// that stand with the answer.
func firstFigures(t tables.Table) tables.Table {
	keep := func(is func(figure string) bool) []tables.Row {
		return slices.DeleteFunc(slices.Clone(t.Rows), func(r tables.Row) bool { return !is(r.Cells[0].Main) })
	}
	first := keep(func(figure string) bool {
		return slices.ContainsFunc(measuredFor, func(metric string) bool { return figures.Name(metric) == figure })
	})
	if len(first) == 0 {
		first = keep(func(figure string) bool { return figure == t.Rows[0].Cells[0].Main })
	}
	t.Rows = first
	return t
}
