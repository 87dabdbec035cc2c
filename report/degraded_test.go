package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// deadCell is a size with so many dead and the leader at a site, and its median
// write and read in milliseconds.
func deadCell(n, dead int, leader string, write, read float64) summary.Cell {
	c := cell(n, write, 0)
	c.Cell = fmt.Sprintf("n%d-hashicorp-multi-az-dead-%d-leader-%s", n, dead, leader)
	c.Params = map[string]string{summary.DeadAxis: fmt.Sprint(dead), summary.LeaderAxis: leader}
	c.Metrics = map[string]summary.Metric{figures.WriteP50: around(write*1e6, 1), figures.ReadP50: around(read*1e6, 1)}
	return c
}

// degradedRun has three and five nodes with up to as many dead as each tolerates.
func degradedRun() summary.Summary {
	s := summary.Summary{SchemaVersion: summary.SchemaVersion, Precision: stats.Precision, Cells: []summary.Cell{
		deadCell(3, 0, "a", 1.70, 1.10), deadCell(3, 0, "b", 1.30, 0.70), deadCell(3, 1, "a", 1.75, 1.12), deadCell(3, 1, "b", 1.72, 1.10),
		deadCell(5, 0, "a", 1.90, 1.12), deadCell(5, 0, "b", 1.45, 0.72), deadCell(5, 1, "a", 1.91, 1.12), deadCell(5, 1, "b", 1.80, 1.10),
		deadCell(5, 2, "a", 1.95, 1.13), deadCell(5, 2, "b", 1.83, 1.11),
	}}
	between := func(metric string, from, to int) {
		if d, ok := differs(metric, s.Cells[from], s.Cells[to]); ok {
			s.Differences = append(s.Differences, d)
		}
	}
	for _, metric := range []string{figures.WriteP50, figures.ReadP50} {
		for _, pair := range [][2]int{{0, 1}, {0, 2}, {1, 3}, {4, 5}, {4, 6}, {5, 7}, {4, 8}, {5, 9}} {
			between(metric, pair[0], pair[1])
		}
	}
	return s
}

// A degraded run answers first what the dead cost, for each place of the leader, and
// what a move of the leader does; which size to run is asked of whole clusters alone.
func TestDegradedCostIsAnsweredFirst(t *testing.T) {
	var b strings.Builder
	if err := reportOf(degradedRun()).Table(&b, Terminal{Width: 140}); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{
		"Leader a: a write with 1 dead: 3 nodes +2.9 % ±0.8, 5 nodes at most 1.2 %.",
		"Leader b: a write with 1 dead: 3 nodes +32 % ±2, 5 nodes +24 % ±1.",
		"Leader b: a write with 2 dead: 5 nodes +26 % ±2.",
		"A write, all alive, after the leader has moved from a to b: 3 nodes −24 % ±1, 5 nodes −24 % ±1.",
		"What a write and a read cost with the nearest followers dead",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(text, "dead 1, leader a: Run") {
		t.Errorf("a cluster with dead members is advised on:\n%s", b.String())
	}
}

// The dead stand in columns beside the living, a row a size; what a size does not
// tolerate is left open, and a run without dead followers has no such table.
func TestDegradedTableHasARowASize(t *testing.T) {
	r := reportOf(degradedRun())
	sh := r.degradedSheet()
	if len(sh.groups) != 2 || len(sh.groups[0].cells) != 2 || sh.groups[0].name != "leader a" {
		t.Fatalf("groups %+v, want leaders a and b with two sizes each", sh.groups)
	}
	row := func(c summary.Cell) string {
		var out []string
		for _, col := range sh.columns {
			out = append(out, col.value(c).main)
		}
		return strings.Join(out, " | ")
	}
	if got, want := row(sh.groups[1].cells[0]), "3 | 1.30 ms | 1.72 ms | – | +32 ±2 | – | 700 µs | 1.10 ms | – | +57 ±2 | –"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if plain := reportOf(typical()).degradedSheet(); len(plain.columns) > 1 {
		t.Errorf("a run without dead followers has a table of them: %d columns", len(plain.columns))
	}
}
