package ci

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/markdown"
	"github.com/raftbench/raftbench/report/verdicts"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// GitHub refuses a step's summary above a MiB. So tables show so many rows, and a part that would
// make the page longer than pageLimit is left out, and said to be.
const (
	mostRows  = 100
	pageLimit = 900 << 10
)

// GitHubSummary writes the verdict as Markdown for a job's summary or a comment:
// what came out, what failed or is open, what passed folded away, and the
// differences with their intervals. Pictures of a run's folder cannot be shown
// there, so that charts are text and mermaid's. It ends in an empty line: other
// steps write into the same file.
func GitHubSummary(w io.Writer, j Judged) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## raftbench: %s\n\n%s\n\n", verdicts.Word(j.Report), markdown.Escape(verdicts.Line(j.Report)))
	for _, part := range []struct {
		name  string
		write func(*strings.Builder)
	}{{"findings", j.findingList}, {"verdicts", j.openVerdicts}, {"verdicts that pass", j.passes}, {"differences", j.differences}, {"setups", j.setupsTable}} {
		var text strings.Builder
		if part.write(&text); b.Len()+text.Len() <= pageLimit {
			b.WriteString(text.String())
		} else {
			fmt.Fprintf(&b, "The %s are too long for this page: see the run's folder.\n\n", part.name)
		}
	}
	fmt.Fprintf(&b, "<sub>%s</sub>\n\n", markdown.Escape(j.source()))
	_, err := io.WriteString(w, b.String())
	return err
}

func (j Judged) findingList(b *strings.Builder) {
	all := j.findings()
	for _, f := range first(all, mostRows) {
		fmt.Fprintf(b, "- **%s**\n", cell(verdicts.Found(f)))
	}
	if len(all) > 0 {
		b.WriteString("\n")
	}
	andMore(b, len(all))
}

func (j Judged) openVerdicts(b *strings.Builder) {
	verdictTable(b, slices.DeleteFunc(sortedByAnswer(j.Report.Verdicts), passes))
}

func (j Judged) passes(b *strings.Builder) {
	passed := slices.DeleteFunc(slices.Clone(j.Report.Verdicts), func(v gate.Verdict) bool { return !passes(v) })
	if len(passed) > 0 {
		fold(b, units.Plural(len(passed), "verdict")+" passed", func() { verdictTable(b, passed) })
	}
}

func passes(v gate.Verdict) bool { return v.Answer == stats.Pass.String() }

// sortedByAnswer has failures first, and then what is open.
func sortedByAnswer(verdicts []gate.Verdict) []gate.Verdict {
	rank := []string{stats.Fail.String(), stats.Inconclusive.String(), stats.Pass.String()}
	out := slices.Clone(verdicts)
	slices.SortStableFunc(out, func(a, b gate.Verdict) int { return slices.Index(rank, a.Answer) - slices.Index(rank, b.Answer) })
	return out
}

func verdictTable(b *strings.Builder, judged []gate.Verdict) {
	if len(judged) == 0 {
		return
	}
	rows := [][]string{{"", "rule", "setup", "value [95 %]", "why"}}
	for _, v := range first(judged, mostRows) {
		answer := v.Answer
		if answer == stats.Fail.String() {
			answer = "**FAIL**"
		}
		rows = append(rows, []string{answer, cell(v.Rule), cell(verdicts.Place(v)), cell(verdicts.Value(v)), cell(strings.Join(verdicts.Reasons(v), "; "))})
	}
	markdownTable(b, rows)
	andMore(b, len(judged))
}

// differences have a chart, which holds those with an interval, and a table.
func (j Judged) differences(b *strings.Builder) {
	all := j.shown()
	if len(all) == 0 {
		return
	}
	b.WriteString("### Differences\n\n")
	intervalChart(b, first(all, mostRows))
	rows := [][]string{{"", "from", "to", "change", "95 % interval", "decided", "blocks"}}
	for _, d := range first(all, mostRows) {
		change, interval, decided := report.DifferenceText(d)
		if j.hasArms() {
			decided = report.ArmVerdictWord(d.Verdict(j.Floor))
		}
		rows = append(rows, []string{cell(figures.Name(d.Metric)), cell(d.From), cell(d.To), change, interval, decided, fmt.Sprint(d.N)})
	}
	markdownTable(b, rows)
	andMore(b, len(all))
}

// hasArms tells that what is compared are two variants: there, what a difference
// means is said in the words of raftbench ab.
func (j Judged) hasArms() bool {
	return slices.ContainsFunc(j.Summary.Cells, func(c summary.Cell) bool { return c.Params[summary.ArmAxis] != "" })
}

// shown are the differences of the metrics that tables show unasked: in a run
// with two arms those between the arms, in others those it was planned for.
func (j Judged) shown() []summary.Difference {
	arm := map[string]string{}
	for _, c := range j.Summary.Cells {
		if value, there := c.Params[summary.ArmAxis]; there {
			arm[c.Cell] = value
		}
	}
	return slices.DeleteFunc(slices.Clone(j.Summary.Differences), func(d summary.Difference) bool {
		if len(arm) > 0 {
			return arm[d.From] == arm[d.To] || !tracked(d.Metric)
		}
		return !d.Primary
	})
}

// setupsTable has the headline figures of each setup, and a chart of the first.
func (j Judged) setupsTable(b *strings.Builder) {
	var metrics []string
	for _, name := range []string{"write_latency_p50_ns", "write_latency_p99_ns", "read_latency_p50_ns", "throughput_ops", "capacity_ops"} {
		if slices.ContainsFunc(j.Summary.Cells, func(c summary.Cell) bool { _, has := c.Metrics[name]; return has }) {
			metrics = append(metrics, name)
		}
	}
	if len(metrics) == 0 {
		return
	}
	fold(b, units.Plural(len(j.Summary.Cells), "setup"), func() {
		barChart(b, j.Summary.Cells, metrics[0])
		head := []string{"setup"}
		for _, name := range metrics {
			head = append(head, figures.Name(name))
		}
		rows := [][]string{append(head, "valid trials")}
		for _, c := range first(j.Summary.Cells, mostRows) {
			row := []string{cell(c.Cell)}
			for _, name := range metrics {
				row = append(row, shownFigure(c, name))
			}
			rows = append(rows, append(row, fmt.Sprintf("%d of %d", c.ValidTrials, c.Trials)))
		}
		markdownTable(b, rows)
		andMore(b, len(j.Summary.Cells))
	})
}

// shownFigure is a metric in the words of the verdicts.
func shownFigure(c summary.Cell, name string) string {
	m, has := c.Metrics[name]
	if !has {
		return units.Absent
	}
	return cell(verdicts.Value(gate.Verdict{Metric: name, Measured: &m}))
}

// source says what was run, and where.
func (j Judged) source() string {
	e := j.Run.Environment
	text := "run " + shortened(j.Summary.RunID) + ", raftbench " + shortened(strings.TrimSpace(e.Version+" "+e.Commit))
	if e.CPUModel != "" {
		text += ", on " + units.Plural(e.Cores, "core") + " of " + shortened(e.CPUModel)
	}
	return text
}

// fold puts a part behind a line that is clicked to see it.
func fold(b *strings.Builder, title string, part func()) {
	fmt.Fprintf(b, "<details><summary>%s</summary>\n\n", title)
	part()
	b.WriteString("</details>\n\n")
}

func markdownTable(b *strings.Builder, rows [][]string) {
	b.WriteString("\n")
	rule := slices.Repeat([]string{"---"}, len(rows[0]))
	for i, row := range rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(b, "| %s |\n", strings.Join(rule, " | "))
		}
	}
	b.WriteString("\n")
}

func andMore(b *strings.Builder, rows int) {
	if rows > mostRows {
		fmt.Fprintf(b, "… and %d more: see the run's folder\n\n", rows-mostRows)
	}
}

func first[T any](all []T, most int) []T { return all[:min(len(all), most)] }

// cell is a text that stays in its cell of a table.
func cell(text string) string { return markdown.Escape(shortened(text)) }

// longest is how many runes of a text are shown, of reasons above all.
const longest = 400

func shortened(text string) string {
	r := []rune(clean.Text(text))
	if len(r) <= longest {
		return string(r)
	}
	return string(r[:longest-1]) + "…"
}
