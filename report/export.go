package report

import (
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/summary"
)

// JSON writes the content of summary.json. Its error is w's.
func JSON(w io.Writer, s summary.Summary) error {
	text, err := s.JSON()
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// csvHeader is stable: one line a cell and metric, so that new metrics add
// lines and never move a column.
var csvHeader = []string{
	"run_id", "cell", "nodes", "quorum", "tolerates", "survived", "blocked_at", "lost_writes",
	"engine", "profile", "load", "params", "trials", "valid_trials", "warnings",
	"metric", "median", "ci_low", "ci_high", "n", "pooled",
}

// CSV writes one line for each cell and metric, in the units that the metric's
// name carries, all runs under one header. What is not known is empty. Its
// error is w's.
func CSV(w io.Writer, runs ...summary.Summary) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	for _, s := range runs {
		for _, c := range s.Cells {
			if err := out.WriteAll(csvCell(s.RunID, c)); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func csvCell(run string, c summary.Cell) [][]string {
	head := []string{
		run, c.Cell, strconv.Itoa(c.Nodes), strconv.Itoa(c.Quorum), strconv.Itoa(c.Tolerates),
		optionalInt(c.Faults.Survived), optionalInt(c.Faults.BlockedAt), strconv.FormatInt(c.Faults.LostWrites, 10),
		c.Engine, c.Profile, c.Load, params(c), strconv.Itoa(c.Trials), strconv.Itoa(c.ValidTrials),
		strings.Join(c.Warnings, "; "),
	}
	if len(c.Metrics) == 0 {
		return [][]string{append(head, "", "", "", "", "", "")}
	}
	var lines [][]string
	for _, name := range slices.Sorted(maps.Keys(c.Metrics)) {
		m := c.Metrics[name]
		lines = append(lines, append(slices.Clone(head), name, optionalFloat(&m.Median),
			optionalFloat(m.CILow), optionalFloat(m.CIHigh), strconv.Itoa(m.N), strconv.FormatBool(m.Pooled)))
	}
	return lines
}

func params(c summary.Cell) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(c.Params)) {
		out = append(out, k+"="+c.Params[k])
	}
	return strings.Join(out, "; ")
}

func optionalInt(v *int) string {
	if v == nil {
		return ""
	}
	return strconv.Itoa(*v)
}

func optionalFloat(v *float64) string {
	if v == nil || !finite(*v) {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}
