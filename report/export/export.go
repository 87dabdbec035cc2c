// Package export writes summaries for other programs, as CSV and JSON. Their columns and keys
// are stable, what is not known is empty and never 0, and nothing in them acts on the
// spreadsheet or terminal that reads them.
package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// JSON writes the content of summary.json; what a terminal could act on is
// written as an escape, which means the same. Its error is w's.
func JSON(w io.Writer, s summary.Summary) error {
	text, err := s.JSON()
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, Unseen(string(text)))
	return err
}

// Unseen writes controls and marks of direction as JSON's escapes; outside of
// its strings JSON has none but line ends and blanks.
func Unseen(text string) string {
	acts := func(r rune) bool { return r != '\n' && unicode.In(r, unicode.C) }
	if !strings.ContainsFunc(text, acts) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case acts(r) && r <= 0xFFFF:
			fmt.Fprintf(&b, `\u%04x`, r)
		case acts(r):
			b.WriteRune(unicode.ReplacementChar)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Header is stable: one line a setup and metric, so that new metrics add
// lines and never move a column.
var Header = []string{
	"run_id", "cell", "nodes", "quorum", "tolerates", "survived", "blocked_at", "lost_writes",
	"engine", "profile", "load", "params", "trials", "valid_trials", "attempted", "failed", "findings", "remarks",
	"metric", "median", "ci_low", "ci_high", "n", "pooled", "doubts",
}

// CSV writes one line for each setup and metric, in the units that the
// metric's name carries, all runs under one header. A metric of an operation under load
// has the operation's name before its own: transfer.silent_p50_ns. What is not known, or is
// beyond every number, is empty. Names that a spreadsheet would take for a
// formula begin with an apostrophe. Its error is w's.
func CSV(w io.Writer, runs ...summary.Summary) error {
	out := csv.NewWriter(w)
	if err := out.Write(Header); err != nil {
		return err
	}
	for _, s := range runs {
		if err := out.WriteAll(CsvLines(s)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// CsvLines are a run's.
func CsvLines(s summary.Summary) [][]string {
	s = clean.Summary(s)
	var lines [][]string
	for _, c := range s.Cells {
		lines = append(lines, cellLines(s.RunID, c)...)
	}
	return lines
}

func cellLines(run string, c summary.Cell) [][]string {
	head := []string{
		clean.Defuse(run), clean.Defuse(c.Cell), strconv.Itoa(c.Nodes), strconv.Itoa(c.Quorum), strconv.Itoa(c.Tolerates),
		Int(c.Faults.Survived), Int(c.Faults.BlockedAt), strconv.FormatInt(c.Faults.LostWrites, 10),
		clean.Defuse(c.Engine), clean.Defuse(c.Profile), clean.Defuse(c.Load), clean.Defuse(Params(c)), strconv.Itoa(c.Trials), strconv.Itoa(c.ValidTrials),
		strconv.FormatInt(c.Operations.Attempted, 10), strconv.FormatInt(c.Operations.Failed, 10),
		clean.Defuse(ruleList(c.Faults)), clean.Defuse(Codes(c.Remarks)),
	}
	var lines [][]string
	add := func(prefix string, metrics map[string]summary.Metric) {
		for _, name := range slices.Sorted(maps.Keys(metrics)) {
			m := metrics[name]
			lines = append(lines, append(slices.Clone(head), clean.Defuse(clean.Text(prefix+name)), Float(m.Median),
				Float(m.CILow), Float(m.CIHigh), strconv.Itoa(m.N), strconv.FormatBool(m.Pooled), doubtList(m, c.Remarks)))
		}
	}
	add("", c.Metrics)
	for _, o := range c.UnderLoad {
		add(o.Action+".", o.Metrics)
	}
	if len(lines) == 0 {
		return [][]string{append(head, make([]string, len(Header)-len(head))...)}
	}
	return lines
}

// Codes names the remarks of a setup: doubtful:host-busy.
func Codes(remarks []summary.Remark) string {
	var out []string
	for _, r := range remarks {
		if text := clean.Text(string(r.Severity)) + ":" + string(r.Code); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, "; ")
}

func ruleList(f summary.Faults) string {
	var out []string
	for _, x := range f.Safety {
		out = append(out, "safety:"+x.Rule)
	}
	for _, x := range f.Liveness {
		out = append(out, "liveness:"+x.Rule)
	}
	return strings.Join(out, "; ")
}

func doubtList(m summary.Metric, remarks []summary.Remark) string {
	var out []string
	for _, i := range m.Doubts {
		if i >= 0 && i < len(remarks) {
			out = append(out, string(remarks[i].Code))
		}
	}
	return clean.Defuse(strings.Join(slices.Compact(out), "; "))
}

// Params are a setup's place on the axes of its run: raft.max_append_entries=64; store=wal.
func Params(c summary.Cell) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(c.Params)) {
		out = append(out, k+"="+c.Params[k])
	}
	return strings.Join(out, "; ")
}

// Int writes a number for a program; nothing of none.
func Int(v *int) string {
	if v == nil {
		return ""
	}
	return strconv.Itoa(*v)
}

// Float writes a number for a program, as short as reads back the same; nothing of none and
// of one beyond every number.
func Float(v *float64) string {
	if v == nil || !units.Finite(*v) {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}
