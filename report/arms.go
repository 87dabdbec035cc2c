package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/markdown"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// ArmsText words what arms of a run came to, each against the base: the answer
// first, then a table for each size, then what it rests on. Lines are at most 80
// columns wide. floor may be nil: it was not measured.
func ArmsText(w io.Writer, pairs []summary.ArmPair, floor *summary.Floor) error {
	var b strings.Builder
	for _, p := range pairs {
		b.WriteString(strings.Join(wording.Wrap(armLine(p), armsWidth, "  "), "\n  ") + "\n")
	}
	for _, p := range pairs {
		fmt.Fprintf(&b, "\n%s, %s side by side\n", units.Plural(p.Nodes, "node"), units.Plural(p.Blocks, "block"))
		armTable(&b, armRows(p))
	}
	b.WriteString("\n")
	for _, note := range armNotes(pairs, floor) {
		b.WriteString(strings.Join(wording.Wrap(note, armsWidth, "  "), "\n  ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// ArmsMarkdown is the same for a page.
func ArmsMarkdown(w io.Writer, pairs []summary.ArmPair, floor *summary.Floor) error {
	var b strings.Builder
	for _, p := range pairs {
		fmt.Fprintf(&b, "**%s**\n\n", markdown.Escape(armLine(p)))
		rows := armRows(p)
		fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(rows[0], " | "), strings.Repeat("---|", len(rows[0])))
		for _, row := range rows[1:] {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		}
		b.WriteString("\n")
	}
	for _, note := range armNotes(pairs, floor) {
		b.WriteString(markdown.Escape(note) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// armsWidth is that of terminals that nobody changed.
const armsWidth = 80

// armMetrics are shown where a run has them, those that are asked for first at
// the top.
var armMetrics = []string{
	figures.WriteP50, figures.WriteP90, figures.WriteP99, figures.ReadP50, figures.ReadP99, figures.Throughput, figures.Capacity,
	figures.CPUPerKwrite, figures.NetworkPer, figures.DiskPer, figures.FsyncsPer, figures.IdlePrefix + "cpu_seconds_per_second",
	figures.FullPrefix + figures.WriteP50, figures.FullPrefix + figures.WriteP99,
}

// armLine is the answer in a sentence: 3 nodes: b is worse: write p50 +2.3 %
// [1.6, 3.0]; throughput alike, within 1.8 %.
func armLine(p summary.ArmPair) string {
	_, tried := p.Cells()
	name := armName(tried)
	by := map[summary.ArmVerdict][]string{}
	for _, metric := range armMetrics {
		m, known := p.Metrics[metric]
		if known && m.Primary {
			by[m.Verdict] = append(by[m.Verdict], armClause(metric, m))
		}
	}
	var parts []string
	switch worse, better := by[summary.Worse], by[summary.Better]; {
	case len(worse) > 0 && len(better) > 0:
		parts = append(parts, name+" is worse in one and better in the other: "+wording.List(append(worse, better...)))
	case len(worse) > 0:
		parts = append(parts, name+" is worse: "+wording.List(worse))
	case len(better) > 0:
		parts = append(parts, name+" is better: "+wording.List(better))
	case len(by[summary.Undecided]) == 0 && len(by[summary.Alike]) > 0:
		parts = append(parts, name+" is the same as the base")
	case p.Blocks == 0:
		parts = append(parts, "no block holds a valid measurement of both "+name+" and the base")
	default:
		parts = append(parts, "nothing is found between "+name+" and the base")
	}
	parts = append(parts, by[summary.Alike]...)
	parts = append(parts, by[summary.Undecided]...)
	return units.Plural(p.Nodes, "node") + ": " + strings.Join(parts, "; ") + "."
}

func armName(c summary.Cell) string { return clean.Name(c.Params[summary.ArmAxis]) }

func armClause(metric string, m summary.ArmMetric) string {
	name := figures.Name(metric)
	switch {
	case m.Verdict == summary.Alike:
		return fmt.Sprintf("%s alike, %s", name, armSpan(m))
	case m.BelowFloor:
		return fmt.Sprintf("%s undecided, %s: two copies of one build differ by as much here", name, armChange(m))
	case m.Verdict == summary.Undecided && m.CILow == nil:
		return fmt.Sprintf("%s undecided: %s of pairs, too few for an interval", name, units.Plural(m.N, "block"))
	case m.Verdict == summary.Undecided:
		return fmt.Sprintf("%s undecided, from %s", name, armSpan(m))
	}
	return name + " " + armChange(m)
}

// armSpan is the interval in words: −0.4 to +1.2 %.
func armSpan(m summary.ArmMetric) string {
	return wording.Points(figures.Beyond(m.CILow, false), true) + " to " + wording.Points(figures.Beyond(m.CIHigh, true), true) + " %"
}

// armChange is +2.3 % [1.6, 3.0].
func armChange(m summary.ArmMetric) string {
	if m.Ratio == nil {
		return "beyond every number"
	}
	text := units.Change(*m.Ratio)
	if m.CILow != nil {
		text += fmt.Sprintf(" [%s, %s]", wording.Points(*m.CILow, true), wording.Points(figures.Beyond(m.CIHigh, true), true))
	}
	return text
}

// armRows are the header and a row for each metric.
func armRows(p summary.ArmPair) [][]string {
	base, tried := p.Cells()
	a, b := armName(base), armName(tried)
	rows := [][]string{{"", a, b, b + " against " + a, "p", ""}}
	for _, metric := range armMetrics {
		m, known := p.Metrics[metric]
		if !known {
			continue
		}
		kind := units.Of(metric)
		word := ArmVerdictWord(m.Verdict, m.BelowFloor)
		rows = append(rows, []string{
			figures.Name(metric), armFigure(kind, base, metric), armFigure(kind, tried, metric), armChange(m), fmt.Sprintf("%.2g", m.P), word,
		})
	}
	return rows
}

// ArmVerdictWord is what a difference between arms means for the later one.
func ArmVerdictWord(v summary.ArmVerdict, belowFloor bool) string {
	if belowFloor {
		return "below the floor"
	}
	return string(v)
}

func armFigure(k units.Kind, c summary.Cell, name string) string {
	f, ok := figures.Of(c, name)
	if !ok {
		return units.Absent
	}
	v := f.Median
	if strings.HasSuffix(name, figures.CPUPerKwrite) {
		v /= 1000 // of one write
	}
	text := wording.Show(k, v)
	if len(f.Doubts) > 0 {
		text += "†"
	}
	return text
}

// armTable aligns names left and figures right.
func armTable(b *strings.Builder, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 1 || i == 2 {
				cell = pad + cell
			} else {
				cell += pad
			}
			line += cell + "  "
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// armNotes say what the answer rests on.
func armNotes(pairs []summary.ArmPair, floor *summary.Floor) []string {
	notes := []string{"[ ]: 95 % interval of the change, in %, within blocks in which all arms live at once; p: corrected for all that is asked at once (Holm)."}
	for _, p := range pairs {
		base, tried := p.Cells()
		for _, metric := range armMetrics {
			if doubted(base, metric) || doubted(tried, metric) {
				notes = append(notes, "†: something was remarked that can have moved this figure; what moved both arms alike has not moved their ratio. The report has the details.")
				return append(notes, floorNote(floor))
			}
		}
	}
	return append(notes, floorNote(floor))
}

func doubted(c summary.Cell, name string) bool { return len(c.Metrics[name].Doubts) > 0 }

func floorNote(floor *summary.Floor) string {
	if floor == nil {
		return "How far two copies of one build differ in this experiment on this class of host is not measured: `raftbench aa` does."
	}
	var parts []string
	for _, metric := range []string{figures.WriteP50, figures.ReadP50, figures.Throughput, figures.Capacity} {
		if m, known := floor.Metrics[metric]; known {
			parts = append(parts, fmt.Sprintf("%s in %s", wording.Part(m.Reach()), figures.Name(metric)))
		}
	}
	return fmt.Sprintf("Two copies of one build differ by up to %s on this class of host (%s, %s); less is not told.",
		wording.List(parts), units.Plural(floor.Blocks(), "block"), floor.At.Format("2006-01-02"))
}
