package page

import (
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/tables"
)

// tablesOf are a chart's values as tables, one a panel: for those who do not see it,
// and for those who want the numbers.
func tablesOf(c *chart.Chart, origin Origin) []tables.Table {
	var out []tables.Table
	fields := c.Fields()
	for i := range fields {
		t, ok := crossed(&fields[i], origin)
		if !ok {
			t = listed(&fields[i], origin)
		}
		if len(fields) > 1 {
			t.Title = fields[i].Y.Title
		}
		if len(t.Rows) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// entry is one point of a table to be.
type entry struct {
	series, where string
	cell          tables.Cell
}

// entries of a panel: what is only there to make a line smooth is none.
func entries(p *chart.Panel, origin Origin) []entry {
	var out []entry
	for _, s := range p.Series {
		for _, pt := range s.Points {
			if pt.Plain && s.Named {
				continue
			}
			main, interval := said(p.Y, pt)
			if main == "" {
				continue
			}
			e := entry{s.Name, stretch(p.X, s.Form, pt), tables.Cell{Main: main, Interval: interval}}
			if pt.Name != "" && !strings.HasPrefix(e.where, pt.Name) {
				e.where += ": " + pt.Name
			}
			if origin != nil {
				e.cell.From(origin(pt.Of))
			}
			if s.Form == chart.Tiles && pt.Y != nil {
				e.series, e.where = e.where, place(p.Y, *pt.Y)
			}
			if n := len(out); n == 0 || s.Form != chart.Line || !same(out[n-1], e) { // an upright line is one thing
				out = append(out, e)
			}
		}
	}
	return out
}

func same(a, b entry) bool {
	return a.series == b.series && a.where == b.where && a.cell.Main == b.cell.Main
}

// crossed has a row a place and a column a series, where no two points share both.
func crossed(p *chart.Panel, origin Origin) (tables.Table, bool) {
	var columns, rows []string
	cells := map[[2]string]tables.Cell{}
	all := entries(p, origin)
	for _, e := range all {
		at := [2]string{e.where, e.series}
		if _, taken := cells[at]; taken {
			return tables.Table{}, false
		}
		cells[at] = e.cell
		if !slices.Contains(columns, e.series) {
			columns = append(columns, e.series)
		}
		if !slices.Contains(rows, e.where) {
			rows = append(rows, e.where)
		}
	}
	if len(columns) < 2 || len(columns) > 12 || 2*len(all) < len(columns)*len(rows) {
		return tables.Table{}, false // mostly holes
	}
	t := tables.Table{Heads: []tables.Head{{Title: head(p.X.Title, "at"), Words: true}}}
	for _, c := range columns {
		t.Heads = append(t.Heads, tables.Head{Title: head(c, "value")})
	}
	for _, r := range rows {
		row := tables.Row{Cells: []tables.Cell{{Main: r}}}
		for _, c := range columns {
			row.Cells = append(row.Cells, cells[[2]string{r, c}])
		}
		t.Rows = append(t.Rows, row)
	}
	return t, true
}

// listed has a row a point.
func listed(p *chart.Panel, origin Origin) tables.Table {
	all := entries(p, origin)
	named := slices.ContainsFunc(all, func(e entry) bool { return e.series != "" && e.series != all[0].series })
	t := tables.Table{Heads: []tables.Head{{Title: head(p.X.Title, "at"), Words: true}, {Title: head(p.Y.Title, "value")}}}
	if named {
		t.Heads = slices.Insert(t.Heads, 1, tables.Head{Title: "of", Words: true})
	}
	for _, e := range all {
		row := tables.Row{Cells: []tables.Cell{{Main: e.where}, e.cell}}
		if named {
			row.Cells = slices.Insert(row.Cells, 1, tables.Cell{Main: e.series})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// head is a title, or another where there is none: those who hear a table need one.
func head(title, other string) string {
	if title == "" {
		return other
	}
	return title
}
