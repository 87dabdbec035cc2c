package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/tables"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/units"
)

// The verdict leads a report: what each step up buys and what it costs in every
// currency, then one sentence of advice. It is at most verdictLines long, each
// line at most verdictWidth wide, so that it is read whole. Where these costs were
// measured, and are predicted to be others, stands below it.
const (
	verdictLines = 8
	verdictWidth = 80
)

// currencies are what a step is paid in, in the order of the verdict's columns.
var currencies = []struct{ metric, title string }{
	{figures.WriteP50, "latency"}, {figures.ReadP50, "reads"}, {figures.Throughput, "throughput"}, {figures.Capacity, "capacity"},
	{figures.CPUPerKwrite, "CPU"}, {figures.NetworkPer, "network"}, {figures.DiskPer, "disk"},
}

// table of the steps.
func (v verdict) table() tables.Table {
	t := tables.Table{Heads: wordHeads(v.head, 2)}
	for _, row := range v.rows {
		t.Rows = append(t.Rows, tables.Texts(row...))
	}
	return t
}

// verdict is what the answers come to, with its steps as a table.
type verdict struct {
	notes  []string
	head   []string
	rows   [][]string
	left   string // how many steps have no room
	legend string
	advice []string
	// holds says where the costs of the steps hold; empty where there are none.
	holds string
}

// verdict fits the answers into so many lines of so many runes.
func (r *Report) verdict(width, lines int) verdict {
	width = min(width, verdictWidth)
	if r.onlyWatched() {
		return verdict{advice: r.electionLines()}
	}
	if r.onlyTested() {
		return verdict{advice: fitted(r.safetyLines(), lines, width)}
	}
	if len(r.answers) != 1 || len(r.operationGroups()) > 0 {
		return r.groupVerdict(width, lines)
	}
	a := r.answers[0]
	v := verdict{advice: []string{a.advice.text}}
	room := lines - len(wording.Wrap(a.advice.text, width, "  "))
	reserved := 0
	if len(a.steps) > 0 {
		reserved = min(len(a.steps), 2) + 2
	}
	v.notes = fitted(a.notes, room-reserved, width)
	for _, n := range v.notes {
		room -= len(wording.Wrap(n, width, "  "))
	}
	if len(a.steps) == 0 {
		return v
	}
	v.head, v.rows = r.stepTable(a.steps)
	if room -= 2; len(v.rows) > room { // the titles and the legend
		room = max(room-1, 0)
		v.left = fmt.Sprintf("%d more steps: see the differences in %s.", len(v.rows)-room, pageFile)
		v.rows = v.rows[:room]
	}
	v.legend = r.legend(v.head, v.rows)
	if len(v.head) > 2 { // some cost is known
		v.holds = r.holdsWhere(a.steps)
	}
	if lines < everything {
		v.fit(a.steps, width)
	}
	return v
}

// fit leaves out where the members stand, which the tables tell too, where that
// is what makes the steps too wide.
func (v verdict) fit(steps []step, width int) {
	if tableWidth(v.head, v.rows) <= width {
		return
	}
	for i := range v.rows {
		v.rows[i][1] = survives(steps[i].to)
	}
}

// groupVerdict advises on each group of setups: what suits one of them may not
// suit another.
func (r *Report) groupVerdict(width, most int) verdict {
	var lines []string
	if r.outagesAlone() {
		lines, room := slices.Concat(r.operationLines(), r.outageAnswers()), most
		if len(lines) <= most {
			room = math.MaxInt // whole: no table says it as well
		}
		return verdict{advice: fitted(lines, room, width)}
	}
	if len(r.operationGroups()) == 0 && r.oneSize() {
		return verdict{advice: []string{"One size at several settings: which helps is told by `raftbench compare RUN --by " + strings.Join(r.varied(), "`, or --by `") + "`."}}
	}
	lines = slices.Concat(r.operationLines(), r.degradedLines())
	for i, a := range r.answers {
		if degraded(r.groups[i]) || operated(r.groups[i].cells[0]) != nil {
			continue // which size to run is asked of a cluster whose members live
		}
		lines = append(lines, a.notes...)
		lines = append(lines, a.name+": "+a.advice.short)
	}
	return verdict{advice: fitted(lines, most, width)}
}

// oneSize tells of a run in which settings vary and the size does not.
func (r *Report) oneSize() bool {
	return !slices.ContainsFunc(r.groups, func(g group) bool { return len(g.cells) > 1 || g.cells[0].Nodes != r.groups[0].cells[0].Nodes })
}

// varied are the axes along which the setups of a run differ beside their size.
func (r *Report) varied() []string {
	var out []string
	for _, d := range dimensions(r.summary.Cells) {
		if varies(r.summary.Cells, d) {
			out = append(out, d)
		}
	}
	return out
}

// fitted are as many whole paragraphs as fit into so many lines; the last line
// says how many did not.
func fitted(paragraphs []string, lines, width int) []string {
	var out []string
	used := 0
	for i, text := range paragraphs {
		n := len(wording.Wrap(text, width, "  "))
		rest := len(paragraphs) - i
		if used+n > lines || used+n == lines && rest > 1 {
			return append(out, fmt.Sprintf("And %d more: see the tables.", rest))
		}
		used, out = used+n, append(out, text)
	}
	return out
}

// stepTable has a row a step; a currency in which no step is known is left out.
func (r *Report) stepTable(steps []step) (head []string, rows [][]string) {
	head = []string{"step", "survives losing"}
	for _, s := range steps {
		rows = append(rows, []string{fmt.Sprintf("%d → %d", s.from.Nodes, s.to.Nodes), survives(s.to) + placed(s.to)})
	}
	for _, c := range currencies {
		cells, any := make([]string, len(steps)), false
		for i, s := range steps {
			cells[i] = r.price(c.metric, s)
			any = any || cells[i] != units.Absent
		}
		if !any {
			continue
		}
		head = append(head, c.title)
		for i := range rows {
			rows[i] = append(rows[i], cells[i])
		}
	}
	return head, rows
}

// The signs of the verdict's changes.
const (
	undecidedSign = "?"
	atMostSign    = "≤"
	fromNothing   = "from 0"
)

// manyfold is from where a change is told as a factor.
const manyfold = 10

// price of a step in one currency, in per cent: +12 ±9 where a difference was
// found, ≤2.1 where it is bounded, +4 ±6? where it is undecided.
func (r *Report) price(name string, s step) string {
	to, ok := figures.Of(s.to, name)
	if !ok {
		return units.Absent
	}
	if to.Never() {
		return wording.Never
	}
	d, ok := r.differenceIn(name, s.from, s.to)
	switch {
	case !ok && d.N > 0 && to.Median > 0:
		if from, there := figures.Of(s.from, name); there && from.Never() {
			return "from " + wording.Never
		}
		return fromNothing
	case !ok:
		return units.Absent
	case d.Decided == stats.Bounded && d.Interval:
		return atMostSign + strings.TrimSuffix(d.Most(), " %")
	}
	text := wording.Points(d.Ratio, true) + d.PlusMinus()
	if d.Ratio >= manyfold {
		text = fmt.Sprintf("×%.0f", d.Ratio)
	}
	if d.Decided != stats.Found {
		text += undecidedSign
	}
	return text
}

// legend explains the titles and the signs that a table of steps has.
func (r *Report) legend(head []string, rows [][]string) string {
	has := func(sign string) bool {
		return slices.ContainsFunc(rows, func(row []string) bool {
			return slices.ContainsFunc(row[2:], func(cell string) bool { return strings.Contains(cell, sign) })
		})
	}
	text := "In %"
	if has("±") {
		text += " ± 95 % interval"
	}
	if has(undecidedSign) {
		text += ", ? undecided"
	}
	if slices.ContainsFunc(rows, func(row []string) bool { return slices.ContainsFunc(row[2:], undecidedWithoutZero) }) {
		text += " (without 0 in the interval, too: all that is asked at once is corrected for, the interval is not)"
	}
	if has(atMostSign) {
		text += ", ≤ at most"
	}
	if slices.Contains(head, "latency") {
		text += "; latency: p50"
	}
	if use := "; use: a light write"; slices.Contains(head, "CPU") {
		if r.full {
			use = "; use: a write at full load"
		}
		text += use
	}
	return text + "."
}

// undecidedWithoutZero tells of a price such as "+29 ±8?", which reads as if it
// were decided: its interval is its own, and the decision of a whole family.
func undecidedWithoutZero(cell string) bool {
	var change, half float64
	n, _ := fmt.Sscanf(strings.ReplaceAll(cell, "−", "-"), "%f ±%f"+undecidedSign, &change, &half)
	return n == 2 && strings.HasSuffix(cell, undecidedSign) && half < math.Abs(change)
}

// textTable lays a table out for a terminal; columns at its right end are left
// out where it is too narrow.
func textTable(head []string, rows [][]string, width int) []string {
	all, widths := append([][]string{head}, rows...), columnWidths(head, rows)
	for total(widths) > width && len(widths) > 2 {
		widths = widths[:len(widths)-1]
	}
	out := make([]string, len(all))
	for k, row := range all {
		var b strings.Builder
		for i, w := range widths {
			pad := strings.Repeat(" ", w-utf8.RuneCountInString(row[i]))
			switch i {
			case 0:
				b.WriteString(row[i] + pad)
			case 1:
				b.WriteString(strings.Repeat(" ", columnGap) + row[i] + pad)
			default:
				b.WriteString(strings.Repeat(" ", columnGap) + pad + row[i])
			}
		}
		out[k] = wording.Shorten(strings.TrimRight(b.String(), " "), width)
	}
	return out
}

func columnWidths(head []string, rows [][]string) []int {
	widths := make([]int, len(head))
	for _, row := range append([][]string{head}, rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

func tableWidth(head []string, rows [][]string) int { return total(columnWidths(head, rows)) }
