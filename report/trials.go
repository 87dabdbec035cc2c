package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/report/page"
	"github.com/raftbench/raftbench/report/tables"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Where each number is from: every trial of every setup, with what was remarked of it.

// trialsChapterOf lists the trials of each setup, where the numbers' links lead.
func (r *Report) trialsChapterOf() page.Chapter {
	c := page.Chapter{ID: trialsChapter, Title: "Every trial, and what was remarked of it"}
	byCell := r.trialsByCell()
	names := map[string]string{}
	for _, g := range r.groups {
		for _, cell := range g.cells {
			names[cell.Cell] = sizeName(g, cell)
		}
	}
	latest := r.latestAttempts()
	numbers := r.remarkNumbers()
	for _, cell := range r.summary.Cells {
		trials := byCell[cell.Cell]
		part := page.Part{Anchor: r.trialsAnchor(cell.Cell), Title: names[cell.Cell] + ": " + trialCounts(cell), Folded: true}
		if t := trialTable(trials, latest, numbers); len(t.Rows) > 0 {
			part.Table = &t
		} else {
			part.Lines = page.Lines("No trial of it is on record.")
		}
		c.Parts = append(c.Parts, part)
	}
	return c
}

// trialCounts are how many trials of each kind a setup has.
func trialCounts(c summary.Cell) string {
	var parts []string
	for _, n := range []struct {
		count int
		noun  string
	}{{c.Trials, "trial"}, {c.Proofs, "proof trial"}, {c.OutageTrials, "outage trial"}} {
		if n.count > 0 {
			parts = append(parts, units.Plural(n.count, n.noun))
		}
	}
	if len(parts) == 0 {
		return "its trials"
	}
	return wording.List(parts)
}

// latestAttempts are the trials that count; a repeated one's earlier attempts do not.
func (r *Report) latestAttempts() map[attempt]bool {
	out := map[attempt]bool{}
	for _, t := range r.run.Latest() {
		out[attemptOf(&t)] = true
	}
	return out
}

// attempt names one line of the record.
type attempt struct {
	cell           string
	trial, attempt int
}

func attemptOf(t *results.Trial) attempt { return attempt{t.Cell, t.Trial, t.Attempt} }

// remarkNumbers are the places of the remarks in the details.
func (r *Report) remarkNumbers() map[remarkKind]int {
	out := map[remarkKind]int{}
	for i, s := range r.remarks {
		out[s.kind] = i
	}
	return out
}

// trialTable has a row a trial; a column of which no trial has anything is left out.
func trialTable(trials []*results.Trial, latest map[attempt]bool, numbers map[remarkKind]int) tables.Table {
	heads := []tables.Head{
		{Title: "trial"}, {Title: "kind", Words: true}, {Title: "block"}, {Title: "led by", Words: true},
		{Over: "writes, light load", Title: "p50"}, {Over: "writes, light load", Title: "p99"}, {Title: "writes at full load"},
		{Title: "longest outage"}, {Title: "counts", Words: true}, {Title: "remarks", Words: true},
	}
	var rows []tables.Row
	for _, t := range trials {
		rows = append(rows, trialRow(t, latest[attemptOf(t)], numbers))
	}
	for i := len(heads) - 1; i > 0; i-- {
		if slices.ContainsFunc(rows, func(r tables.Row) bool { return r.Cells[i].Main != units.Absent || len(r.Cells[i].Notes) > 0 }) {
			continue
		}
		heads = slices.Delete(heads, i, i+1)
		for k := range rows {
			rows[k].Cells = slices.Delete(rows[k].Cells, i, i+1)
		}
	}
	return tables.Table{Heads: heads, Rows: rows}
}

func trialRow(t *results.Trial, counts bool, numbers map[remarkKind]int) tables.Row {
	name := fmt.Sprint(t.Trial)
	if t.Attempt > 1 {
		name += ", " + wording.Ordinal(t.Attempt) + " attempt"
	}
	leader := clean.Name(t.Leader)
	if site := clean.Name(t.LeaderSite); site != "" && leader != "" {
		leader += " at " + site
	}
	// Blocks are counted from 1, as people count; the record begins with block 0.
	p50, p99, rates := units.Absent, units.Absent, units.Absent
	if w := t.Window(results.RoleLight); w != nil && w.Latency.Count > 0 {
		p50, p99 = wording.Duration(float64(w.Latency.P50NS)), wording.Duration(float64(w.Latency.P99NS))
	}
	if w := t.Window(results.RoleFull); w != nil {
		rates = wording.Rate(w.ThroughputOps)
	}
	row := tables.Texts(name, kindWords(t.Kind), fmt.Sprint(t.Block+1), orAbsent(leader), p50, p99, rates, longestOutage(t), countsWords(t, counts), units.Absent)
	last := &row.Cells[len(row.Cells)-1]
	for _, f := range t.Findings {
		last.Notes = append(last.Notes, tables.Note{Text: wording.Capital(facts.Finding(f)) + "."})
	}
	for _, rem := range t.Remarks {
		last.Notes = append(last.Notes, remarkNote(t, rem, counts, numbers))
	}
	if len(last.Notes) > 0 {
		last.Main = ""
	}
	return row
}

// remarkNote is a trial's own figure of a remark; more of it is said in the details.
func remarkNote(t *results.Trial, rem results.Remark, counts bool, numbers map[remarkKind]int) tables.Note {
	var role results.Role
	for i := range t.Windows {
		if t.Windows[i].Name == rem.Window {
			role = t.Windows[i].Role
		}
	}
	if role == "" {
		role = facts.RoleOf(rem.Window)
	}
	clean := clean.Remark(summary.Remark{Code: rem.Code, Window: rem.Window, Worst: rem})
	when := facts.When(role, clean.Window)
	text := facts.Say(facts.Worst{Remark: clean.Worst})
	if when != "" {
		text = when + ": " + text
	}
	note := tables.Note{Text: wording.Capital(text) + "."}
	if i, ok := numbers[remarkKind{clean.Code, rem.Severity, t.Kind, when, !counts}]; ok {
		note.To = fmt.Sprint(remarkPrefix, i)
	}
	return note
}

func countsWords(t *results.Trial, latest bool) string {
	switch {
	case !latest:
		return "no: repeated"
	case !t.Valid:
		return "no: invalid"
	}
	return "yes"
}

// kindWords are what a trial was for.
func kindWords(k results.TrialKind) string {
	switch k {
	case results.Measure:
		return "measuring"
	case results.Proof:
		return "proof"
	case results.Outages:
		return "outages"
	case results.Watch:
		return "watch"
	case results.SafetyTest:
		return "safety"
	}
	return clean.Name(string(k))
}

// longestOutage is that of a proof's kill of the leader.
func longestOutage(t *results.Trial) string {
	if t.Proof == nil || t.Proof.OutageNS <= 0 {
		return units.Absent
	}
	longest := t.Proof.OutageNS
	for _, z := range t.Proof.Zones {
		longest = max(longest, z.OutageNS)
	}
	return wording.Duration(float64(longest))
}

func orAbsent(text string) string {
	if text == "" {
		return units.Absent
	}
	return text
}

// environmentTable is the machine, and everything that ran on it.
func (r *Report) environmentTable() tables.Table {
	e := r.env
	t := tables.Table{Heads: []tables.Head{{Title: "what", Words: true}, {Title: "as found when the run began", Words: true}}}
	add := func(what, text string) {
		if text != "" && text != "/" {
			t.Rows = append(t.Rows, tables.Texts(what, text))
		}
	}
	at := ""
	if !e.StartedAt.IsZero() {
		at = e.StartedAt.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	add("run", r.summary.RunID)
	add("began", at)
	add("host", e.Hostname)
	add("system", strings.TrimSpace(e.OS+"/"+e.Arch+" "+e.Kernel))
	add("processor", e.CPUModel)
	if e.Cores > 0 {
		add("cores", fmt.Sprint(e.Cores))
	}
	if e.MemoryBytes > 0 {
		add("memory", units.Size.Show(float64(e.MemoryBytes)))
	}
	add("file system", e.Filesystem)
	if e.FsyncP50NS > 0 {
		text := fmt.Sprintf("%s at the median, %s at p99", wording.Duration(float64(e.FsyncP50NS)), wording.Duration(float64(e.FsyncP99NS)))
		if !e.FsyncReal {
			text += "; too fast for a disk that keeps what it is given"
		}
		add("fsync of 4 KiB", text)
	}
	add("load before", fmt.Sprintf("%.2f", e.Load1))
	for i, p := range e.Endpoints {
		add("endpoint "+fmt.Sprint(i+1), clean.Name(p))
	}
	add("raftbench", strings.TrimSpace(e.Version+" "+e.Commit))
	add("nodes’ binary", e.NodeBinary)
	for _, a := range e.Arms {
		add("arm "+a.Arm, strings.TrimSpace(a.Binary+" "+a.Build))
	}
	add("Go", e.GoVersion)
	for _, name := range sortedKeys(e.Versions) {
		add(name, e.Versions[name])
	}
	return t
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// cleanText keeps the lines of a text, and their indent, and cleans each.
func cleanText(text string) string {
	lines := strings.Split(strings.ToValidUTF8(text, string(unicode.ReplacementChar)), "\n")
	for i, l := range lines {
		indent := len(l) - len(strings.TrimLeft(l, " "))
		lines[i] = l[:indent] + clean.Text(l[indent:])
	}
	return strings.Join(lines, "\n")
}
