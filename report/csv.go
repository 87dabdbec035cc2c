package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/raftbench/raftbench/summary"
)

// JSON writes the content of summary.json; what a terminal could act on is
// written as an escape, which means the same. Its error is w's.
func JSON(w io.Writer, s summary.Summary) error {
	text, err := s.JSON()
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, unseen(string(text)))
	return err
}

// unseen writes controls and marks of direction as JSON's escapes; outside of
// its strings JSON has none but line ends and blanks.
func unseen(text string) string {
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

// csvHeader is stable: one line a setup and metric, so that new metrics add
// lines and never move a column.
var csvHeader = []string{
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
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	for _, s := range runs {
		if err := out.WriteAll(csvLines(s)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// csvLines are a run's.
func csvLines(s summary.Summary) [][]string {
	s = cleanSummary(s)
	var lines [][]string
	for _, c := range s.Cells {
		lines = append(lines, csvCell(s.RunID, c)...)
	}
	return lines
}

func csvCell(run string, c summary.Cell) [][]string {
	head := []string{
		defuse(run), defuse(c.Cell), strconv.Itoa(c.Nodes), strconv.Itoa(c.Quorum), strconv.Itoa(c.Tolerates),
		optionalInt(c.Faults.Survived), optionalInt(c.Faults.BlockedAt), strconv.FormatInt(c.Faults.LostWrites, 10),
		defuse(c.Engine), defuse(c.Profile), defuse(c.Load), defuse(params(c)), strconv.Itoa(c.Trials), strconv.Itoa(c.ValidTrials),
		strconv.FormatInt(c.Operations.Attempted, 10), strconv.FormatInt(c.Operations.Failed, 10),
		defuse(ruleList(c.Faults)), defuse(codeList(c.Remarks)),
	}
	var lines [][]string
	add := func(prefix string, metrics map[string]summary.Metric) {
		for _, name := range slices.Sorted(maps.Keys(metrics)) {
			m := metrics[name]
			lines = append(lines, append(slices.Clone(head), defuse(clean(prefix+name)), optionalFloat(m.Median),
				optionalFloat(m.CILow), optionalFloat(m.CIHigh), strconv.Itoa(m.N), strconv.FormatBool(m.Pooled), doubtList(m, c.Remarks)))
		}
	}
	add("", c.Metrics)
	for _, o := range c.UnderLoad {
		add(o.Action+".", o.Metrics)
	}
	if len(lines) == 0 {
		return [][]string{append(head, make([]string, len(csvHeader)-len(head))...)}
	}
	return lines
}

// codeList names the remarks of a setup: doubtful:host-busy.
func codeList(remarks []summary.Remark) string {
	var out []string
	for _, r := range remarks {
		if text := clean(string(r.Severity)) + ":" + string(r.Code); !slices.Contains(out, text) {
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
	return defuse(strings.Join(slices.Compact(out), "; "))
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
