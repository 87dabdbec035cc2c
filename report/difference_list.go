package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// listedMetrics are those of which a page lists the differences: the currencies
// of the verdict, and what is used without load.
var listedMetrics = []string{
	writeP50, readP50, throughput, capacity, cpuPerKwrite, networkPer, diskPer, fsyncsPer,
	idlePrefix + "cpu_seconds_per_second", idlePrefix + "network_bytes_per_second", idlePrefix + "disk_bytes_per_second",
}

// differenceRow is a difference in words.
type differenceRow struct {
	of    summary.Difference
	texts []string
}

// differenceRows list what the summary decided, for the page.
func (r *Report) differenceRows() []differenceRow {
	names := map[string]string{}
	for _, g := range r.groups {
		for _, c := range g.cells {
			names[c.Cell] = sizeName(g, c)
		}
	}
	var rows []differenceRow
	for _, metric := range listedMetrics {
		for _, d := range r.summary.Differences {
			if d.Metric == metric {
				to := names[d.To]
				if len(d.Through) > 0 {
					to += " (through " + strings.Join(namesOf(d.Through, names), ", ") + ")"
				}
				rows = append(rows, differenceRow{d, append([]string{MetricName(metric), names[d.From], to}, decidedWords(d)...)})
			}
		}
	}
	return rows
}

func namesOf(cells []string, names map[string]string) []string {
	var out []string
	for _, c := range cells {
		out = append(out, names[c])
	}
	return out
}

// splitNote says of differences whose setups never lived at once how they were
// found; empty where there are none.
func (r *Report) splitNote() string {
	split := func(d summary.Difference) bool { return len(d.Through) > 0 }
	if !slices.ContainsFunc(r.summary.Differences, split) {
		return ""
	}
	return "Too many processes for one block: it was split, and a difference across its parts is the product of ratios through a setup that both parts held, with an interval as much wider."
}

// apartNotes name the steps of which no difference is known in anything, since no
// block held both sizes, nor a third one beside each.
func (r *Report) apartNotes() []string {
	var out []string
	for _, a := range r.answers {
		for _, s := range a.steps {
			known := func(d summary.Difference) bool { return d.From == s.from.Cell && d.To == s.to.Cell }
			if slices.ContainsFunc(r.summary.Differences, known) || s.from.Cell == s.to.Cell {
				continue
			}
			text := fmt.Sprintf("From %d to %d nodes no difference is told: no block measured both, nor a third setup beside each.", s.from.Nodes, s.to.Nodes)
			if a.name != "" {
				text = a.name + ": " + text
			}
			out = append(out, text)
		}
	}
	return out
}

var differenceHead = []string{"", "from", "to", "change", "95 % interval", "decided", "trials"}

// decidedWords are a difference's change, its interval, what was decided, and
// from how many trials.
func decidedWords(found summary.Difference) []string {
	d, ok := ratioOf(found)
	change, interval, decided := "beyond every number", absent, "undecided"
	if ok {
		change = percent(d.ratio)
	}
	if d.interval {
		interval = d.span() + " %"
	}
	switch {
	case d.Decided == stats.Found:
		decided = "found"
	case d.Decided == stats.Bounded && d.interval:
		decided = "at most " + d.most()
	}
	return []string{change, interval, decided, fmt.Sprint(found.N)}
}

// differencesNote explains the list.
func (r *Report) differencesNote() string {
	text := "Ratios of trials of one block, taken next to each other in time; “found” is at the 95 % level for all that was asked together: the p50 and throughput of neighbouring sizes are one family of questions, all else is another"
	if slices.ContainsFunc(r.summary.Differences, func(d summary.Difference) bool { return d.Decided == stats.Bounded }) {
		text += fmt.Sprintf("; “at most” has its whole interval within ±%s", strings.TrimSpace(units.Share.Show(r.summary.Precision)))
	}
	return text + "; “undecided” is no proof that there is none."
}
