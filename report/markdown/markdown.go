// Package markdown writes lists and tables as Markdown. All texts are escaped, since any of
// them may be anybody's: no name of a foreign run becomes a link, an image or a tag.
package markdown

import (
	"fmt"
	"strings"

	"github.com/raftbench/raftbench/report/tables"
)

// Bullets writes a list below an empty line, its texts escaped; nothing of no lines.
func Bullets(b *strings.Builder, lines []string) {
	if len(lines) > 0 {
		b.WriteString("\n")
	}
	for _, l := range lines {
		b.WriteString("- " + Escape(l) + "\n")
	}
}

// Table writes a table's heads and rows, without its title.
func Table(b *strings.Builder, t tables.Table) {
	heads, rule := make([]string, len(t.Heads)), make([]string, len(t.Heads))
	for i, h := range t.Heads {
		heads[i], rule[i] = Escape(h.Line()), "--:"
		if h.Words {
			rule[i] = "---"
		}
	}
	Line(b, heads)
	Line(b, rule)
	for _, row := range t.Rows {
		texts := make([]string, len(row.Cells))
		for i, c := range row.Cells {
			texts[i] = Escape(c.Main) + c.Mark
			if c.Interval != "" {
				texts[i] += " (" + c.Interval + ")"
			}
			for _, n := range c.Notes {
				texts[i] += "; " + Escape(n.Text)
			}
		}
		Line(b, texts)
	}
}

// Titled writes a table under its title.
func Titled(b *strings.Builder, t tables.Table) {
	fmt.Fprintf(b, "\n## %s\n\n", t.Title)
	Table(b, t)
}

// Line writes a line of a table, whose texts are escaped already.
func Line(b *strings.Builder, texts []string) {
	b.WriteString("| " + strings.Join(texts, " | ") + " |\n")
}

// Escape keeps text from being read as Markdown or HTML: no name of a foreign
// run becomes a link, an image, a mention or a tag. A comment parts what pages
// would make a link of without any brackets.
func Escape(text string) string { return escaper.Replace(text) }

var escaper = strings.NewReplacer(
	"\\", "\\\\", "|", "\\|", "*", "\\*", "_", "\\_", "`", "\\`", "~", "\\~", "$", "\\$", "!", "\\!", "[", "\\[", "]", "\\]",
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", " ",
	"://", ":<!-- -->//", "www.", "www<!-- -->.", "WWW.", "WWW<!-- -->.", "@", "<!-- -->@<!-- -->",
)
