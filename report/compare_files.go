package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/export"
	"github.com/raftbench/raftbench/report/markdown"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// Markdown is the comparison for a page: a table for each later run, its rows
// with their figure and setup in full.
func (c *Compared) Markdown() string {
	var b strings.Builder
	if text := c.overview(); text != "" {
		b.WriteString(markdown.Escape(text) + "\n\n")
	}
	for i := range c.later {
		one := &c.later[i]
		if len(c.later) > 1 {
			fmt.Fprintf(&b, "## %s\n\n", markdown.Escape(one.run.name))
		}
		for _, text := range one.answer(fullName) {
			b.WriteString(markdown.Escape(text) + "\n\n")
		}
		fmt.Fprintf(&b, "old: %s  \nnew: %s\n\n", markdown.Escape(c.old.heading()), markdown.Escape(one.run.heading()))
		c.markdownTable(&b, one)
		markdown.Bullets(&b, slices.Concat(c.notes(one, fullName)...))
		b.WriteString("\n")
	}
	markdown.Bullets(&b, c.legend())
	return b.String()
}

func (c *Compared) markdownTable(b *strings.Builder, one *comparedBlock) {
	markdown.Line(b, []string{"figure", "setup", "old", "new", "change", "test"})
	markdown.Line(b, []string{"---", "---", "--:", "--:", "--:", "---"})
	for _, f := range one.figures {
		for i, row := range c.rowsOf(f) {
			if i < len(f.changes) {
				row[0] = clean.Name(f.changes[i].Cell)
			}
			for k := range row {
				row[k] = markdown.Escape(row[k])
			}
			markdown.Line(b, append([]string{markdown.Escape(summary.Name(f.metric))}, row...))
		}
	}
}

// JSON is the comparison for programs; what a terminal could act on is written
// as an escape, which means the same. Its error is w's.
func (c *Compared) JSON(w io.Writer) error { return safeJSON(w, c.whole) }

func safeJSON(w io.Writer, v any) error {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, export.Unseen(text.String()))
	return err
}

// comparedHeader is stable: new columns stand at the end.
var comparedHeader = []string{
	"setup", "metric", "old_median", "old_ci_low", "old_ci_high", "old_n",
	"new_median", "new_ci_low", "new_ci_high", "new_n",
	"ratio", "ratio_ci_low", "ratio_ci_high", "p", "questions", "decided", "untested",
	"verdict", "old_run", "new_run", "new_setup", "old_doubts", "new_doubts",
}

// CSV has a line for each figure and later run, in the units that the metric's
// name carries. What is not known, or is above every number, is empty. Its error
// is w's.
func (c *Compared) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(comparedHeader); err != nil {
		return err
	}
	for _, one := range c.whole.Each() {
		for _, ch := range one.Changes {
			if err := out.Write(comparedLine(one, ch)); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func comparedLine(one summary.Comparison, ch summary.Change) []string {
	safe := func(text string) string { return clean.Defuse(clean.Text(text)) }
	return []string{
		safe(ch.Cell), safe(ch.Metric),
		export.Float(ch.A), export.Float(ch.Old.CILow), export.Float(ch.Old.CIHigh), strconv.Itoa(ch.Old.N),
		export.Float(ch.B), export.Float(ch.New.CILow), export.Float(ch.New.CIHigh), strconv.Itoa(ch.New.N),
		export.Float(ch.Ratio), export.Float(ch.CILow), export.Float(ch.CIHigh), export.Float(ch.P), strconv.Itoa(ch.Questions),
		string(ch.Decided), string(ch.Untested),
		string(ch.Verdict), safe(one.OldDir), safe(one.NewDir), safe(ch.NewCell), codesText(ch.OldDoubts), codesText(ch.NewDoubts),
	}
}

func codesText(codes []results.Code) string {
	var out []string
	for _, c := range codes {
		out = append(out, clean.Text(string(c)))
	}
	return clean.Defuse(strings.Join(out, "; "))
}
