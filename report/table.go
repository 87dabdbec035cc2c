package report

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// Table writes the report for a terminal: the tables, the verdict in plain
// English, what weakens it, and the footnotes. Its error is w's.
func Table(w io.Writer, s summary.Summary, env results.Environment, o Options) error {
	s, o.closed = calmOrClosed(s)
	p := &page{width: o.width(), ink: ink(o.Color)}
	for i, line := range heading(s, env, o) {
		p.wrap(line, "", []string{bold, dim, yellow}[i])
	}
	if len(s.Cells) == 0 {
		p.gap()
		p.wrap("There is no finished trial in this run yet.", "", plainInk)
	}
	for _, sh := range sheets(s, o) {
		if len(s.Cells) > 0 {
			p.sheet(sh)
		}
	}
	p.verdicts(groups(s))
	p.lines(fewer(notices(s)), yellow, "  ")
	p.lines(footnotes(s, env, o), dim, "")
	_, err := io.WriteString(w, p.text.String())
	return err
}

// page is text under construction.
type page struct {
	text  strings.Builder
	width int
	ink   ink
}

func (p *page) gap() { p.text.WriteByte('\n') }

// wrap writes a paragraph within the width; hang indents all lines but the
// first.
func (p *page) wrap(paragraph, hang string, style string) {
	for i, line := range wrapText(paragraph, p.width, hang) {
		if i > 0 {
			line = hang + line
		}
		p.text.WriteString(p.ink.paint(style, line) + "\n")
	}
}

func (p *page) lines(paragraphs []string, style, hang string) {
	if len(paragraphs) == 0 {
		return
	}
	p.gap()
	for _, line := range paragraphs {
		p.wrap(line, hang, style)
	}
}

func (p *page) verdicts(gs []group) {
	for _, g := range gs {
		p.gap()
		if g.name != "" {
			p.wrap(g.name+":", "", bold)
		}
		for _, sentence := range verdict(g) {
			p.wrap(sentence, "", plainInk)
		}
	}
}

// sheet lays a table out: titles, a rule, and two lines a cell, the second
// one holding the intervals.
func (p *page) sheet(sh sheet) {
	columns := fit(sh, p.width)
	widths := measure(sh, columns)
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
			p.row(shorten(g.name, p.width), bold)
		}
		for _, c := range g.cells {
			p.cell(columns, widths, c)
		}
	}
	if left := len(sh.columns) - len(columns); left > 0 {
		p.wrap(plural(left, "column")+" left out to fit; -o markdown shows all.", "", dim)
	}
}

func (p *page) cell(columns []column, widths []int, c summary.Cell) {
	mains, intervals := make([]string, len(columns)), make([]string, len(columns))
	for i, col := range columns {
		mains[i], intervals[i] = col.value(c)
	}
	p.row(align(mains, widths), p.ink.pick(doubted(c), yellow, plainInk))
	if line := align(intervals, widths); strings.TrimSpace(line) != "" {
		p.row(line, dim)
	}
}

func (p *page) row(line, style string) {
	p.text.WriteString(p.ink.paint(style, strings.TrimRight(line, " ")) + "\n")
}

// columnGap stands between two columns.
const columnGap = 2

// fit drops the least needed columns until the table is no wider than width.
func fit(sh sheet, width int) []column {
	columns := sh.columns
	for total(measure(sh, columns)) > width {
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
	return columns
}

func total(widths []int) int {
	sum := columnGap * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	return sum
}

func measure(sh sheet, columns []column) []int {
	widths := make([]int, len(columns))
	for i, col := range columns {
		widths[i] = utf8.RuneCountInString(col.title)
		for _, g := range sh.groups {
			for _, c := range g.cells {
				main, interval := col.value(c)
				widths[i] = max(widths[i], utf8.RuneCountInString(main), utf8.RuneCountInString(interval))
			}
		}
	}
	spread(columns, widths)
	return widths
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

// wrapText breaks a paragraph at spaces into lines of at most width runes; a
// word that is wider is broken too. Lines after the first leave room for hang.
func wrapText(paragraph string, width int, hang string) []string {
	var lines []string
	line := ""
	room := func() int {
		if len(lines) == 0 {
			return max(width, 20)
		}
		return max(width-utf8.RuneCountInString(hang), 20)
	}
	for _, word := range strings.Fields(paragraph) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > room() {
			lines, line = append(lines, line), ""
		}
		for line == "" && utf8.RuneCountInString(word) > room() {
			r := []rune(word)
			n := room()
			lines, word = append(lines, string(r[:n])), string(r[n:])
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}
