package ci

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/report"
)

// otavaHead begins the header of every history: the time, and attributes.
var otavaHead = []string{"time", "run", "version", "commit"}

// Otava adds the run to a history that Apache Otava reads: a row a run, and a
// column for each setup's metric, such as
// n3-hashicorp-multi-az.write_latency_p50_ns. An empty history begins one. A run
// that the history has is replaced, and rows are in the order of time.
//
// The columns are those of the history's first run, for Otava refuses a row that
// lacks a number: a run without one of them is not added, and the error, of type
// *Incomplete, says which. Percentiles that only a long run has enough operations
// for are no columns.
func Otava(history []byte, j Judged) ([]byte, error) {
	row, columns := j.otavaRow()
	if len(columns) == 0 {
		return nil, &Incomplete{Run: clean(j.Summary.RunID), Column: "any figure"}
	}
	rows, err := otavaRows(history, columns)
	if err != nil {
		return nil, err
	}
	line := make([]string, len(rows[0]))
	for i, column := range rows[0] {
		value, there := row[column]
		if !there {
			return nil, &Incomplete{Run: clean(j.Summary.RunID), Column: column}
		}
		line[i] = value
	}
	others := slices.DeleteFunc(rows[1:], func(r []string) bool { return r[1] == line[1] })
	others = append(others, line)
	slices.SortStableFunc(others, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	var out bytes.Buffer
	if err := csv.NewWriter(&out).WriteAll(append(rows[:1:1], others...)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Incomplete is a run without a number that its history has of every other.
type Incomplete struct{ Run, Column string }

func (e *Incomplete) Error() string {
	return fmt.Sprintf("the run %s has no number for %s, which the history wants of every run: it was not added", e.Run, e.Column)
}

// otavaRow are the values of a run by their columns, and its figures' columns.
func (j Judged) otavaRow() (map[string]string, []string) {
	e := j.Run.Environment
	row := map[string]string{
		"time": e.StartedAt.UTC().Format(time.RFC3339), "run": report.Defuse(clean(j.Summary.RunID)),
		"version": report.Defuse(clean(e.Version)), "commit": report.Defuse(clean(e.Commit)),
	}
	var columns []string
	for _, c := range j.Summary.Cells {
		for _, f := range figures(c, func(metric string) bool { return tracked(metric) && !farOut(metric) }) {
			column := report.Defuse(clean(c.Cell)) + "." + f.metric
			if _, twice := row[column]; !twice {
				row[column], columns = number(f.value), append(columns, column)
			}
		}
	}
	return row, columns
}

// farOut tells whether a metric comes and goes with the number of operations.
func farOut(metric string) bool { return strings.Contains(metric, "_p99") }

// otavaRows are a history's, its header first; one that is empty begins with the
// given columns.
func otavaRows(history []byte, columns []string) ([][]string, error) {
	if len(bytes.TrimSpace(history)) == 0 {
		return [][]string{append(slices.Clone(otavaHead), columns...)}, nil
	}
	rows, err := csv.NewReader(bytes.NewReader(history)).ReadAll()
	if err == nil && (len(rows[0]) <= len(otavaHead) || !slices.Equal(rows[0][:len(otavaHead)], otavaHead)) {
		err = errors.New("want a header that begins with " + strings.Join(otavaHead, ","))
	}
	if err != nil {
		return nil, fmt.Errorf("no history that raftbench wrote: %w", err)
	}
	return rows, nil
}
