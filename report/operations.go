package report

import (
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Operations are planned, and so is what they cost: how long writes stop, how much
// longer those take that do not, and how long it is until all is done.

// operationWords are what an operator calls the operations, in the order in which they
// are told.
var operationWords = []struct{ action, words string }{
	{"transfer", "leadership transfer"},
	{"rolling-restart", "rolling restart"},
	{"add-node", "adding a node"},
	{"remove-node", "removing a follower"},
	{"remove-leader", "removing the leader"},
	{"install-snapshot", "snapshot to a node that was away"},
}

// operated is the operation of a setup's outage trials; nil where it had none.
func operated(c summary.Cell) *summary.Operation {
	if len(c.UnderLoad) == 0 {
		return nil
	}
	return &c.UnderLoad[0]
}

// operationGroups have a group an operation, with its sizes.
func (r *Report) operationGroups() []group {
	var out []group
	for _, o := range operationWords {
		g := group{name: o.words}
		for _, c := range r.summary.Cells {
			if is := operated(c); is != nil && is.Action == o.action {
				g.cells = append(g.cells, c)
			}
		}
		if len(g.cells) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// operationFigure is one of an operation's metrics.
func operationFigure(c summary.Cell, name string) (figures.Figure, bool) {
	o := operated(c)
	if o == nil {
		return figures.Figure{}, false
	}
	m, there := o.Metrics[name]
	if !there {
		return figures.Figure{}, false
	}
	return figures.Read(name, m)
}

// operationSheet has a row for each operation and size; it is empty where none was
// done again and again.
func (r *Report) operationSheet() sheet {
	of := func(over, title string, keep int, name string, k units.Kind) column {
		return column{over: over, title: title, keep: keep, metric: name, value: func(c summary.Cell) entry {
			f, ok := operationFigure(c, name)
			if !ok {
				return entry{main: units.Absent}
			}
			if f.Never() {
				return entry{main: wording.Never, of: chart.Origin{Setup: c.Cell, Name: ofOperation + name}} // which the note explains: an interval says no more
			}
			return entry{main: wording.Show(k, f.Median), interval: figures.Between(k, f), of: chart.Origin{Setup: c.Cell, Name: ofOperation + name}}
		}}
	}
	counted := func(over, title string, keep int, n func(o *summary.Operation) string) column {
		return plain(over, title, keep, func(c summary.Cell) string {
			if o := operated(c); o != nil {
				return n(o)
			}
			return units.Absent
		}).from(ofFaults)
	}
	return sheet{title: "What an operation under load costs", groups: r.operationGroups(), columns: []column{
		nodesColumn(),
		counted("", "times", 3, func(o *summary.Operation) string {
			if o.NotDone == 0 {
				return fmt.Sprint(o.Times)
			}
			return fmt.Sprintf("%d, %d failed", o.Times, o.NotDone)
		}),
		of("writes stop for", "p50", 0, summary.OperationSilent, units.Duration),
		of("writes stop for", "longest", 9, summary.OperationStop, units.Duration),
		of("a write, p50", "before", 6, summary.WriteBefore, units.Duration),
		of("a write, p50", "during", 7, summary.WriteDuring, units.Duration),
		of("a write, p99", "before", 5, summary.SlowBefore, units.Duration),
		of("a write, p99", "during", 6, summary.SlowDuring, units.Duration),
		counted("writes, all times", "failed", 8, func(o *summary.Operation) string { return wording.Count(o.Failed) }),
		counted("writes, all times", "unknown", 8, func(o *summary.Operation) string { return wording.Count(o.Unknown) }),
		of("until all is done", "p50", 8, summary.OperationTook, units.Duration),
		of("until all is done", "longest", 4, summary.OperationLong, units.Duration),
		of("snapshot", "installed", 2, summary.SnapshotInstall, units.Duration),
		of("snapshot", "bytes", 2, summary.SnapshotBytes, units.Size),
	}}
}

// operationLines answer in words, a line for each operation: leadership transfer:
// writes stop for 43 ms with 3 nodes, 51 ms with 5.
func (r *Report) operationLines() []string {
	var out []string
	for _, g := range r.operationGroups() {
		var parts, failed []string
		for _, c := range g.cells {
			size := fmt.Sprint(c.Nodes)
			if len(parts) == 0 {
				size = units.Plural(c.Nodes, "node")
			}
			if f, ok := operationFigure(c, summary.OperationSilent); ok {
				parts = append(parts, wording.Duration(f.Median)+" with "+size)
			}
			if o := operated(c); o.NotDone > 0 {
				failed = append(failed, fmt.Sprintf("%d of %d with %s (%s)", o.NotDone, o.Times, units.Plural(c.Nodes, "node"), wording.Shorten(o.Why, 60)))
			}
		}
		line := wording.Capital(g.name) + ": "
		switch {
		case len(parts) > 0:
			line += "writes stop for " + wording.List(parts)
		default:
			line += "for how long writes stop is not known"
		}
		if len(failed) > 0 {
			line += "; not done: " + wording.List(failed)
		}
		out = append(out, line+".")
	}
	return out
}

// longestOperation is the place of the operation that stops writes longest, and for how
// long at the median, in ns.
func (r *Report) longestOperation() (place int, most float64) {
	for i, g := range r.operationGroups() {
		for _, c := range g.cells {
			if f, ok := operationFigure(c, summary.OperationSilent); ok && f.Median > most {
				place, most = i, f.Median
			}
		}
	}
	return place, most
}

// writesNeverEnd tells of operations during which so many writes had no answer that a
// percentile lies among them.
func (r *Report) writesNeverEnd() bool {
	return slices.ContainsFunc(r.summary.Cells, func(c summary.Cell) bool {
		half, known := operationFigure(c, summary.WriteDuring)
		slow, also := operationFigure(c, summary.SlowDuring)
		return known && half.Never() || also && slow.Never()
	})
}

// operationNote says what the table rests on; empty where there is none.
func (r *Report) operationNote() string {
	groups := r.operationGroups()
	if len(groups) == 0 {
		return ""
	}
	text := "Writes stop: the longest stretch, begun before an operation was done, in which no client had an answer; clients at every member write throughout, so that it is known to their interval. " +
		"A write before is one sent in the second before, during one sent until all was done; each figure is the median over the times, and the p99 of one time with fewer than 100 writes is the slowest of them. " +
		"Writes that failed or are unknown are those of all times together, each until the next."
	if r.writesNeverEnd() {
		text += " “Never” is a percentile that lies among writes that had no answer: at the p50 half of those sent during it or more, since nobody led."
	}
	for _, g := range groups {
		switch operated(g.cells[0]).Action {
		case "remove-leader":
			text += " A leader that is removed hands over to nobody: the others elect one when their heartbeat timeout is over, as if it had died."
		case "add-node":
			text += " A node is added from N−1 to N, first without a vote, until it has caught up."
		case "install-snapshot":
			text += " A snapshot is installed counted from when the node that was away listens again."
		}
	}
	return text
}
