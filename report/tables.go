package report

import (
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/tables"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Tables as data: Markdown and the page show what is built here. A terminal lays
// its own out, since it leaves out columns that have no room.

// wordHeads are heads of one line each; the first so many columns are words.
func wordHeads(titles []string, words int) []tables.Head {
	out := make([]tables.Head, len(titles))
	for i, t := range titles {
		out[i] = tables.Head{Title: t, Words: i < words}
	}
	return out
}

// sheetTable is a sheet with a row a setup, whose numbers lead to its trials.
func (r *Report) sheetTable(sh sheet) tables.Table {
	t := tables.Table{Title: sh.title}
	named := len(sh.groups) > 1
	if named {
		t.Heads = append(t.Heads, tables.Head{Title: "setup", Words: true})
	}
	for _, c := range sh.columns {
		t.Heads = append(t.Heads, tables.Head{Over: c.over, Title: c.title})
	}
	for _, g := range sh.groups {
		for _, c := range g.cells {
			var row tables.Row
			if named {
				row.Cells = append(row.Cells, tables.Cell{Main: g.name})
			}
			for _, col := range sh.columns {
				row.Cells = append(row.Cells, r.cellOf(col, c))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// cellOf is one setup's entry in a column.
func (r *Report) cellOf(col column, c summary.Cell) tables.Cell {
	e := col.value(c)
	out := tables.Cell{Main: e.main, Mark: e.mark, Interval: e.interval}
	if e.main != units.Absent {
		out.To = r.trialsAnchor(c.Cell)
		out.From(r.figure(e.of))
	}
	if e.mark != "" {
		out.MarkTo = doubtsAnchor
	}
	return out
}

// table of a listing.
func (g listing) table() tables.Table {
	t := tables.Table{Title: g.title, Heads: wordHeads(g.head, 2)}
	for _, row := range g.rows {
		t.Rows = append(t.Rows, tables.Texts(row...))
	}
	return t
}

// listingTable is the same with numbers that lead to their trials.
func (r *Report) listingTable(g listing) tables.Table {
	t := g.table()
	for i := range t.Rows {
		if i < len(g.of) {
			r.leadFrom(&t.Rows[i], 1, g.of[i])
		}
	}
	return t
}

// leadFrom makes the numbers of a row, from a column on, lead to what they were made of.
func (r *Report) leadFrom(row *tables.Row, column int, o chart.Origin) {
	for k := column; k < len(row.Cells); k++ {
		if c := &row.Cells[k]; numeric(c.Main) {
			c.To = r.trialsAnchor(o.Setup)
			c.From(r.figure(o))
		}
	}
}

// numeric tells a number from words: 12, max 95; +19 %; never.
func numeric(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return text == wording.Never || text == beyondNumbers || strings.ContainsRune("0123456789+−×≤<", first)
}

// differenceTable lists what the summary decided.
func (r *Report) differenceTable() tables.Table {
	t := tables.Table{Heads: wordHeads(differenceHead, 3)}
	t.Heads[5].Words = true
	for _, listed := range r.differenceRows() {
		row := tables.Texts(listed.texts...)
		r.leadFrom(&row, len(differenceHead)-4, differenceOrigin(listed.of.Metric, listed.of.From, listed.of.To))
		t.Rows = append(t.Rows, row)
	}
	return t
}

// linesOf drops empty lines.
func linesOf(lines ...string) []string {
	var out []string
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			out = append(out, l)
		}
	}
	return out
}
