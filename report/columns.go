package report

import (
	"fmt"
	"strings"

	"github.com/raftbench/raftbench/summary"
)

// column of a table. Two titles stand over each other; neighbours with the
// same upper title share it.
type column struct {
	over, title string
	// keep ranks columns for narrow terminals: the lowest goes first. 0 never
	// goes.
	keep int
	// value is the number and, where there is one, its interval.
	value func(c summary.Cell) (main, interval string)
}

// sheet is a table as text, before any layout.
type sheet struct {
	title   string
	columns []column
	groups  []group
}

// sheets are the tables of a report: what a node costs and buys, what a write
// uses, and reads where there were any.
func sheets(s summary.Summary, o Options) []sheet {
	gs := groups(s)
	out := []sheet{{"What each size buys, and what a write costs", costColumns(s, o), gs}}
	for _, extra := range []sheet{
		{"What a write uses, all nodes together", useColumns(), gs},
		{"What a read costs", readColumns(), gs},
		{"What a write takes at part of the capacity", shareColumns(), gs},
	} {
		extra.columns = filled(extra.columns, s)
		if len(extra.columns) > 1 {
			out = append(out, extra)
		}
	}
	out[0].columns = filled(out[0].columns, s)
	return out
}

func costColumns(s summary.Summary, o Options) []column {
	closed := "throughput"
	if o.Clients > 0 {
		closed = plural(o.Clients, "client")
	}
	p99, latency := "p99", o.latency("write")
	if pooled(s) {
		p99 = "p99*"
	}
	return []column{
		nodesColumn(),
		{title: "quorum", keep: 1, value: plain(func(c summary.Cell) string { return fmt.Sprint(c.Quorum) })},
		{over: "failures tolerated", title: "theory", keep: 9, value: plain(func(c summary.Cell) string { return fmt.Sprint(c.Tolerates) })},
		{over: "failures tolerated", title: "proven", value: plain(proven)},
		measured(latency, "p50", 0, writeP50, durationScale),
		measured(latency, "p90", 6, writeP90, durationScale),
		measured(latency, p99, 4, writeP99, durationScale),
		measured("throughput at", closed, 8, throughput, rateScale),
		measured("capacity at", commonLimit(s), 7, capacity, rateScale),
		{over: "valid", title: "trials", keep: 3, value: plain(func(c summary.Cell) string {
			return fmt.Sprintf("%d of %d", c.ValidTrials, c.Trials)
		})},
	}
}

func useColumns() []column {
	return []column{
		nodesColumn(),
		measured("", "CPU time", 9, cpuPerKwrite, cpuScale),
		measured("bytes", "between nodes", 6, networkPer, bytesScale),
		measured("bytes", "to disk", 5, diskPer, bytesScale),
		measured("", "fsyncs", 7, fsyncsPer, countScale),
		measured("pause when the", "leader dies", 4, unavailability, durationScale),
	}
}

func readColumns() []column {
	return []column{
		nodesColumn(),
		measured("read latency", "p50", 0, readP50, durationScale),
		measured("read latency", "p90", 6, readP90, durationScale),
		measured("read latency", "p99", 4, readP99, durationScale),
	}
}

// shareColumns are the latencies where people run: below what a size carries.
func shareColumns() []column {
	out := []column{nodesColumn()}
	for _, share := range []string{"50", "80"} {
		over, prefix := "at "+share+" % of capacity", "capacity_at_"+share+"_"
		out = append(out,
			measured(over, "p50", 9, prefix+writeP50, durationScale),
			measured(over, "p90", 6, prefix+writeP90, durationScale),
			measured(over, "p99", 4, prefix+writeP99, durationScale))
	}
	return out
}

// anyLimit stands where the limit is not on record, or differs.
const anyLimit = "the limit"

// capacityLimit is what a cell's capacity was to keep: p99 < 20ms.
func capacityLimit(c summary.Cell) string {
	if limit, ok := strings.CutPrefix(c.Load, "capacity at "); ok {
		return limit
	}
	return anyLimit
}

// commonLimit is that of all cells that have a capacity.
func commonLimit(s summary.Summary) string {
	common := ""
	for _, c := range s.Cells {
		if _, ok := metric(c, capacity); !ok {
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

// latency names what was measured, and under which load.
func (o Options) latency(of string) string {
	if o.closed {
		return of + " latency, full load"
	}
	return of + " latency"
}

func nodesColumn() column {
	return column{title: "nodes", value: plain(func(c summary.Cell) string { return fmt.Sprint(c.Nodes) + mark(c) })}
}

func plain(f func(summary.Cell) string) func(summary.Cell) (string, string) {
	return func(c summary.Cell) (string, string) { return f(c), "" }
}

func measured(over, title string, keep int, name string, s scaler) column {
	return column{over: over, title: title, keep: keep, value: func(c summary.Cell) (string, string) {
		m, ok := metric(c, name)
		if !ok {
			return absent, ""
		}
		return in(s, m.Median), between(s, m)
	}}
}

// proven is the tolerance that was seen.
func proven(c summary.Cell) string {
	if c.Faults.Survived == nil {
		return unproven
	}
	return fmt.Sprint(*c.Faults.Survived)
}

// filled leaves out columns that have nothing to say of any cell.
func filled(columns []column, s summary.Summary) []column {
	var out []column
	for i, col := range columns {
		if i == 0 || said(col, s) {
			out = append(out, col)
		}
	}
	return out
}

func said(col column, s summary.Summary) bool {
	for _, c := range s.Cells {
		if main, _ := col.value(c); main != absent {
			return true
		}
	}
	return false
}

// heads are the two lines of titles in one, for formats with one line.
func (c column) head() string { return strings.TrimSpace(c.over + " " + c.title) }
