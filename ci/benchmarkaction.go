package ci

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/summary"
)

// benchmarkEntry is one of github-action-benchmark's custom benchmarks.
type benchmarkEntry struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Range string  `json:"range,omitempty"`
	Extra string  `json:"extra,omitempty"`
}

// BenchmarkAction writes the run for github-action-benchmark, which takes a
// file for one direction only: with bigger the metrics that should be high, for
// its tool customBiggerIsBetter, and otherwise those that should be low, for
// customSmallerIsBetter. The tool refuses a file without an entry, which is what a
// run without such a figure leaves.
func BenchmarkAction(w io.Writer, j Judged, bigger bool) error {
	out := []benchmarkEntry{}
	for _, c := range j.Summary.Cells {
		for _, f := range figuresOf(c, tracked) {
			if summary.MoreIsBetter(f.metric) == bigger {
				out = append(out, f.entry(named(c.Cell), clean.Text(j.Summary.RunID)))
			}
		}
	}
	return indented(w, out)
}

func (f figure) entry(setup, run string) benchmarkEntry {
	e := benchmarkEntry{Name: setup + "/" + f.metric, Unit: unitOf(f.metric), Value: f.value, Extra: fmt.Sprintf("trials: %d\nrun: %s", f.trials, run)}
	if f.low != nil && f.high != nil {
		e.Range = "95 %: " + number(*f.low) + " to " + number(*f.high)
	}
	return e
}

// number is v in the fewest digits that tell it from its neighbours, and without
// an exponent where people can read it so.
func number(v float64) string {
	if a := math.Abs(v); a != 0 && (a < 1e-9 || a >= 1e15) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
