package ci

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// otavaHead begins the header of every history: the time, and attributes. The
// first three tell a run from every other: nightly runs have one folder's name,
// and several hosts may begin in the same second.
var otavaHead = []string{"time", "run", "host", "host_class", "version", "commit"}

// classColumn is that of the host's class in otavaHead.
const classColumn = 3

// Otava adds the run to a history that Apache Otava reads: a row a run, and a
// column for each setup's metric, such as
// n3-hashicorp-multi-az.write_latency_p50_ns. An empty history begins one. A run
// that the history has is replaced, and rows are in the order of time.
//
// The columns are those of the history's first run, for Otava refuses a row that
// lacks a number. Nor does it tell one class of hosts from another, whose figures
// are no change of what is measured. So a run without one of the columns, or of
// another class than the history's newest run, is not added, and the error is of
// type *NotAdded. Percentiles that only a long run has enough operations for are
// no columns.
func Otava(history []byte, j Judged) ([]byte, error) {
	row, columns := j.otavaRow()
	if len(columns) == 0 {
		return nil, j.notAdded("it has no figure")
	}
	rows, err := otavaRows(history, columns)
	if err != nil {
		return nil, err
	}
	line := make([]string, len(rows[0]))
	for i, column := range rows[0] {
		value, there := row[column]
		if !there {
			return nil, j.notAdded("it has no number for " + column + ", which the history wants of every run")
		}
		line[i] = value
	}
	others := slices.DeleteFunc(rows[1:], func(r []string) bool { return slices.Equal(r[:classColumn], line[:classColumn]) })
	if n := len(others); n > 0 && others[n-1][classColumn] != line[classColumn] {
		return nil, j.notAdded(fmt.Sprintf("it was measured on %s, and the history is that of %s; keep one for each", line[classColumn], others[n-1][classColumn]))
	}
	others = append(others, line)
	slices.SortStableFunc(others, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	var out bytes.Buffer
	if err := csv.NewWriter(&out).WriteAll(append(rows[:1:1], others...)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// NotAdded is a run that does not fit its history.
type NotAdded struct{ Run, Why string }

func (e *NotAdded) Error() string {
	return fmt.Sprintf("the run %s was not added: %s", e.Run, e.Why)
}

func (j Judged) notAdded(why string) error {
	return &NotAdded{Run: clean.Text(j.Summary.RunID), Why: why}
}

// otavaRow are the values of a run by their columns, and its figures' columns.
func (j Judged) otavaRow() (map[string]string, []string) {
	e := j.Run.Environment
	class := fmt.Sprintf("%s/%s, %s, %s, %s", e.OS, e.Arch, e.CPUModel, units.Plural(e.Cores, "core"), e.Filesystem)
	row := map[string]string{"time": e.StartedAt.UTC().Format(time.RFC3339)}
	for column, text := range map[string]string{
		"run": j.Summary.RunID, "host": e.Hostname, "host_class": class, "version": e.Version, "commit": e.Commit,
	} {
		row[column] = clean.Defuse(clean.Text(text))
	}
	var columns []string
	for _, c := range j.Summary.Cells {
		for _, f := range figuresOf(c, func(metric string) bool { return tracked(metric) && !summary.FarOut(metric) }) {
			column := clean.Defuse(clean.Text(c.Cell)) + "." + f.metric
			if _, twice := row[column]; !twice {
				row[column], columns = number(f.value), append(columns, column)
			}
		}
	}
	return row, columns
}

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
