package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
)

// Text is the comparison for a terminal: what came out, then a table for each
// figure, then what the numbers rest on, what else differs and what the signs
// mean. Several later runs stand below each other.
func (c *Compared) Text() string {
	var b strings.Builder
	say := func(text string) { b.WriteString(strings.Join(hangingText(text), "\n") + "\n") }
	if text := c.overview(); text != "" {
		b.WriteString(strings.Join(wording.Wrap(text, wording.Width, ""), "\n") + "\n\n")
	}
	for i := range c.later {
		c.block(&b, i)
	}
	for _, note := range c.legend() {
		say(note)
	}
	return b.String()
}

// hangingText breaks a text into lines, those after the first indented.
func hangingText(text string) []string {
	lines := wording.Wrap(text, wording.Width, "  ")
	for i := range lines[1:] {
		lines[i+1] = "  " + lines[i+1]
	}
	return lines
}

// block is one later run.
func (c *Compared) block(b *strings.Builder, i int) {
	one := &c.later[i]
	say := func(text string) { b.WriteString(strings.Join(hangingText(text), "\n") + "\n") }
	label := "new"
	if len(c.later) > 1 {
		label = fmt.Sprintf("new, %d of %d", i+1, len(c.later))
		b.WriteString(strings.Repeat("─", wording.Width) + "\n")
	}
	for _, text := range one.answer(c.shortName) {
		b.WriteString(strings.Join(wording.Wrap(text, wording.Width, ""), "\n") + "\n")
	}
	b.WriteString("\n")
	say("old: " + c.old.heading())
	say(label + ": " + one.run.heading())
	if c.pattern != "" {
		say("setups: " + c.pattern)
	}
	c.tables(b, one)
	for _, part := range c.notes(one, c.shortName) {
		if len(part) > 0 {
			b.WriteString("\n")
		}
		for _, note := range part {
			say(note)
		}
	}
	b.WriteString("\n")
}

func (c *Compared) tables(b *strings.Builder, one *comparedBlock) {
	head := []string{"setup", "old", "new", "change", ""}
	for _, ch := range one.shown() {
		if ch.Interval {
			head[3] = "change [95 %]"
		}
	}
	all := [][]string{head}
	for _, f := range one.figures {
		all = append(all, c.rowsOf(f)...)
	}
	grid := newGrid(all)
	for _, f := range one.figures {
		fmt.Fprintf(b, "\n%s\n%s\n", summary.Name(f.metric), grid.line(head))
		for _, row := range c.rowsOf(f) {
			b.WriteString(grid.line(row) + "\n")
		}
	}
}

// grid lays rows out in columns. A name too long for its column has a line of
// its own with the rest below it, and what does not fit behind stands below, too.
type grid struct{ widths []int }

// widestChange is that of +20 % [+18, +22] and the like; wider ones push what
// stands behind them, and not the column of all rows.
const widestChange = 20

func newGrid(rows [][]string) grid {
	g := grid{make([]int, len(rows[0]))}
	for _, row := range rows {
		for i, text := range row {
			g.widths[i] = max(g.widths[i], utf8.RuneCountInString(text))
		}
	}
	change := len(g.widths) - 2
	g.widths[change] = min(g.widths[change], widestChange)
	rest := 0
	for _, w := range g.widths[1:] {
		rest += 2 + w
	}
	g.widths[0] = max(len("geomean"), min(g.widths[0], wording.Width-2-rest))
	return g
}

func (g grid) line(row []string) string {
	var lines []string
	if utf8.RuneCountInString(row[0]) > g.widths[0] {
		lines = append(lines, "  "+row[0])
		row = append([]string{""}, row[1:]...)
	}
	line := ""
	for i, text := range row {
		if line != "" && text != "" && utf8.RuneCountInString(line)+2+utf8.RuneCountInString(text) > wording.Width {
			lines, line = append(lines, line), strings.Repeat(" ", 2+g.widths[0])
		}
		line += "  " + text + strings.Repeat(" ", max(0, g.widths[i]-utf8.RuneCountInString(text)))
	}
	lines = append(lines, line)
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
