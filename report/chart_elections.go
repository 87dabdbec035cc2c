package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
)

// mostColumns of a map that can be read.
const mostColumns = 8

// electionMaps show how often a healthy leader loses its place, for each timeout (a
// row) under each condition (a column).
func (r *Report) electionMaps() []chart.Chart {
	var out []chart.Chart
	for part := range slices.Chunk(r.conditions(), mostColumns) {
		out = append(out, r.electionMap(numbered("elections", len(out)), part))
	}
	return out
}

func (r *Report) electionMap(name string, columns []condition) chart.Chart {
	c := r.base(name, strings.TrimSuffix(r.electionMessage(), "."), figures.FalseElections)
	r.showsAll(&c)
	c.Subtitle = []string{"Times an hour, with the exact 95 % interval; “none” with the bound that it proves."}
	rows := timeoutRows(columns)
	c.Y = chart.Axis{Title: "heartbeat timeout, and the failover that it allows (simulated)", Min: 0.5, Max: float64(len(rows)) + 0.5}
	for i, cell := range rows {
		c.Y.Ticks = append(c.Y.Ticks, chart.Tick{At: float64(i + 1), Label: wording.Setting(cell.Timeouts.HeartbeatNS) + " · " + r.failover(cell)})
	}
	c.X = chart.Axis{Title: columnsTitle(columns), Min: -0.5, Max: float64(len(columns)) - 0.5}
	tiles := chart.Series{Name: "false elections an hour", Form: chart.Tiles, Look: chart.Look{Number: 0}}
	var rates span
	for _, col := range columns {
		for _, cell := range col.cells {
			rates.add(cell.Watched.PerHour)
		}
	}
	for x, col := range columns {
		label, under := columnLabel(col)
		c.X.Ticks = append(c.X.Ticks, chart.Tick{At: float64(x), Label: label, Under: under})
		for _, cell := range col.cells {
			y := slices.IndexFunc(rows, func(o summary.Cell) bool { return o.Timeouts == cell.Timeouts })
			at := tile(x, y+1, cell.Watched, rates)
			at.Of = chart.Origin{Setup: cell.Cell, Name: figures.FalseElections}
			tiles.Points = append(tiles.Points, at)
		}
	}
	c.Series = []chart.Series{tiles}
	return c
}

// timeoutRows has one setup of each timeouts, the longest at the bottom.
func timeoutRows(columns []condition) []summary.Cell {
	var rows []summary.Cell
	for _, col := range columns {
		for _, cell := range col.cells {
			if !slices.ContainsFunc(rows, func(o summary.Cell) bool { return o.Timeouts == cell.Timeouts }) {
				rows = append(rows, cell)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b summary.Cell) int { return int(b.Timeouts.HeartbeatNS - a.Timeouts.HeartbeatNS) })
	return rows
}

// lightestTile is the shade of the rarest elections that were seen, apart from none.
const lightestTile = 0.2

// tile of one setup; its shade is that of the rate's logarithm, among all rates.
func tile(x, y int, w *summary.Watched, rates span) chart.Point {
	e := electionRate(w)
	p := chart.Point{X: float64(x), Y: ptrTo(float64(y)), Text: e.main, Under: e.interval}
	if w.PerHour > 0 {
		p.Shade = 1
		if rates.high > rates.low {
			p.Shade = lightestTile + (1-lightestTile)*math.Log(w.PerHour/rates.low)/math.Log(rates.high/rates.low)
		}
	}
	return p
}

func ptrTo(v float64) *float64 { return &v }

// columnLabel is a condition's values, on two lines.
func columnLabel(c condition) (label, under string) {
	var values []string
	for _, path := range slices.Sorted(maps.Keys(c.params)) {
		values = append(values, c.params[path])
	}
	half := (len(values) + 1) / 2
	return strings.Join(values[:half], ", "), strings.Join(values[half:], ", ")
}

// columnsTitle names what the columns' labels are values of.
func columnsTitle(columns []condition) string {
	var names []string
	for _, path := range slices.Sorted(maps.Keys(columns[0].params)) {
		names = append(names, strings.ReplaceAll(shortPath(path), "_", " "))
	}
	if len(names) == 0 {
		return ""
	}
	half := (len(names) + 1) / 2
	title := strings.Join(names[:half], ", ")
	if half < len(names) {
		title += fmt.Sprintf("; below: %s", strings.Join(names[half:], ", "))
	}
	return title
}
