package report

import (
	"path/filepath"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/page"
)

// runAnchors are where numbers lead to on the page of several runs; nowhere in a form
// that has no links.
type runAnchors struct {
	of    []oneRun
	pages []page.Run
}

// trials are those of a run's setup.
func (a runAnchors) trials(run int, cell string) string {
	if run >= len(a.pages) {
		return ""
	}
	return a.inPage(run, a.of[run].trialsAnchor(cell))
}

// marks are what the marks of a run's numbers mean.
func (a runAnchors) marks(run int) string {
	if run >= len(a.pages) {
		return ""
	}
	return a.inPage(run, doubtsAnchor)
}

// inPage is an anchor of a run's own; empty where its page has no such part.
func (a runAnchors) inPage(run int, anchor string) string {
	has := slices.ContainsFunc(a.pages[run].Chapters, func(c page.Chapter) bool {
		return slices.ContainsFunc(c.Parts, func(p page.Part) bool { return p.Anchor == anchor })
	})
	if anchor == "" || !has {
		return ""
	}
	return a.pages[run].AnchorOf(anchor)
}

// page is what the page says: of all runs, and then each run's own. The charts are
// those of each run.
func (t *Together) page(charts [][]chart.Chart) (*page.Page, error) {
	p := &page.Page{Title: t.title(), Heading: t.heading(), Alarms: t.alarms()}
	for i, r := range t.runs {
		own, err := r.page(charts[i])
		if err != nil {
			return nil, err
		}
		own.Title = r.name
		p.Runs = append(p.Runs, page.Run{ID: r.id, Page: *own})
	}
	p.Answer = page.Answer{Advice: t.verdicts(), Notes: t.notes()}
	p.Chapters = append(t.figures(&p.Answer, runAnchors{t.runs, p.Runs}), t.unlikeChapter(), t.againChapter())
	return p, nil
}

// figures are the first of them beside each other in the answer, and all in a chapter of
// their own where there are more.
func (t *Together) figures(a *page.Answer, to runAnchors) []page.Chapter {
	if t.beside == nil {
		return nil
	}
	all := t.figuresTable(to)
	if len(all.Rows) == 0 {
		return nil
	}
	if c, ok := t.chart(); ok {
		c.Subtitle = nil // it stands right above
		a.Lead = &c
	}
	first := firstFigures(all)
	first.Title = "What the runs share, beside each other"
	a.Table, a.Legend = &first, t.figuresLegend()
	if len(first.Rows) == len(all.Rows) {
		return nil
	}
	return []page.Chapter{{ID: "figures", Title: "All figures that the runs share", Parts: []page.Part{{Title: "Figures beside each other", Folded: true, Table: &all}}}}
}

func (t *Together) unlikeChapter() page.Chapter {
	c := page.Chapter{ID: "unlike", Title: "What makes the runs unlike"}
	for i, lines := range t.unlike() {
		c.Parts = append(c.Parts, page.Part{Title: t.againstFirst(i), Lines: page.Lines(lines...)})
	}
	return c
}

// againstFirst names a later run and the first one.
func (t *Together) againstFirst(later int) string {
	return t.beside.later[later].run.name + " against " + t.beside.old.name
}

// againChapter is the command that makes the report.
func (t *Together) againChapter() page.Chapter {
	command := "raftbench report"
	for _, r := range t.runs {
		command += " " + shellWord(filepath.ToSlash(r.run.Dir))
	}
	return page.Chapter{ID: "again", Title: "How to make this report", Parts: []page.Part{{
		Title: "The command", Lines: page.Lines("From the folder in which it was made, unless the paths are whole:"), Text: command + " --together --out report",
	}}}
}
