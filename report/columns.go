package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// column of a table. Two titles stand over each other; neighbours with the
// same upper title share it.
type column struct {
	over, title string
	// keep ranks columns for narrow terminals: the lowest goes first. 0 never
	// goes.
	keep int
	// metric that it shows; empty where it shows none.
	metric string
	// value of a setup.
	value func(c summary.Cell) entry
}

// entry is what stands in one field of a table: a number, the mark of one that
// something may have moved, its interval where there is one, and what it was made of.
type entry struct {
	main, mark, interval string
	of                   chart.Origin
}

// sheet is a table as text, before any layout.
type sheet struct {
	title   string
	columns []column
	groups  []group
}

// sheets are the tables of a report, in the order in which they are told.
func (r *Report) sheets() []sheet {
	return slices.Concat(r.costSheets(), r.toleranceSheets(), r.theorySheets(), r.faultSheets(), r.useSheets())
}

// costSheets are what a node costs and buys.
func (r *Report) costSheets() []sheet {
	if r.outagesAlone() || r.onlyWatched() || r.onlyTested() {
		return nil
	}
	return []sheet{{"What each size buys, and what a write costs", filled(r.costColumns(), r.summary), r.groups}}
}

// toleranceSheets are what was tested and proven.
func (r *Report) toleranceSheets() []sheet {
	var out []sheet
	if tested := r.safetySheet(); len(testedCells(r.summary.Cells)) > 0 {
		tested.columns = filled(tested.columns, r.summary)
		out = append(out, tested)
	}
	if r.proves() {
		tolerance := r.toleranceSheet()
		tolerance.columns = filled(tolerance.columns, r.summary)
		out = append(out, tolerance)
	}
	return out
}

// faultSheets are of faults, operations and elections.
func (r *Report) faultSheets() []sheet {
	faultParts, operationParts := r.partSheets()
	return worthShowing([]sheet{
		{r.outageTitle(), r.outageColumns(), r.faultGroups()},
		faultParts,
		r.operationSheet(),
		operationParts,
		r.electionSheet(),
		r.degradedSheet(),
	})
}

// useSheets are what operations use, and reads where there were any.
func (r *Report) useSheets() []sheet {
	return worthShowing([]sheet{
		{"What a write uses at " + r.lightWords() + ", all nodes together", r.lightUse(), r.groups},
		{"What a write uses at full load, all nodes together", fullUse(), r.groups},
		{"What is used without load, and by one more write", otherUse(), r.groups},
		{"What a read costs", r.readColumns(), r.groups},
		{"What a write takes at part of the capacity", shareColumns(), r.groups},
	})
}

// worthShowing are the sheets that have anything to say.
func worthShowing(sheets []sheet) []sheet {
	var out []sheet
	for _, sh := range sheets {
		sh.columns = filled(sh.columns, summary.Summary{Cells: sh.cells()})
		if len(sh.columns) > sh.least() {
			out = append(out, sh)
		}
	}
	return out
}

func (sh sheet) cells() []summary.Cell {
	var out []summary.Cell
	for _, g := range sh.groups {
		out = append(out, g.cells...)
	}
	return out
}

// least is how many columns only say whose the others are.
func (sh sheet) least() int {
	n := 0
	for _, c := range sh.columns {
		if c.metric == "" || c.metric == figures.Throughput || c.metric == figures.Offered {
			n++
		}
	}
	return n
}

// shown are the metrics that stand in a report's tables.
func shown(sheets []sheet) []string {
	var out []string
	for _, sh := range sheets {
		for _, c := range sh.columns {
			if c.metric != "" {
				out = append(out, c.metric)
			}
		}
	}
	return out
}

func (r *Report) costColumns() []column {
	closed := "full load"
	if n := clients(r.summary); n > 0 {
		closed = units.Plural(n, "client")
	}
	p99, latency := "p99", r.latency("write")
	if pooled(r.summary) {
		p99 = "p99*"
	}
	return []column{
		nodesColumn(),
		plain("failures", "survived", 0, proven).from(ofSurvived),
		plain("operations", "failed", 10, failed).from(ofFailures),
		plain("", "availability", 9, available).from(ofAvailable),
		measured(latency, "p50", 0, figures.WriteP50, units.Duration),
		measured(latency, "p90", 6, figures.WriteP90, units.Duration),
		measured(latency, p99, 4, figures.WriteP99, units.Duration),
		measured("throughput at", closed, 8, figures.Throughput, units.Rate),
		measured("capacity at", commonLimit(r.summary), 7, figures.Capacity, units.Rate),
		plain("valid", "trials", 3, validTrials).from(ofTrials),
	}
}

// validTrials counts those that measured; of a setup that was only to be killed
// there are none to count.
func validTrials(c summary.Cell) string {
	if c.Trials == 0 && c.OutageTrials > 0 {
		return units.Absent
	}
	return fmt.Sprintf("%d of %d", c.ValidTrials, c.Trials)
}

func (r *Report) readColumns() []column {
	latency := r.latency("read")
	return []column{
		nodesColumn(),
		measured(latency, "p50", 0, figures.ReadP50, units.Duration),
		measured(latency, "p90", 6, figures.ReadP90, units.Duration),
		measured(latency, "p99", 4, figures.ReadP99, units.Duration),
	}
}

// shareColumns are the latencies where people run: below what a size carries.
func shareColumns() []column {
	out := []column{nodesColumn()}
	for _, share := range []string{"50", "80"} {
		over, prefix := "at "+share+" % of capacity", "capacity_at_"+share+"_"
		out = append(out,
			measured(over, "p50", 9, prefix+figures.WriteP50, units.Duration),
			measured(over, "p90", 6, prefix+figures.WriteP90, units.Duration),
			measured(over, "p99", 4, prefix+figures.WriteP99, units.Duration))
	}
	return out
}

// clients of the closed loop, where all setups with one have as many.
func clients(s summary.Summary) int {
	n := 0
	for _, c := range s.Cells {
		switch {
		case c.Clients == 0:
		case n != 0 && n != c.Clients:
			return 0
		default:
			n = c.Clients
		}
	}
	return n
}

// anyLimit stands where the limit is not on record, or differs.
const anyLimit = "the limit"

// capacityLimit is what a setup's capacity was to keep: p99 < 20ms.
func capacityLimit(c summary.Cell) string {
	if c.Limit != "" {
		return c.Limit
	}
	return anyLimit
}

// commonLimit is that of all setups that have a capacity.
func commonLimit(s summary.Summary) string {
	common := ""
	for _, c := range s.Cells {
		if _, ok := figures.Of(c, figures.Capacity); !ok {
			continue
		}
		if limit := capacityLimit(c); common == "" || common == limit {
			common = limit
		} else {
			return anyLimit
		}
	}
	if common == "" {
		return anyLimit
	}
	return common
}

func nodesColumn() column {
	return plain("", "nodes", 0, func(c summary.Cell) string { return fmt.Sprint(c.Nodes) })
}

func plain(over, title string, keep int, f func(summary.Cell) string) column {
	return column{over: over, title: title, keep: keep, value: func(c summary.Cell) entry { return entry{main: f(c)} }}
}

func measured(over, title string, keep int, name string, k units.Kind) column {
	return column{over: over, title: title, keep: keep, metric: name, value: func(c summary.Cell) entry {
		f, ok := figures.Of(c, name)
		if !ok {
			return entry{main: units.Absent}
		}
		return entry{wording.Show(k, f.Median), f.Mark(), figures.Between(k, f), chart.Origin{Setup: c.Cell, Name: name}}
	}}
}

// from names what a column's numbers were made of, where they are no metric's.
func (c column) from(name string) column {
	value := c.value
	c.value = func(cell summary.Cell) entry {
		e := value(cell)
		e.of = chart.Origin{Setup: cell.Cell, Name: name}
		return e
	}
	return c
}

// filled leaves out columns that have nothing to say of any setup.
func filled(columns []column, s summary.Summary) []column {
	var out []column
	for i, col := range columns {
		if i == 0 || saysAny(col, s) {
			out = append(out, col)
		}
	}
	return out
}

// saying are the groups of which some column but the first says anything.
func saying(groups []group, columns []column) []group {
	return slices.DeleteFunc(slices.Clone(groups), func(g group) bool {
		return !slices.ContainsFunc(columns[1:], func(col column) bool { return saysAny(col, summary.Summary{Cells: g.cells}) })
	})
}

func saysAny(col column, s summary.Summary) bool {
	for _, c := range s.Cells {
		if col.value(c).main != units.Absent {
			return true
		}
	}
	return false
}

// head is the two lines of titles in one, for formats with one line.
func (c column) head() string { return strings.TrimSpace(c.over + " " + c.title) }
