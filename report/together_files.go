package report

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/export"
	"github.com/raftbench/raftbench/report/markdown"
	"github.com/raftbench/raftbench/summary"
)

// togetherJSON holds the report of several runs for programs.
const togetherJSON = "report.json"

// Write writes the report into dir and returns the paths written, the page first. Files
// are replaced, and those of an earlier report removed, as Report.Write does it.
func (t *Together) Write(ctx context.Context, dir string) ([]string, error) {
	files, err := t.files()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out, err := chosenFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("make the report's folder: %w", err)
	}
	return out.replace(ctx, files)
}

func (t *Together) files() ([]file, error) {
	charts := make([][]chart.Chart, len(t.runs))
	var drawn []chart.Chart
	if c, ok := t.chart(); ok {
		drawn = append(drawn, c)
	}
	for i, r := range t.runs {
		charts[i] = r.charts(r.distributions())
		drawn = append(drawn, r.renamed(charts[i])...)
	}
	p, err := t.page(charts)
	if err != nil {
		return nil, err
	}
	index, err := written(p)
	if err != nil {
		return nil, err
	}
	out := []file{{PageFile, index}, {pageFile, []byte(t.markdown(charts))}}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"report.txt", func(w io.Writer) error { return t.Table(w, Terminal{}) }}, {"report.csv", t.CSV}, {togetherJSON, t.JSON},
	} {
		var b bytes.Buffer
		if err := f.write(&b); err != nil {
			return nil, err
		}
		out = append(out, file{f.name, b.Bytes()})
	}
	pictures, err := drawAll(drawn)
	return append(out, pictures...), err
}

// renamed are charts whose pictures stand beside those of other runs.
func (r oneRun) renamed(charts []chart.Chart) []chart.Chart {
	out := make([]chart.Chart, len(charts))
	for i, c := range charts {
		out[i] = c
		out[i].Name = r.id + "-" + c.Name
	}
	return out
}

// Markdown writes the report as a page without charts. Its error is w's.
func (t *Together) Markdown(w io.Writer) error {
	_, err := io.WriteString(w, t.markdown(nil))
	return err
}

func (t *Together) markdown(charts [][]chart.Chart) string {
	var b strings.Builder
	b.WriteString("# " + markdown.Escape(t.title()) + "\n\n")
	for _, line := range t.heading() {
		b.WriteString(markdown.Escape(line) + "  \n")
	}
	for _, line := range t.alarms() {
		b.WriteString("\n> **" + markdown.Escape(line) + "**\n")
	}
	for _, line := range t.verdicts() {
		b.WriteString("\n**" + markdown.Escape(line) + "**\n")
	}
	markdown.Bullets(&b, t.notes())
	if t.beside != nil {
		t.markdownFigures(&b, charts != nil)
	}
	for i, r := range t.runs {
		var own []chart.Chart
		if charts != nil {
			own = r.renamed(charts[i])
		}
		b.WriteString("\n" + lowered(r.markdownAs(r.name, own)))
	}
	return b.String()
}

// markdownFigures are the figures beside each other, and what makes the runs unlike.
func (t *Together) markdownFigures(b *strings.Builder, drawn bool) {
	if all := t.figuresTable(runAnchors{}); len(all.Rows) > 0 {
		b.WriteString("\n## What the runs share, beside each other\n\n")
		if c, ok := t.chart(); ok && drawn {
			fmt.Fprintf(b, "![%s](%s.png)\n\n", markdown.Escape(c.Title), c.Name)
		}
		markdown.Table(b, all)
		b.WriteString("\n" + markdown.Escape(t.figuresLegend()) + "\n")
	}
	b.WriteString("\n## What makes the runs unlike\n")
	for i, lines := range t.unlike() {
		b.WriteString("\n### " + markdown.Escape(t.againstFirst(i)) + "\n")
		markdown.Bullets(b, lines)
	}
}

var titles = regexp.MustCompile(`(?m)^#+ `)

// lowered is a page whose titles stand one level lower. No other line of one begins with
// a number sign: names stand behind the report's own words.
func lowered(page string) string { return titles.ReplaceAllString(page, "#$0") }

// Table writes the report for a terminal: what each run answers, their figures beside
// each other, then the table of each. Its error is w's.
func (t *Together) Table(w io.Writer, terminal Terminal) error {
	p := &screen{width: terminal.Width, colors: colors(terminal.Color)}
	if p.width <= 0 {
		p.width = 100
	}
	p.wrap(t.title(), "  ", bold)
	p.lines(t.alarms(), red, "  ")
	p.lines(t.verdicts(), bold, "  ")
	if t.beside == nil {
		p.lines(t.notes(), normal, "  ")
	} else {
		p.lines(t.apart, normal, "  ")
		p.gap()
		p.text.WriteString(t.beside.Text())
	}
	for _, r := range t.runs {
		p.gap()
		p.row(strings.Repeat("─", p.width), dim)
		p.wrap(r.name, "  ", bold)
		if err := r.Table(&p.text, terminal); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, p.text.String())
	return err
}

// togetherVersion of the JSON below: it rises where a field changes its meaning or goes.
const togetherVersion = 1

// asJSON is a report of several runs for programs.
type asJSON struct {
	SchemaVersion int       `json:"schema_version"`
	Runs          []runJSON `json:"runs"`
	// Comparison is of the runs that have figures, each with the first of these; null
	// where there are fewer than two.
	Comparison *summary.Comparison `json:"comparison"`
	Unreadable []Unreadable        `json:"unreadable"`
}

type runJSON struct {
	Run     string          `json:"run"`
	Folder  string          `json:"folder"`
	Summary summary.Summary `json:"summary"`
}

// JSON writes each run's summary.json and the comparison in one object. Its error is w's.
func (t *Together) JSON(w io.Writer) error {
	out := asJSON{SchemaVersion: togetherVersion, Runs: []runJSON{}, Comparison: t.whole, Unreadable: append([]Unreadable{}, t.options.Unreadable...)}
	for _, r := range t.runs {
		out.Runs = append(out.Runs, runJSON{r.name, r.run.Dir, r.analysis.Summary})
	}
	return safeJSON(w, out)
}

// CSV writes the lines of each run as the function CSV does, with what the report calls
// the run behind them. Its error is w's.
func (t *Together) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	lines := [][]string{append(append([]string{}, export.Header...), "run")}
	for _, r := range t.runs {
		for _, line := range export.CsvLines(r.analysis.Summary) {
			lines = append(lines, append(line, clean.Defuse(r.name)))
		}
	}
	return out.WriteAll(lines)
}
