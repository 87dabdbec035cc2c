package trend

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/draw"
	"github.com/raftbench/raftbench/report/export"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/markdown"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// width is that of a terminal that nobody has widened.
const width = 80

// Text is the trend for a terminal: what came out, a line for each series, the
// runs around each change, and what to know of them.
func (t *Trend) Text(w io.Writer) error {
	var b strings.Builder
	para := func(text, hang string) {
		for i, line := range wording.Wrap(text, width, hang) {
			if i > 0 {
				line = hang + line
			}
			b.WriteString(line + "\n")
		}
	}
	para(t.first(), "")
	for _, m := range t.messages() {
		b.WriteString("\n")
		para(m, "  ")
	}
	b.WriteString("\n" + aligned(t.overview()))
	for i := range t.history.Series {
		for _, c := range t.history.Series[i].Changes {
			b.WriteString("\n" + wording.Capital(t.name(&t.history.Series[i])) + "\n" + aligned(t.around(&t.history.Series[i], c)))
		}
	}
	b.WriteString("\n")
	for _, n := range t.notes() {
		para(n, "  ")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Markdown is the same for a page, with the runs of every series.
func (t *Trend) Markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString(markdown.Escape(t.first()) + "\n\n")
	for _, m := range t.messages() {
		b.WriteString("- " + markdown.Escape(m) + "\n")
	}
	b.WriteString("\n" + pageTable(t.overview()) + "\n" + pageTable(t.values()) + "\n")
	for _, n := range t.notes() {
		b.WriteString("- " + markdown.Escape(n) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func pageTable(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		cells := make([]string, len(row))
		for k, c := range row {
			cells[k] = markdown.Escape(c)
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", len(row)) + "\n")
		}
	}
	return b.String()
}

// aligned are rows in columns as wide as their texts; the first column gives way
// where the lines would be too wide.
func aligned(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	rest := 0
	for _, w := range widths[1:] {
		rest += 2 + w
	}
	widths[0] = min(widths[0], max(12, width-rest))
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, c := range row {
			c = wording.Shorten(c, widths[i])
			line += c + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// overview has a line for each series.
func (t *Trend) overview() [][]string {
	rows := [][]string{{"setup", "figure", "runs", "level", "changes at run", "would see"}}
	for i := range t.history.Series {
		s := &t.history.Series[i]
		level := units.Absent
		if v, known := s.Level(); known {
			level = wording.Show(units.Of(s.Metric), v)
		}
		rows = append(rows, []string{t.setup(s) + t.kindWords(s), figureName(s.Metric), strconv.Itoa(s.Judged), level, changesAt(s), wouldSee(s)})
	}
	return rows
}

func changesAt(s *summary.HistorySeries) string {
	var out []string
	for _, c := range s.Changes {
		out = append(out, strconv.Itoa(runNumber(s, c.After)))
	}
	if s.TooFew() {
		return "too few runs"
	}
	if len(out) == 0 {
		return "none"
	}
	return wording.Some(out, 3)
}

func wouldSee(s *summary.HistorySeries) string {
	switch {
	case s.TooFew() || len(s.Changes) > 0:
		return units.Absent
	case s.Smallest == nil:
		return "> 100 %"
	}
	return wording.Part(*s.Smallest - 1)
}

// beside a change so many runs are shown.
const beside = 3

// around are the runs beside a change.
func (t *Trend) around(s *summary.HistorySeries, c summary.HistoryChange) [][]string {
	rows := [][]string{{"run", "began", "value [95 %]", ""}}
	for k := max(0, c.Before-beside+1); k < min(len(s.Points), c.After+beside); k++ {
		mark := ""
		if k == c.After {
			mark = changedBy(c)
		}
		rows = append(rows, append(t.valueRow(s, k)[1:], mark))
	}
	return rows
}

// values has every run of every series.
func (t *Trend) values() [][]string {
	rows := [][]string{{"figure", "run", "began", "value [95 %]", "folder", "build"}}
	for i := range t.history.Series {
		s := &t.history.Series[i]
		for k := range s.Points {
			r := t.run(s, k)
			rows = append(rows, append(t.valueRow(s, k), r.Dir, r.Build))
		}
	}
	return rows
}

func (t *Trend) valueRow(s *summary.HistorySeries, point int) []string {
	return []string{t.name(s), strconv.Itoa(runNumber(s, point)), day(t.run(s, point).StartedAt), t.value(s, point)}
}

// value of a run with its interval, and the dagger of one that is doubted.
func (t *Trend) value(s *summary.HistorySeries, point int) string {
	f, ok := t.figureAt(s, point)
	if !ok {
		return figures.NoTrial
	}
	k := units.Of(s.Metric)
	text := wording.Show(k, f.Median)
	if range95 := figures.Between(k, f); range95 != "" {
		text += " [" + range95 + "]"
	}
	if len(s.Points[point].Doubts) > 0 {
		text += figures.Dagger
	}
	return text
}

// header is stable: a line for each series and run.
var header = []string{
	"kind", "setup", "nodes", "metric", "run", "dir", "run_id", "started_at", "build",
	"median", "ci_low", "ci_high", "n", "pooled", "doubts", "change", "change_ratio", "change_ci_low", "change_ci_high", "change_p",
}

// CSV has every run of every series, in the units that the metric's name carries;
// the change columns are filled at the first run behind a change. What is not
// known, or is beyond every number, is empty.
func (t *Trend) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return err
	}
	for i := range t.history.Series {
		s := &t.history.Series[i]
		for k := range s.Points {
			if err := out.Write(t.csvRow(s, k)); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func (t *Trend) csvRow(s *summary.HistorySeries, point int) []string {
	r, m := t.run(s, point), s.Points[point].Metric
	row := []string{
		strconv.Itoa(s.Kind + 1), clean.Defuse(s.Cell), strconv.Itoa(s.Nodes), s.Metric, strconv.Itoa(runNumber(s, point)),
		clean.Defuse(r.Dir), clean.Defuse(r.RunID), r.StartedAt.UTC().Format("2006-01-02T15:04:05Z"), clean.Defuse(r.Build),
	}
	if m == nil {
		row = append(row, "", "", "", "0", "", "")
	} else {
		row = append(row, export.Float(m.Median), export.Float(m.CILow), export.Float(m.CIHigh), strconv.Itoa(m.N), strconv.FormatBool(m.Pooled), clean.Defuse(export.Codes(s.Points[point].Doubts)))
	}
	for _, c := range s.Changes {
		if c.After == point {
			return append(row, clean.Defuse(changedBy(c)), export.Float(c.Ratio), export.Float(c.CILow), export.Float(c.CIHigh), strconv.FormatFloat(c.P, 'g', -1, 64))
		}
	}
	return append(row, "", "", "", "", "")
}

// JSON is the history as it is.
func (t *Trend) JSON(w io.Writer) error {
	text, err := json.MarshalIndent(t.history, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the history: %w", err)
	}
	_, err = io.WriteString(w, export.Unseen(string(text))+"\n")
	return err
}

// Write draws a chart of each series into a folder, as PNG and SVG, and returns
// their paths. Each file is replaced whole.
func (t *Trend) Write(dir string) (paths []string, err error) {
	files, err := draw.Files(t.charts())
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, f := range files {
		if err := results.WriteFile(root, f.Name, f.Content); err != nil {
			return paths, err
		}
		paths = append(paths, filepath.Join(dir, f.Name))
	}
	return paths, nil
}
