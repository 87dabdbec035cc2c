package report

import (
	"fmt"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/markdown"
	"github.com/raftbench/raftbench/report/tables"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// partWords are what the parts of a write's way are called.
var partWords = map[summary.PartName]string{
	summary.PartClient: "client path", summary.PartQueue: "leader's queue", summary.PartLeaderLog: "leader's log",
	summary.PartSend: "handed to be sent", summary.PartNetwork: "network and waits", summary.PartFollowerLog: "first follower's log",
	summary.PartQuorumWait: "wait for the quorum", summary.PartApply: "commit and apply", summary.PartReply: "answer",
}

// partNames in the order in which they are shown.
var partNames = []summary.PartName{
	summary.PartClient, summary.PartQueue, summary.PartLeaderLog, summary.PartSend, summary.PartNetwork,
	summary.PartFollowerLog, summary.PartQuorumWait, summary.PartApply, summary.PartReply,
}

// stepWords are the six steps as Raft is taught.
var stepWords = []string{
	"1 request to the leader", "2 leader appends", "3 AppendEntries", "4 followers append, answer", "5 majority counted", "6 applied, client answered",
}

// pathTables tell where the time of a write goes, by parts and by steps; none where no
// setup tells.
func (r *Report) pathTables() []tables.Table {
	parts := tables.Table{Title: "Where a write's time goes", Heads: []tables.Head{{Title: "setup", Words: true}, {Title: "in all"}}}
	for _, name := range partNames {
		parts.Heads = append(parts.Heads, tables.Head{Title: partWords[name]})
	}
	parts.Heads = append(parts.Heads, tables.Head{Title: "unattributed"})
	steps := tables.Table{Title: "The six steps of a write", Heads: []tables.Head{{Title: "setup", Words: true}}}
	for _, words := range stepWords {
		steps.Heads = append(steps.Heads, tables.Head{Title: words})
	}
	steps.Heads = append(steps.Heads, tables.Head{Title: "later: followers apply it"})
	for _, g := range r.groups {
		for _, c := range g.cells {
			if p := c.WritePath; p != nil {
				parts.Rows = append(parts.Rows, r.leading(c, partCells(sizeName(g, c), p), partOrigins()))
				steps.Rows = append(steps.Rows, r.leading(c, stepCells(sizeName(g, c), p), stepOrigins()))
			}
		}
	}
	if len(parts.Rows) == 0 {
		return nil
	}
	if r.allAttributed() { // a bullet says so in less room
		last := len(parts.Heads) - 1
		parts.Heads = parts.Heads[:last]
		for i := range parts.Rows {
			parts.Rows[i].Cells = parts.Rows[i].Cells[:last]
		}
	}
	return append([]tables.Table{parts, steps}, r.answerTable()...)
}

// allAttributed tells whether the parts of every write path on record are all of it.
func (r *Report) allAttributed() bool {
	for _, g := range r.groups {
		for _, c := range g.cells {
			if p := c.WritePath; p != nil {
				if cell := pathCell(units.Share, &p.UnattributedShare); cell.Main != wording.Share(0) || cell.Interval != "" {
					return false
				}
			}
		}
	}
	return true
}

// stepNotes say what follows on the steps, where it is on record.
func (r *Report) stepNotes() []string {
	for _, g := range r.groups {
		for _, c := range g.cells {
			if c.WritePath != nil && c.WritePath.LearnedNS != nil {
				return []string{"Later, followers apply it: so long after the commit, and the client does not wait for it. A follower learns that an entry is committed from the commit index in the next entry or heartbeat, so at a light load it waits for that."}
			}
		}
	}
	return nil
}

// leading is a row of a setup whose numbers lead to its trials; names are those of what
// stands in the last cells.
func (r *Report) leading(c summary.Cell, cells []tables.Cell, names []string) tables.Row {
	for i, name := range names {
		if cell := &cells[len(cells)-len(names)+i]; cell.Main != units.Absent {
			cell.To = r.trialsAnchor(c.Cell)
			cell.From(r.figure(chart.Origin{Setup: c.Cell, Name: name}))
		}
	}
	return tables.Row{Cells: cells}
}

func partOrigins() []string {
	out := []string{ofPart + wholeWay}
	for _, name := range partNames {
		out = append(out, ofPart+string(name))
	}
	return append(out, ofPart+unattributed)
}

func stepOrigins() []string {
	var out []string
	for number := range stepWords {
		out = append(out, ofStep+fmt.Sprint(number+1))
	}
	return append(out, ofPart+learned)
}

func partCells(setup string, p *summary.WritePath) []tables.Cell {
	cells := []tables.Cell{{Main: setup}, timeCell(&p.TotalNS)}
	for _, name := range partNames {
		var ns *summary.Metric
		if part := pathPart(p, name); part != nil {
			ns = &part.NS
		}
		cells = append(cells, timeCell(ns))
	}
	return append(cells, pathCell(units.Share, &p.UnattributedShare))
}

func pathPart(p *summary.WritePath, name summary.PartName) *summary.PathPart {
	for i := range p.Parts {
		if p.Parts[i].Name == name {
			return &p.Parts[i]
		}
	}
	return nil
}

func stepCells(setup string, p *summary.WritePath) []tables.Cell {
	cells := []tables.Cell{{Main: setup}}
	for number := 1; number <= len(stepWords); number++ {
		var ns *summary.Metric
		for i := range p.Steps {
			if p.Steps[i].Number == number {
				ns = &p.Steps[i].NS
			}
		}
		cells = append(cells, timeCell(ns))
	}
	return append(cells, timeCell(p.LearnedNS))
}

// answerTable has the followers in the order in which they answered: which of them a
// write waits for is a matter of the size.
func (r *Report) answerTable() []tables.Table {
	t := tables.Table{Title: "The followers' answers, in the order in which they came", Heads: []tables.Head{
		{Title: "setup", Words: true}, {Title: "answer", Words: true}, {Title: "network and waits"}, {Title: "follower's log"}, {Title: "there after"},
	}}
	for _, g := range r.groups {
		for _, c := range g.cells {
			if c.WritePath == nil {
				continue
			}
			for i := range c.WritePath.Followers {
				f := &c.WritePath.Followers[i]
				rank := fmt.Sprint(f.Rank)
				if f.Rank == c.Quorum-1 {
					rank += ", which commits"
				}
				of := ofFollower + fmt.Sprint(f.Rank) + " "
				t.Rows = append(t.Rows, r.leading(c, []tables.Cell{
					{Main: sizeName(g, c)}, {Main: rank}, timeCell(&f.NetworkNS), timeCell(&f.LogNS), timeCell(&f.AnsweredNS),
				}, []string{of + "network and waits", of + "follower's log", of + "there after"}))
			}
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return []tables.Table{t}
}

func timeCell(m *summary.Metric) tables.Cell { return pathCell(units.Duration, m) }

func pathCell(k units.Kind, m *summary.Metric) tables.Cell {
	if m == nil {
		return tables.Cell{Main: units.Absent}
	}
	f, ok := figures.Read("", *m)
	if !ok {
		return tables.Cell{Main: units.Absent}
	}
	return tables.Cell{Main: wording.Show(k, f.Median), Interval: figures.Between(k, f)}
}

// pathNotes say what the figures are, and what is missing.
func (r *Report) pathNotes() []string {
	told := false
	var notes, silent []string
	for _, g := range r.groups {
		for _, c := range g.cells {
			p := c.WritePath
			switch {
			case p == nil && !costless(c) && c.Settings["workload.spans"] == "":
				silent = append(silent, sizeName(g, c))
			case p != nil:
				told = true
				notes = append(notes, pathNote(sizeName(g, c), p)...)
			}
		}
	}
	if !told {
		return nil
	}
	if r.allAttributed() {
		notes = append([]string{"No time is unattributed."}, notes...)
	}
	notes = append([]string{
		"Means of the writes whose latency lies between the 45th and the 55th percentile of a trial's light load, then medians over trials: the parts' medians need not add up to that of the whole.",
		"Network and waits, and the first follower's log, are those of the follower that answered first; what a write then waits for the others that a majority needs is the wait for the quorum. They hold the hand-overs between a process's goroutines, which wait for a core where the host is busy." + besideModel(len(r.theories) > 0),
	}, notes...)
	if len(silent) > 0 {
		notes = append(notes, "Not on record: "+wording.List(silent)+". Nodes that are none of raftbench's own, or of an older build, cannot be asked.")
	}
	return notes
}

// besideModel tells these parts from those that the model's table calls alike.
func besideModel(there bool) string {
	if !there {
		return ""
	}
	return " The table beside the model has the quorum-th follower's log, the links' delays alone, and the waits as hand-over."
}

func pathNote(setup string, p *summary.WritePath) []string {
	var out []string
	if p.Joined < p.Chosen || p.Lost > 0 {
		out = append(out, fmt.Sprintf("%s: only %s of %s were found in the nodes' records, which lost %s.",
			setup, wording.Count(p.Joined), units.Plural(int(p.Chosen), "such write"), units.Plural(int(p.Lost), "record")))
	}
	if p.Forwarded > 0 {
		out = append(out, fmt.Sprintf("%s: %s of %s writes came through a follower; the client path has that hop too.", setup, wording.Count(p.Forwarded), wording.Count(p.Joined)))
	}
	var asked []string
	for _, part := range p.Parts {
		if part.AskedNS > 0 {
			asked = append(asked, fmt.Sprintf("%s of the %s", wording.Duration(part.AskedNS), partWords[part.Name]))
		}
	}
	if len(asked) > 0 {
		out = append(out, fmt.Sprintf("%s: %s are the delay asked of the emulated links, without their jitter.", setup, strings.Join(asked, " and ")))
	}
	return out
}

// markdownPath is the section of the page in Markdown.
func markdownPath(b *strings.Builder, r *Report) {
	for i, t := range r.pathTables() {
		markdown.Titled(b, t)
		switch i {
		case 0:
			markdown.Bullets(b, r.pathNotes())
		case 1:
			markdown.Bullets(b, r.stepNotes())
		}
	}
}
