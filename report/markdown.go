package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/markdown"
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
	b.WriteString("# " + markdown.Escape(title) + "\n\n")
	for _, line := range r.heading() {
		b.WriteString(markdown.Escape(line) + "  \n")
	}
	if r.env.Label != "" {
		b.WriteString("**" + markdown.Escape(r.env.Label) + "**\n")
	}
	for _, line := range r.alarms {
		b.WriteString("\n> **" + markdown.Escape(line) + "**\n")
	}
	if len(r.summary.Cells) == 0 {
		b.WriteString("\n" + noTrialYet + "\n")
		return b.String()
	}
	markdownVerdict(&b, r)
	sheets := r.sheets()
	for _, sh := range sheets {
		markdown.Titled(&b, r.sheetTable(sh))
	}
	for _, g := range r.listings() {
		markdown.Titled(&b, g.table())
	}
	markdown.Bullets(&b, r.provenLines())
	markdown.Bullets(&b, r.doubtLines(shown(sheets), everything, everything))
	for _, c := range charts {
		fmt.Fprintf(&b, "\n## %s\n\n![%s](%s.png)\n", markdown.Escape(c.Title), markdown.Escape(c.Title), c.Name)
	}
	markdownPath(&b, r)
	markdownDifferences(&b, r)
	b.WriteString("\n## Read this with the numbers\n")
	markdown.Bullets(&b, r.footnotes())
	markdownDetails(&b, r)
	return b.String()
}

// everything: a page leaves nothing out.
const everything = math.MaxInt

func markdownVerdict(b *strings.Builder, r *Report) {
	v := r.verdict(verdictWidth, verdictLines)
	markdown.Bullets(b, v.notes)
	if len(v.head) > 0 {
		b.WriteString("\n")
		markdown.Table(b, v.table())
		b.WriteString("\n" + strings.TrimSpace(markdown.Escape(v.left)+" "+markdown.Escape(v.legend)) + "\n")
	}
	for _, text := range v.advice {
		b.WriteString("\n**" + markdown.Escape(text) + "**\n")
	}
	if v.holds != "" {
		b.WriteString("\n" + markdown.Escape(v.holds) + "\n")
	}
}

func markdownDifferences(b *strings.Builder, r *Report) {
	if t := r.differenceTable(); len(t.Rows) > 0 {
		b.WriteString("\n## Differences\n\n" + markdown.Escape(r.differencesNote()) + "\n\n")
		markdown.Table(b, t)
	}
}

func markdownDetails(b *strings.Builder, r *Report) {
	sections, ends := r.details(), logs(r.groups)
	if len(sections)+len(ends) > 0 {
		b.WriteString("\n## Details\n")
	}
	for _, s := range sections {
		fmt.Fprintf(b, "\n### %s\n", s.title)
		markdown.Bullets(b, s.lines)
	}
	for _, l := range ends {
		fmt.Fprintf(b, "\n### The end of a log: %s\n\n", markdown.Escape(l.title))
		for _, line := range l.lines {
			b.WriteString("    " + line + "\n") // indented it is code, and nothing in it is live
		}
	}
}
