package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// listedMetrics are those of which a page lists the differences: the currencies
// of the verdict, and what is used without load.
var listedMetrics = []string{
	figures.WriteP50, figures.ReadP50, figures.Throughput, figures.Capacity, figures.CPUPerKwrite, figures.NetworkPer, figures.DiskPer, figures.FsyncsPer,
	figures.IdlePrefix + "cpu_seconds_per_second", figures.IdlePrefix + "network_bytes_per_second", figures.IdlePrefix + "disk_bytes_per_second",
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
				rows = append(rows, differenceRow{d, append([]string{figures.Name(metric), names[d.From], to}, decidedWords(d)...)})
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

// beyondNumbers is a change from nothing, or to what never ended.
const beyondNumbers = "beyond every number"

// decidedWords are a difference's change, its interval, what was decided, and
// from how many trials.
func decidedWords(found summary.Difference) []string {
	d, ok := figures.RatioOf(found)
	change, interval, decided := beyondNumbers, units.Absent, "undecided"
	if ok {
		change = units.Change(d.Ratio)
	}
	if d.Interval {
		interval = d.Span() + " %"
	}
	switch {
	case d.Decided == stats.Found:
		decided = "found"
	case d.Decided == stats.Bounded && d.Interval:
		decided = "at most " + d.Most()
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

type pairOf struct{ metric, from, to string }

func index(ds []summary.Difference) map[pairOf]summary.Difference {
	out := make(map[pairOf]summary.Difference, len(ds))
	for _, d := range ds {
		out[pairOf{d.Metric, d.From, d.To}] = d
	}
	return out
}

// differenceIn finds the difference of a metric between two setups, in this
// direction. Where the medians lie among operations that failed there is no
// ratio, and so no difference to tell.
func (r *Report) differenceIn(metric string, from, to summary.Cell) (figures.Difference, bool) {
	d, ok := r.differences[pairOf{metric, from.Cell, to.Cell}]
	if ok {
		return figures.RatioOf(d)
	}
	d, ok = r.differences[pairOf{metric, to.Cell, from.Cell}]
	if !ok {
		return figures.Difference{}, false
	}
	out, ok := figures.RatioOf(d)
	out.Ratio, out.Low, out.High = 1/out.Ratio, 1/out.High, 1/out.Low
	return out, ok
}

// fewLine says of which steps in the answer's table nothing can be decided, however clear it
// is, and how many blocks that takes: all differences of a family are decided at once,
// and so few blocks have no p that is small enough for so many. Empty where there are none.
func (r *Report) fewLine(a answer) string {
	type lack struct{ needs, had int }
	var lacks []lack
	of := map[lack][]string{}
	for _, c := range currencies {
		for _, s := range a.steps {
			d, ok := r.differenceIn(c.metric, s.from, s.to)
			if !ok || d.Decided != stats.Undecided || !d.Few() {
				continue
			}
			l := lack{d.Least(), d.N}
			if of[l] == nil {
				lacks = append(lacks, l)
			}
			of[l] = append(of[l], fmt.Sprintf("%s from %d to %d nodes", c.title, s.from.Nodes, s.to.Nodes))
		}
	}
	var parts []string
	for _, l := range lacks {
		parts = append(parts, fmt.Sprintf("%s (needs %s, had %d)", wording.Some(of[l], mostNamed), units.Plural(l.needs, "block"), l.had))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Too few blocks to decide, however clear: " + strings.Join(parts, "; ") + "."
}

// DifferenceText is what was decided of a difference: its change, the 95 %
// interval of that, and the decision.
func DifferenceText(d summary.Difference) (change, interval, decided string) {
	words := decidedWords(d)
	return words[0], words[1], words[2]
}
