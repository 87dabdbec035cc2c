package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/tables"
)

// Markdown writes the report as a page for a repository or a CI job's
// summary, without charts. Its error is w's.
func (r *Report) Markdown(w io.Writer) error {
	_, err := io.WriteString(w, r.markdown(nil))
	return err
}

// noTrialYet is said in place of everything that trials would show.
const noTrialYet = "There is no finished trial in this run yet."

const pageTitle = "What each Raft node costs per write, and what it buys"

// title is what the whole report is about.
func (r *Report) title() string {
	switch {
	case r.options.Title != "":
		return r.options.Title
	case r.onlyTested():
		return safetyTitle
	case r.onlyWatched():
		return electionTitle
	}
	return pageTitle
}

func (r *Report) markdown(charts []chart.Chart) string { return r.markdownAs(r.title(), charts) }

// markdownAs is the same under another title.
func (r *Report) markdownAs(title string, charts []chart.Chart) string {
	var b strings.Builder
	b.WriteString("# " + escape(title) + "\n\n")
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
		b.WriteString("\n" + noTrialYet + "\n")
		return b.String()
	}
	markdownVerdict(&b, r)
	sheets := r.sheets()
	for _, sh := range sheets {
		titled(&b, r.sheetTable(sh))
	}
	for _, g := range r.listings() {
		titled(&b, g.table())
	}
	bullets(&b, r.provenLines())
	bullets(&b, r.doubtLines(shown(sheets), everything, everything))
	for _, c := range charts {
		fmt.Fprintf(&b, "\n## %s\n\n![%s](%s.png)\n", escape(c.Title), escape(c.Title), c.Name)
	}
	markdownPath(&b, r)
	markdownDifferences(&b, r)
	b.WriteString("\n## Read this with the numbers\n")
	bullets(&b, r.footnotes())
	markdownDetails(&b, r)
	return b.String()
}

// everything: a page leaves nothing out.
const everything = math.MaxInt

func markdownVerdict(b *strings.Builder, r *Report) {
	v := r.verdict(verdictWidth, verdictLines)
	bullets(b, v.notes)
	if len(v.head) > 0 {
		b.WriteString("\n")
		markdownTable(b, v.table())
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

// markdownTable writes a table's heads and rows, without its title.
func markdownTable(b *strings.Builder, t tables.Table) {
	heads, rule := make([]string, len(t.Heads)), make([]string, len(t.Heads))
	for i, h := range t.Heads {
		heads[i], rule[i] = escape(h.Line()), "--:"
		if h.Words {
			rule[i] = "---"
		}
	}
	tableLine(b, heads)
	tableLine(b, rule)
	for _, row := range t.Rows {
		texts := make([]string, len(row.Cells))
		for i, c := range row.Cells {
			texts[i] = escape(c.Main) + c.Mark
			if c.Interval != "" {
				texts[i] += " (" + c.Interval + ")"
			}
			for _, n := range c.Notes {
				texts[i] += "; " + escape(n.Text)
			}
		}
		tableLine(b, texts)
	}
}

// titled writes a table under its title.
func titled(b *strings.Builder, t tables.Table) {
	fmt.Fprintf(b, "\n## %s\n\n", t.Title)
	markdownTable(b, t)
}

func tableLine(b *strings.Builder, texts []string) {
	b.WriteString("| " + strings.Join(texts, " | ") + " |\n")
}

func markdownDifferences(b *strings.Builder, r *Report) {
	if t := r.differenceTable(); len(t.Rows) > 0 {
		b.WriteString("\n## Differences\n\n" + escape(r.differencesNote()) + "\n\n")
		markdownTable(b, t)
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
