package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/page"
	"github.com/raftbench/raftbench/report/replay"
	"github.com/raftbench/raftbench/report/tables"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// PageFile is the page that opens in a browser, whole in one file.
const PageFile = "index.html"

// The anchors to which numbers and their marks lead.
const (
	doubtsAnchor  = "moved"
	remarkPrefix  = "remark-"
	setupPrefix   = "trials-"
	trialsChapter = "trials"
)

// trialsAnchor is where the trials of a setup are listed. It is made of the setup's
// place and not of its name, which may be anything.
func (r *Report) trialsAnchor(cell string) string {
	for i := range r.summary.Cells {
		if r.summary.Cells[i].Cell == cell {
			return fmt.Sprint(setupPrefix, i)
		}
	}
	return ""
}

// index makes the page.
func (r *Report) index(charts []chart.Chart) ([]byte, error) {
	p, err := r.page(charts)
	if err != nil {
		return nil, err
	}
	return written(p)
}

func written(p *page.Page) ([]byte, error) {
	var b bytes.Buffer
	err := page.Write(&b, p)
	return b.Bytes(), err
}

// page is what the page says. The first of some charts that answers what each step costs
// leads; the others stand in the chapters they belong to.
func (r *Report) page(charts []chart.Chart) (*page.Page, error) {
	p := &page.Page{Title: r.title(), Heading: r.heading(), Label: r.env.Label, Alarms: r.alarms}
	if len(r.summary.Cells) == 0 {
		p.Answer.Advice = []string{noTrialYet}
		p.Chapters = []page.Chapter{r.againChapter()}
	} else {
		lead, rest := leadChart(charts)
		p.Answer, p.Trials = r.pageAnswer(lead), trialsChapter
		replays, err := r.replayParts()
		if err != nil {
			return nil, err
		}
		p.Chapters = r.chapters(rest, replays)
	}
	return p, nil
}

// maxRead lines stand open on a page; more open on demand.
const maxRead = 6

// leadChart is the chart that stands with the answer, and all others.
func leadChart(charts []chart.Chart) (*chart.Chart, []chart.Chart) {
	for _, name := range []string{"tradeoff", "tolerance", "elections", "outages"} {
		if i := slices.IndexFunc(charts, func(c chart.Chart) bool { return c.Name == name }); i >= 0 {
			return &charts[i], slices.Delete(slices.Clone(charts), i, i+1)
		}
	}
	return nil, charts
}

func (r *Report) pageAnswer(lead *chart.Chart) page.Answer {
	v := r.verdict(verdictWidth, everything)
	a := page.Answer{Advice: v.advice, Notes: v.notes, Lead: lead, Origin: r.figure}
	if v.holds != "" {
		a.Notes = append([]string{v.holds}, v.notes...)
	}
	if len(v.rows) > 0 {
		t := v.table()
		a.Table, a.Legend = &t, v.legend
		if len(r.answers) == 1 {
			r.linkSteps(&t, r.answers[0].steps)
		}
	}
	return a
}

// linkSteps leads from each step to the trials of the size it leads to.
func (r *Report) linkSteps(t *tables.Table, steps []step) {
	for i := range t.Rows {
		for k := range t.Rows[i].Cells {
			c := &t.Rows[i].Cells[k]
			if c.Main == units.Absent || k == 1 {
				continue
			}
			c.To = r.trialsAnchor(steps[i].to.Cell)
			if k > 1 {
				c.From(r.figure(differenceOrigin(currencyTitled(t.Heads[k].Title), steps[i].from.Cell, steps[i].to.Cell)))
			}
		}
	}
}

// currencyTitled is the metric of a column of steps.
func currencyTitled(title string) string {
	i := slices.IndexFunc(currencies, func(c struct{ metric, title string }) bool { return c.title == title })
	if i < 0 {
		return ""
	}
	return currencies[i].metric
}

// The chapters of charts that do not stand among the costs, by the charts' names.
var chartChapters = map[string]string{
	"outages": "faults", "elections": "faults", "failover": "faults", "timeline": "faults",
	"tolerance": "survives", "downtime": "survives", "spans": "path", "writepath": "path", "path": "path",
	"model": "model", "predicted": "model", "floor": "model", "resources": "use",
}

// chapters of the page; those that have nothing to say are left out by it.
func (r *Report) chapters(charts []chart.Chart, replays []page.Part) []page.Chapter {
	chapters := []page.Chapter{
		{ID: "costs", Title: "What a write costs", Parts: r.sheetParts(r.costSheets())},
		{ID: "survives", Title: "Which failures each size survives", Parts: append(r.sheetParts(r.toleranceSheets()), listed("", r.provenLines())...)},
		{ID: "path", Title: "Where a write’s time goes"},
		{ID: "model", Title: "How close that is to what is predicted", Parts: append(r.sheetParts(r.theorySheets()), listed("", r.theoryNotes())...)},
		{ID: "faults", Title: r.faultsTitle(), Parts: append(r.sheetParts(r.faultSheets()), replays...)},
		{ID: "use", Title: "What operations use", Parts: r.sheetParts(r.useSheets())},
	}
	at := func(id string) *page.Chapter {
		return &chapters[slices.IndexFunc(chapters, func(c page.Chapter) bool { return c.ID == id })]
	}
	for i := range charts {
		id, ok := chartChapters[baseName(charts[i].Name)]
		if !ok {
			id = "costs"
		}
		c := at(id)
		c.Parts = append(c.Parts, page.Part{Chart: &charts[i], Origin: r.figure})
	}
	path := at("path")
	for i, t := range r.pathTables() {
		title := t.Title
		t.Title = ""
		path.Parts = append(path.Parts, page.Part{Title: title, Table: &t})
		switch i {
		case 0:
			path.Parts = append(path.Parts, listed("", r.pathNotes())...)
		case 1:
			path.Parts = append(path.Parts, listed("", r.stepNotes())...)
		}
	}
	faults := at("faults")
	for _, g := range r.listings() {
		t := r.listingTable(g)
		t.Title = ""
		faults.Parts = append(faults.Parts, page.Part{Title: g.title, Folded: len(t.Rows) > maxListed, Table: &t})
	}
	return append(chapters, r.doubtsChapter(), r.trialsChapterOf(), r.againChapter())
}

// faultsTitle is what the chapter of outages and elections is called.
func (r *Report) faultsTitle() string {
	if r.onlyWatched() {
		return electionTitle
	}
	return "What happened when nodes died"
}

// replayTitle is what a trial's replay is called: by its setup, as the tables have it, and
// which of its trials it is.
func (r *Report) replayTitle(t *results.Trial) string {
	name := units.Plural(t.Nodes, "node")
	if i := slices.IndexFunc(r.summary.Cells, func(c summary.Cell) bool { return c.Cell == t.Cell }); i >= 0 {
		name = r.testedName(r.summary.Cells[i])
	}
	alike := 0
	for i := range r.run.Trials {
		if o := &r.run.Trials[i]; o.Cell == t.Cell && o.Kind == t.Kind {
			alike++
		}
	}
	if t.Kind == results.Proof && alike == 1 {
		return name + ", the proof"
	}
	return fmt.Sprintf("%s, %s, trial %d", name, kindWords(t.Kind), t.Trial)
}

// replayParts are trials with faults that a page plays again.
func (r *Report) replayParts() ([]page.Part, error) {
	all, note := replay.All(r.run.Trials, r.replayTitle)
	var out []page.Part
	for _, one := range all {
		data, err := json.Marshal(one)
		if err != nil {
			return nil, fmt.Errorf("write a replay: %w", err)
		}
		out = append(out, page.Part{Title: "Replayed: " + one.Title, Replay: &page.Replay{Title: "The replay needs a script.", Data: data}})
	}
	return append(out, listed("", []string{note})...), nil
}

// baseName is a chart's name without the number of one among several.
func baseName(name string) string {
	return strings.TrimRight(strings.TrimRight(name, "0123456789"), "-")
}

func (r *Report) sheetParts(sheets []sheet) []page.Part {
	var out []page.Part
	for _, sh := range sheets {
		t := r.sheetTable(sh)
		t.Title = ""
		out = append(out, page.Part{Title: sh.title, Table: &t})
	}
	return out
}

// listed is a part of some lines; none where there are none.
func listed(title string, lines []string) []page.Part {
	if lines = linesOf(lines...); len(lines) == 0 {
		return nil
	}
	return []page.Part{{Title: title, Lines: page.Lines(lines...)}}
}

// doubtsChapter is everything that was remarked, each remark with its own anchor.
func (r *Report) doubtsChapter() page.Chapter {
	c := page.Chapter{ID: "doubts", Title: "Read this with the numbers", Parts: listed("", r.footnotes())}
	if t := r.differenceTable(); len(t.Rows) > 0 {
		c.Parts = append(c.Parts, page.Part{Title: "Differences", Folded: len(t.Rows) > maxListed, Lines: page.Lines(r.differencesNote()), Table: &t})
	}
	if lines := r.doubtLines(shown(r.sheets()), everything, everything); len(lines) > 0 {
		c.Parts = append(c.Parts, page.Part{Anchor: doubtsAnchor, Title: "What the marks mean", Lines: page.Lines(lines...)})
	}
	c.Parts = append(c.Parts, listed("What is missing", r.missing())...)
	for _, s := range r.details() {
		part := page.Part{Title: s.title, Folded: len(s.lines) > maxRead, Lines: page.Lines(s.lines...)}
		for i := range part.Lines {
			if i < len(s.numbers) {
				part.Lines[i].Anchor = fmt.Sprint(remarkPrefix, s.numbers[i])
			}
		}
		c.Parts = append(c.Parts, part)
	}
	for _, l := range logs(r.groups) {
		c.Parts = append(c.Parts, page.Part{Title: "The end of a log: " + l.title, Folded: true, Text: strings.Join(l.lines, "\n")})
	}
	return c
}

// missing is what a record of trials lacks: what its folder was found without, and what
// was to be measured of setups that have valid trials, and was not.
func (r *Report) missing() []string {
	var out []string
	for _, w := range r.run.Warnings {
		out = append(out, clean.Detail(strings.ReplaceAll(w, r.run.Dir+string(filepath.Separator), "")))
	}
	for _, phase := range []struct{ load, metric, words string }{
		{"calm", figures.WriteP50, "the latency under light load"}, {"saturate", figures.Throughput, "the throughput under full load"},
	} {
		for _, g := range r.groups {
			var sizes []string
			for _, c := range g.cells {
				if _, ok := figures.Of(c, phase.metric); !ok && c.ValidTrials > 0 && strings.Contains(c.Load, phase.load) {
					sizes = append(sizes, fmt.Sprint(c.Nodes))
				}
			}
			if len(sizes) == 0 {
				continue
			}
			of := nodesOf(sizes)
			if g.name != "" {
				of += " (" + g.name + ")"
			}
			out = append(out, of+": "+phase.words+" was not measured.")
		}
	}
	return out
}

// againChapter is on what the run was made, and how to make it again.
func (r *Report) againChapter() page.Chapter {
	t := r.environmentTable()
	c := page.Chapter{ID: "again", Title: "On what this was measured, and how to do it again", Parts: []page.Part{{Title: "The machine and what ran on it", Table: &t}}}
	folder := clean.Name(filepath.Base(r.run.Dir))
	if folder == "" || folder == "." {
		folder = r.summary.RunID
	}
	commands := "raftbench report " + shellWord(folder) + "        # this report, from the run’s folder"
	if text := cleanText(string(r.run.Experiment)); strings.TrimSpace(text) != "" {
		commands = "raftbench run " + results.ExperimentFile + "        # the whole run, with the text below as " + results.ExperimentFile + "\n" + commands
		c.Parts = append(c.Parts, page.Part{Title: "The commands", Text: commands},
			page.Part{Title: "The experiment, with every default (" + results.ExperimentFile + ")", Folded: true, Text: text})
		return c
	}
	c.Parts = append(c.Parts, page.Part{Title: "The command", Lines: page.Lines("What the run was asked for is not on record, so that it cannot be run again as it was."), Text: commands})
	return c
}

// shellWord quotes a name where a shell would read more than a word in it.
func shellWord(name string) string {
	for _, c := range name {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/", c) {
			return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
		}
	}
	return name
}
