package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// Markdown writes the report as a page for a repository or a CI job's
// summary, without charts. Its error is w's.
func Markdown(w io.Writer, s summary.Summary, env results.Environment, o Options) error {
	_, err := io.WriteString(w, markdown(s, env, o, nil))
	return err
}

const pageTitle = "# What each Raft node costs per write, and what it buys"

// picture is a chart that a page shows.
type picture struct{ file, title string }

func markdown(s summary.Summary, env results.Environment, o Options, pictures []picture) string {
	s, o.closed = calmOrClosed(s)
	var b strings.Builder
	b.WriteString(pageTitle + "\n\n")
	for i, line := range heading(s, env, o) {
		if i == labelLine {
			line = "**" + escape(line) + "**"
		} else {
			line = escape(line)
		}
		b.WriteString(line + "  \n")
	}
	if len(s.Cells) == 0 {
		b.WriteString("\nThere is no finished trial in this run yet.\n")
		return b.String()
	}
	for _, g := range groups(s) {
		b.WriteString("\n")
		if g.name != "" {
			fmt.Fprintf(&b, "**%s**: ", escape(g.name))
		}
		b.WriteString(escape(strings.Join(verdict(g), " ")) + "\n")
	}
	bullets(&b, notices(s))
	for _, sh := range sheets(s, o) {
		markdownSheet(&b, sh)
	}
	for _, p := range pictures {
		fmt.Fprintf(&b, "\n## %s\n\n![%s](%s)\n", escape(p.title), escape(p.title), p.file)
	}
	b.WriteString("\n## Read this with the numbers\n")
	bullets(&b, footnotes(s, env, o))
	return b.String()
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
		heads, rule = append(heads, c.head()), append(rule, "--:")
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

func markdownCells(columns []column, c summary.Cell) []string {
	out := make([]string, len(columns))
	for i, col := range columns {
		main, interval := col.value(c)
		out[i] = escape(main)
		if interval != "" {
			out[i] += " (" + interval + ")"
		}
	}
	return out
}

func tableLine(b *strings.Builder, texts []string) {
	b.WriteString("| " + strings.Join(texts, " | ") + " |\n")
}

// escape keeps text from being read as Markdown or HTML.
func escape(text string) string {
	return strings.NewReplacer("|", "\\|", "*", "\\*", "_", "\\_", "<", "&lt;", "`", "\\`", "\n", " ").Replace(text)
}
