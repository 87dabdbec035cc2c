package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/summary"
)

// Markdown writes the report as a page for a repository or a CI job's
// summary, without charts. Its error is w's.
func (r *Report) Markdown(w io.Writer) error {
	_, err := io.WriteString(w, r.markdown(nil))
	return err
}

const pageTitle = "# What each Raft node costs per write, and what it buys"

func (r *Report) markdown(charts []chart.Chart) string {
	var b strings.Builder
	title := pageTitle
	if r.onlyWatched() {
		title = "# " + electionTitle
	}
	if r.onlyTested() {
		title = "# " + safetyTitle
	}
	b.WriteString(title + "\n\n")
	for _, line := range r.heading() {
		b.WriteString(escape(line) + "  \n")
	}
	if r.env.Label != "" {
		b.WriteString("**" + escape(r.env.Label) + "**\n")
	}
	for _, line := range r.alarms {
		b.WriteString("\n> **" + escape(line) + "**\n")
	}
	if len(r.summary.Cells) == 0 {
		b.WriteString("\nThere is no finished trial in this run yet.\n")
		return b.String()
	}
	markdownVerdict(&b, r)
	sheets := r.sheets()
	for _, sh := range sheets {
		markdownSheet(&b, sh)
	}
	for _, g := range r.listings() {
		markdownListing(&b, g)
	}
	bullets(&b, r.provenLines())
	bullets(&b, r.doubtLines(shown(sheets), everything, everything))
	for _, c := range charts {
		fmt.Fprintf(&b, "\n## %s\n\n![%s](%s.png)\n", escape(c.Title), escape(c.Title), c.Name)
	}
	markdownDifferences(&b, r)
	b.WriteString("\n## Read this with the numbers\n")
	bullets(&b, r.footnotes())
	markdownDetails(&b, r)
	return b.String()
}

// everything: a page leaves nothing out.
const everything = math.MaxInt

func markdownVerdict(b *strings.Builder, r *Report) {
	v := r.verdict(verdictWidth)
	bullets(b, v.notes)
	if len(v.head) > 0 {
		b.WriteString("\n")
		tableLine(b, v.head)
		tableLine(b, append([]string{"---", "---"}, slices.Repeat([]string{"--:"}, len(v.head)-2)...))
		for _, row := range v.rows {
			cells := make([]string, len(row))
			for i, cell := range row {
				cells[i] = escape(cell)
			}
			tableLine(b, cells)
		}
		b.WriteString("\n" + strings.TrimSpace(escape(v.left)+" "+escape(v.legend)) + "\n")
	}
	for _, text := range v.advice {
		b.WriteString("\n**" + escape(text) + "**\n")
	}
}

func bullets(b *strings.Builder, lines []string) {
	if len(lines) > 0 {
		b.WriteString("\n")
	}
	for _, l := range lines {
		b.WriteString("- " + escape(l) + "\n")
	}
}

func markdownSheet(b *strings.Builder, sh sheet) {
	fmt.Fprintf(b, "\n## %s\n\n", sh.title)
	named := len(sh.groups) > 1
	heads, rule := []string{}, []string{}
	if named {
		heads, rule = append(heads, "setup"), append(rule, "---")
	}
	for _, c := range sh.columns {
		heads, rule = append(heads, escape(c.head())), append(rule, "--:")
	}
	tableLine(b, heads)
	tableLine(b, rule)
	for _, g := range sh.groups {
		for _, c := range g.cells {
			var texts []string
			if named {
				texts = append(texts, escape(g.name))
			}
			tableLine(b, append(texts, markdownCells(sh.columns, c)...))
		}
	}
}

func markdownListing(b *strings.Builder, g listing) {
	fmt.Fprintf(b, "\n## %s\n\n", g.title)
	tableLine(b, g.head)
	tableLine(b, append([]string{"---", "---"}, slices.Repeat([]string{"--:"}, len(g.head)-2)...))
	for _, row := range g.rows {
		cells := make([]string, len(row))
		for i, text := range row {
			cells[i] = escape(text)
		}
		tableLine(b, cells)
	}
}

func markdownCells(columns []column, c summary.Cell) []string {
	out := make([]string, len(columns))
	for i, col := range columns {
		e := col.value(c)
		out[i] = escape(e.main) + e.mark
		if e.interval != "" {
			out[i] += " (" + e.interval + ")"
		}
	}
	return out
}

func tableLine(b *strings.Builder, texts []string) {
	b.WriteString("| " + strings.Join(texts, " | ") + " |\n")
}

func markdownDifferences(b *strings.Builder, r *Report) {
	rows := r.differenceRows()
	if len(rows) == 0 {
		return
	}
	b.WriteString("\n## Differences\n\n" + escape(r.differencesNote()) + "\n\n")
	tableLine(b, differenceHead)
	tableLine(b, []string{"---", "---", "---", "--:", "--:", "---", "--:"})
	for _, row := range rows {
		for i := range row {
			row[i] = escape(row[i])
		}
		tableLine(b, row)
	}
}

func markdownDetails(b *strings.Builder, r *Report) {
	sections, ends := r.details(), logs(r.groups)
	if len(sections)+len(ends) > 0 {
		b.WriteString("\n## Details\n")
	}
	for _, s := range sections {
		fmt.Fprintf(b, "\n### %s\n", s.title)
		bullets(b, s.lines)
	}
	for _, l := range ends {
		fmt.Fprintf(b, "\n### The end of a log: %s\n\n", escape(l.title))
		for _, line := range l.lines {
			b.WriteString("    " + line + "\n") // indented it is code, and nothing in it is live
		}
	}
}

// escape keeps text from being read as Markdown or HTML: no name of a foreign
// run becomes a link, an image, a mention or a tag. A comment parts what pages
// would make a link of without any brackets.
func escape(text string) string { return escaper.Replace(text) }

var escaper = strings.NewReplacer(
	"\\", "\\\\", "|", "\\|", "*", "\\*", "_", "\\_", "`", "\\`", "~", "\\~", "$", "\\$", "!", "\\!", "[", "\\[", "]", "\\]",
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", " ",
	"://", ":<!-- -->//", "www.", "www<!-- -->.", "WWW.", "WWW<!-- -->.", "@", "<!-- -->@<!-- -->",
)
