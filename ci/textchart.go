package ci

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// chartHalf is how many characters a chart has on each side of no difference.
const chartHalf = 24

// chartMost is the largest change that a chart has room for, so that one huge
// difference does not press all others into the middle.
const chartMost = 0.5

// intervalChart draws each difference's interval around its change, in plain
// text: a drawing that every page shows alike. Mermaid's charts have no
// intervals.
func intervalChart(b *strings.Builder, all []summary.Difference) {
	drawn := slices.DeleteFunc(slices.Clone(all), func(d summary.Difference) bool {
		return !d.Interval || !finite(d.Ratio) || !finite(d.CILow)
	})
	if len(drawn) == 0 {
		return
	}
	reach, width := 0.01, 0
	names := make([]string, len(drawn))
	for i, d := range drawn {
		names[i] = fenced(figures.Name(d.Metric) + ", " + d.To)
		width = max(width, utf8.RuneCountInString(names[i]))
		for _, end := range []*float64{d.Ratio, d.CILow, d.CIHigh} {
			if finite(end) {
				reach = max(reach, math.Abs(*end-1))
			}
		}
	}
	reach = min(reach, chartMost)
	left := units.Change(1 - reach)
	b.WriteString("```text\n" + strings.Repeat(" ", width+2) + left + strings.Repeat(" ", chartHalf-utf8.RuneCountInString(left)) + "0" +
		strings.Repeat(" ", chartHalf-utf8.RuneCountInString(units.Change(1+reach))) + units.Change(1+reach) + "\n")
	for i, d := range drawn {
		b.WriteString(names[i] + strings.Repeat(" ", width-utf8.RuneCountInString(names[i])+2) + intervalLine(d, reach) + "\n")
	}
	b.WriteString("```\n\n")
}

// intervalLine is one interval: ├──●──┤, an arrow where it goes on.
func intervalLine(d summary.Difference, reach float64) string {
	line := []rune(strings.Repeat(" ", 2*chartHalf+1))
	line[chartHalf] = '|'
	high := math.Inf(1) // a null bound is above every number
	if finite(d.CIHigh) {
		high = *d.CIHigh
	}
	from, to := place(*d.CILow, reach), place(high, reach)
	for i := from; i <= to; i++ {
		line[i] = '─'
	}
	line[from], line[to] = '├', '┤'
	if *d.CILow < 1-reach-1e-9 {
		line[from] = '◀'
	}
	if high > 1+reach+1e-9 {
		line[to] = '▶'
	}
	if math.Abs(*d.Ratio-1) <= reach+1e-9 {
		line[place(*d.Ratio, reach)] = '●'
	}
	return strings.TrimRight(string(line), " ")
}

// place of a ratio in a line.
func place(ratio, reach float64) int {
	share := max(-1, min(1, (ratio-1)/reach))
	return chartHalf + int(math.Round(share*chartHalf))
}

// mostBars are as many as can be told apart.
const mostBars = 16

// barChart draws one metric of the setups as mermaid does, which GitHub and
// GitLab show. What is said of a chart that nothing is drawn in is nothing.
func barChart(b *strings.Builder, cells []summary.Cell, metric string) {
	var names, values []string
	top := 0.0
	for _, c := range cells {
		if m := c.Metrics[metric]; finite(m.Median) {
			top = max(top, *m.Median)
		}
	}
	scale := units.Of(metric).Scale(top)
	for _, c := range cells {
		if m := c.Metrics[metric]; finite(m.Median) {
			names = append(names, `"`+mermaidText(c.Cell)+`"`)
			values = append(values, fmt.Sprintf("%.4f", *m.Median/scale.By))
		}
	}
	if len(names) < 2 || len(names) > mostBars || top <= 0 {
		return
	}
	fmt.Fprintf(b, "```mermaid\nxychart-beta\n    title \"%s\"\n    x-axis [%s]\n    y-axis \"%s\" 0 --> %.4f\n    bar [%s]\n```\n\n",
		mermaidText(figures.Name(metric)+", median"), strings.Join(names, ", "), strings.TrimSpace(scale.Unit), 1.1*top/scale.By, strings.Join(values, ", "))
}

// mermaidText keeps what ends neither a word of mermaid's nor its block.
func mermaidText(text string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '.' || r == '+' || r == ',' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, clean.Text(text))
}

// fenced is a text that does not end the block of code it stands in.
func fenced(text string) string { return strings.ReplaceAll(clean.Text(text), "`", "'") }
