package report

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Table writes the report for a terminal: what is broken, the answer in plain
// English, the tables, and what their marks and numbers mean. Its error is w's.
func (r *Report) Table(w io.Writer, t Terminal) error {
	p := &screen{width: t.Width, colors: colors(t.Color)}
	if p.width <= 0 {
		p.width = 100
	}
	p.wrap(r.options.Title, "  ", bold)
	for i, line := range r.heading() {
		p.wrap(line, "  ", []string{bold, dim, normal}[min(i, 2)])
	}
	p.wrap(r.env.Label, "", yellow)
	p.lines(r.alarms, red, "  ")
	if len(r.summary.Cells) == 0 {
		p.gap()
		p.wrap(noTrialYet, "", normal)
	} else {
		p.body(r)
	}
	p.lines(r.footnotes(), dim, "")
	_, err := io.WriteString(w, p.text.String())
	return err
}

// maxDoubts are the explanations of marks that a terminal shows, each of so
// many setups.
const (
	maxDoubts      = 6
	maxDoubtSetups = 8
)

func (p *screen) body(r *Report) {
	p.verdict(r)
	sheets := r.sheets()
	for _, sh := range sheets {
		p.sheet(sh)
	}
	for _, g := range r.listings() {
		if !g.page {
			p.listing(g)
		}
	}
	p.lines(r.provenLines(), normal, "  ")
	notes := r.doubtLines(shown(sheets), maxDoubts, maxDoubtSetups)
	if more := r.detailsLine(); more != "" {
		notes = append(notes, more)
	}
	p.lines(notes, normal, "  ")
}

// screen is text under construction.
type screen struct {
	text   strings.Builder
	width  int
	colors colors
}

func (p *screen) gap() { p.text.WriteByte('\n') }

// wrap writes a paragraph within the width; hang indents all lines but the
// first.
func (p *screen) wrap(paragraph, hang string, style string) {
	if paragraph == "" {
		return
	}
	for i, line := range wording.Wrap(paragraph, p.width, hang) {
		if i > 0 {
			line = hang + line
		}
		p.text.WriteString(p.colors.paint(style, line) + "\n")
	}
}

func (p *screen) lines(paragraphs []string, style, hang string) {
	if len(paragraphs) == 0 {
		return
	}
	p.gap()
	for _, line := range paragraphs {
		p.wrap(line, hang, style)
	}
}

// verdict leads: whole paragraphs within their lines, and the steps as a table.
func (p *screen) verdict(r *Report) {
	v := r.verdict(p.width, verdictLines)
	width := min(p.width, verdictWidth)
	p.gap()
	say := func(text, style string) {
		for i, line := range wording.Wrap(text, width, "  ") {
			if i > 0 {
				line = "  " + line
			}
			p.row(line, style)
		}
	}
	for _, n := range v.notes {
		say(n, normal)
	}
	if len(v.head) > 0 {
		for i, line := range textTable(v.head, v.rows, width) {
			p.row(line, []string{dim, normal}[min(i, 1)])
		}
		if v.left != "" {
			say(v.left, dim)
		}
		for _, line := range wording.Wrap(v.legend, width, "  ") {
			p.row(line, dim)
		}
	}
	for _, text := range v.advice {
		say(text, bold)
	}
	say(v.holds, normal)
}

// sheet lays a table out: titles, a rule, and two lines a setup, the second
// one holding the intervals.
func (p *screen) sheet(sh sheet) {
	columns := fit(sh, p.width)
	widths, marks := measure(sh, columns)
	p.gap()
	p.wrap(sh.title, "", bold)
	p.gap()
	if over := overLine(columns, widths); strings.TrimSpace(over) != "" {
		p.row(over, dim)
	}
	titles := make([]string, len(columns))
	rules := make([]string, len(columns))
	for i, c := range columns {
		titles[i], rules[i] = c.title, strings.Repeat("─", widths[i])
	}
	p.row(align(titles, widths), bold)
	p.row(align(rules, widths), dim)
	for _, g := range sh.groups {
		if g.name != "" {
			p.row(wording.Shorten(g.name, p.width), bold)
		}
		for _, c := range g.cells {
			p.setup(columns, widths, marks, c)
		}
	}
	var left []string
	for _, c := range sh.columns {
		if !slices.ContainsFunc(columns, func(o column) bool { return o.head() == c.head() }) {
			left = append(left, c.head())
		}
	}
	p.leftOut(left)
}

// maxListed are the rows of a listing that a terminal shows.
const maxListed = 12

// listing lays out a table whose rows are no setups.
func (p *screen) listing(g listing) {
	p.gap()
	p.wrap(g.title, "", bold)
	p.gap()
	shown := g
	shown.rows = g.rows[:min(len(g.rows), maxListed)]
	shown = shown.fit(p.width)
	for i, line := range textTable(shown.head, shown.rows, p.width) {
		p.row(line, []string{dim, normal}[min(i, 1)])
	}
	if left := len(g.rows) - len(shown.rows); left > 0 {
		p.wrap(units.Plural(left, "more row")+": "+pageFile, "", dim)
	}
	p.leftOut(slices.DeleteFunc(slices.Clone(g.head), func(title string) bool { return slices.Contains(shown.head, title) }))
}

// leftOut names the columns that a table was too wide for.
func (p *screen) leftOut(columns []string) {
	if len(columns) > 0 {
		p.wrap(units.Plural(len(columns), "column")+" left out to fit ("+strings.Join(columns, "; ")+"); -o markdown shows all.", "", dim)
	}
}

// shortestText is how many runes of a listing's text stay, however narrow the terminal.
const shortestText = 24

// fit leaves out the columns that can be spared first, then shortens the text, then
// leaves out columns at the right end, until the listing is no wider than width.
func (g listing) fit(width int) listing {
	for _, title := range g.first {
		if tableWidth(g.head, g.rows) <= width {
			return g
		}
		g = g.without(slices.Index(g.head, title))
	}
	if i := slices.Index(g.head, g.text); i >= 0 {
		widths := columnWidths(g.head, g.rows)
		room := max(shortestText, widths[i]-max(0, total(widths)-width))
		g = g.change(func(row []string) []string {
			row = slices.Clone(row)
			row[i] = wording.Shorten(row[i], room)
			return row
		})
	}
	for len(g.head) > 2 && tableWidth(g.head, g.rows) > width {
		g = g.without(len(g.head) - 1)
	}
	return g
}

// without a column.
func (g listing) without(i int) listing {
	return g.change(func(row []string) []string { return slices.Delete(slices.Clone(row), i, i+1) })
}

// change each row, and the head.
func (g listing) change(to func([]string) []string) listing {
	g.head = to(g.head)
	rows := make([][]string, len(g.rows))
	for i, row := range g.rows {
		rows[i] = to(row)
	}
	g.rows = rows
	return g
}

// setup writes the two lines of one; in a column with marks all numbers leave
// room for one, so that their digits stand under each other.
func (p *screen) setup(columns []column, widths []int, marks []bool, c summary.Cell) {
	mains, intervals := make([]string, len(columns)), make([]string, len(columns))
	for i, col := range columns {
		e := col.value(c)
		mains[i], intervals[i] = e.main+e.mark, e.interval
		if marks[i] && e.mark == "" {
			mains[i] += " "
		}
		if marks[i] && e.interval != "" {
			intervals[i] += " "
		}
	}
	p.row(align(mains, widths), normal)
	if line := align(intervals, widths); strings.TrimSpace(line) != "" {
		p.row(line, dim)
	}
}

func (p *screen) row(line, style string) {
	p.text.WriteString(p.colors.paint(style, strings.TrimRight(line, " ")) + "\n")
}

// columnGap stands between two columns.
const columnGap = 2

// fit drops the least needed columns until the table is no wider than width.
func fit(sh sheet, width int) []column {
	columns := sh.columns
	for {
		if widths, _ := measure(sh, columns); total(widths) <= width {
			return columns
		}
		least := -1
		for i, c := range columns {
			if c.keep > 0 && (least < 0 || c.keep < columns[least].keep) {
				least = i
			}
		}
		if least < 0 {
			return columns
		}
		columns = append(append([]column{}, columns[:least]...), columns[least+1:]...)
	}
}

func total(widths []int) int {
	sum := columnGap * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	return sum
}

// measure is how wide the columns are, and in which of them a number is
// marked.
func measure(sh sheet, columns []column) (widths []int, marks []bool) {
	widths, marks = make([]int, len(columns)), make([]bool, len(columns))
	for i, col := range columns {
		widths[i] = utf8.RuneCountInString(col.title)
		most := 0
		for _, g := range sh.groups {
			for _, c := range g.cells {
				e := col.value(c)
				most = max(most, utf8.RuneCountInString(e.main), utf8.RuneCountInString(e.interval))
				marks[i] = marks[i] || e.mark != ""
			}
		}
		if marks[i] {
			most++
		}
		widths[i] = max(widths[i], most)
	}
	spread(columns, widths)
	return widths, marks
}

// spread widens the columns under a shared title until the title fits.
func spread(columns []column, widths []int) {
	for i := 0; i < len(columns); {
		end := sharedEnd(columns, i)
		for k := i; total(widths[i:end]) < utf8.RuneCountInString(columns[i].over); k++ {
			widths[i+(k-i)%(end-i)]++
		}
		i = end
	}
}

// sharedEnd is where the run of columns with the upper title of i ends.
func sharedEnd(columns []column, i int) int {
	end := i + 1
	for end < len(columns) && columns[i].over != "" && columns[end].over == columns[i].over {
		end++
	}
	return end
}

// overLine centres each shared title over its columns.
func overLine(columns []column, widths []int) string {
	var b strings.Builder
	for i := 0; i < len(columns); {
		end := sharedEnd(columns, i)
		room := total(widths[i:end])
		title := columns[i].over
		pad := room - utf8.RuneCountInString(title)
		left := pad
		if end-i > 1 {
			left = pad / 2
			// A line on both sides shows how far the title reaches.
			if pad >= 4 {
				title = strings.Repeat("┄", left-1) + " " + title + " " + strings.Repeat("┄", pad-left-1)
				left, pad = 0, 0
			}
		}
		b.WriteString(strings.Repeat(" ", left) + title + strings.Repeat(" ", pad-left+columnGap))
		i = end
	}
	return b.String()
}

// align sets texts to the right of their columns.
func align(texts []string, widths []int) string {
	var b strings.Builder
	for i, t := range texts {
		if i > 0 {
			b.WriteString(strings.Repeat(" ", columnGap))
		}
		b.WriteString(strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(t))) + t)
	}
	return b.String()
}
