package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Signs of the column of changes.
const (
	undecidedSign = "~"
	boundedSign   = "="
)

// comparisonText is the comparison for a terminal: what came out, then under
// each setup its figures, then what the signs mean.
func comparisonText(w io.Writer, c summary.Comparison, all bool) {
	changes, same := shown(c, all)
	fmt.Fprintln(w, wrapped(comparisonLine(c, changes), "", ""))
	rows := changeTable(changes)
	for setup, own := range bySetup(changes) {
		fmt.Fprintf(w, "\n%s\n", cut(own[0].Cell, lineWidth))
		if setup == 0 {
			fmt.Fprintln(w, rows.line(changeHeader))
		}
		for _, ch := range own {
			fmt.Fprintln(w, rows.line(changeRow(ch)))
		}
	}
	fmt.Fprintln(w)
	for _, note := range comparisonNotes(c, changes, same, plain) {
		fmt.Fprintln(w, wrapped(note, "", "  "))
	}
}

// comparisonPage is the same for a page, where each row has its setup.
func comparisonPage(w io.Writer, c summary.Comparison, all bool) {
	changes, same := shown(c, all)
	fmt.Fprintf(w, "%s\n\n", comparisonLine(c, changes))
	t := &table{header: append([]string{"setup"}, changeHeader...)}
	for _, ch := range changes {
		t.add(append([]string{ch.Cell}, changeRow(ch)...)...)
	}
	t.markdown(w)
	fmt.Fprintln(w)
	for _, note := range comparisonNotes(c, changes, same, plainMarkdown) {
		fmt.Fprintf(w, "- %s\n", note)
	}
}

// shown are the changes that people are shown: the headlines, less those that
// were the same in every trial of both runs; or all.
func shown(c summary.Comparison, all bool) (changes []summary.Change, same int) {
	for _, ch := range c.Changes {
		switch {
		case all:
			changes = append(changes, ch)
		case !summary.Headline(ch.Metric):
		case ch.Same:
			same++
		default:
			changes = append(changes, ch)
		}
	}
	return changes, same
}

// spreadUnknown is all that can be said of two runs without a spread.
const spreadUnknown = "Not side by side, spread unknown: nothing is called different. What the host did between the two runs may be all that the changes show."

// comparisonLine says in a sentence what came out, what was found first.
func comparisonLine(c summary.Comparison, changes []summary.Change) string {
	if c.Spread == nil {
		return spreadUnknown
	}
	var found []string
	counts := map[stats.Decision]int{}
	untested := 0
	for _, ch := range changes {
		counts[ch.Decided]++
		switch {
		case ch.Decided == stats.Found:
			found = append(found, fmt.Sprintf("%s of %s %s", summary.Name(ch.Metric), ch.Cell, changeOf(ch)))
		case ch.Untested != "":
			untested++
		}
	}
	text := "No difference was found"
	if len(found) > 0 {
		text = "Different: " + someOf(found, 3)
	}
	text += fmt.Sprintf(". Of %s %s, %d alike to within %.0f %%, %d undecided", units.Plural(len(changes), "figure"),
		differ(len(found)), counts[stats.Bounded], 100*stats.Precision, counts[stats.Undecided])
	if untested > 0 {
		text += fmt.Sprintf(" (%d of these could not be tested)", untested)
	}
	return text + "."
}

func differ(n int) string {
	if n == 1 {
		return "1 differs"
	}
	return fmt.Sprintf("%d differ", n)
}

// bySetup splits changes where another setup begins.
func bySetup(changes []summary.Change) [][]summary.Change {
	var out [][]summary.Change
	for i, ch := range changes {
		if i == 0 || ch.Cell != changes[i-1].Cell {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], ch)
	}
	return out
}

var changeHeader = []string{"figure", "old", "new", "change [95 %]", "p", "n"}

// changeRow is a change without its setup.
func changeRow(ch summary.Change) []string {
	p := units.Absent
	if ch.P != nil {
		p = shortP(*ch.P)
	}
	return []string{
		summary.Name(ch.Metric), showFigure(ch.Metric, ch.Old.Estimate().Center), showFigure(ch.Metric, ch.New.Estimate().Center),
		changeText(ch), p, fmt.Sprintf("%d+%d", ch.Old.N, ch.New.N),
	}
}

// shortP has two decimals, as far as they tell.
func shortP(p float64) string {
	if p < 0.01 {
		return "<.01"
	}
	return strings.TrimPrefix(strconv.FormatFloat(p, 'f', 2, 64), "0")
}

// changeText is the change with its range, and the sign of what was decided.
func changeText(ch summary.Change) string {
	text := changeOf(ch)
	switch ch.Decided {
	case stats.Found:
	case stats.Bounded:
		text = boundedSign
	default:
		text = undecidedSign
	}
	switch {
	case ch.Untested != "":
		return text + " (" + changeOf(ch) + ")"
	case !ch.Interval:
		return text
	}
	low, high := changeEnd(ch.CILow), changeEnd(ch.CIHigh)
	return text + " [" + low + ", " + high + "]"
}

// changeOf is the change alone: +20 %.
func changeOf(ch summary.Change) string {
	if ch.Ratio == nil {
		return "+∞"
	}
	return units.Change(*ch.Ratio)
}

// changeEnd is one end of a change's range, in per cent.
func changeEnd(ratio *float64) string {
	if ratio == nil {
		return "+∞"
	}
	return strings.TrimSuffix(units.Change(*ratio), " %")
}

// changeRows lays rows out in columns that are as wide as their texts. A name too
// long for its column has a line of its own, and the rest stands below.
type changeRows struct{ widths []int }

func changeTable(changes []summary.Change) changeRows {
	var l changeRows
	rows := [][]string{changeHeader}
	for _, ch := range changes {
		rows = append(rows, changeRow(ch))
	}
	for i := range changeHeader {
		widest := 0
		for _, row := range rows {
			widest = max(widest, utf8.RuneCountInString(row[i]))
		}
		l.widths = append(l.widths, widest)
	}
	rest := 0
	for _, width := range l.widths[1:] {
		rest += 2 + width
	}
	l.widths[0] = max(len(changeHeader[0]), min(l.widths[0], lineWidth-2-rest))
	return l
}

func (l changeRows) line(row []string) string {
	var out strings.Builder
	if utf8.RuneCountInString(row[0]) > l.widths[0] {
		out.WriteString("  " + row[0] + "\n")
		row = append([]string{""}, row[1:]...)
	}
	for i, text := range row {
		out.WriteString("  " + text + strings.Repeat(" ", l.widths[i]-utf8.RuneCountInString(text)))
	}
	return strings.TrimRight(out.String(), " ")
}

// comparisonNotes are what a reader of the changes should know: what they rest on
// and what makes the runs unlike first, then what the signs mean that stand there.
func comparisonNotes(c summary.Comparison, changes []summary.Change, same int, safe func(string) string) []string {
	out := []string{basisText(c.Spread)}
	for _, u := range c.Unlike {
		out = append(out, contrast(u, safe))
	}
	for _, only := range []struct {
		run   string
		names []string
	}{{"old", c.OnlyOld}, {"new", c.OnlyNew}} {
		if len(only.names) > 0 {
			out = append(out, fmt.Sprintf("In the %s run only: %s.", only.run, someOf(only.names, 6)))
		}
	}
	if same > 0 {
		out = append(out, units.Plural(same, "figure")+" the same in every trial of both runs left out; --all shows them.")
	}
	return append(out, legend(changes)...)
}

// basisText says what the answers rest on, or how to come by it.
func basisText(b *summary.Basis) string {
	if b == nil {
		return "To know how far two runs of one build lie apart on such a host, repeat the old run's experiment: raftbench run --repeat 6. " +
			"To compare builds or settings finely, measure them side by side in one run."
	}
	text := fmt.Sprintf("Not side by side: the ranges hold what %s of one build, begun over %s, lay apart.", units.Plural(b.Runs, "run"), units.About(b.Over))
	if b.Apart > 2*b.Over {
		text += fmt.Sprintf(" These two were begun %s apart: what drifts more slowly than the repeats lasted is not in it.", units.About(b.Apart))
	}
	return text
}

// legend says what the signs mean.
func legend(changes []summary.Change) []string {
	has := func(is func(summary.Change) bool) bool { return slices.ContainsFunc(changes, is) }
	var out []string
	if has(func(ch summary.Change) bool { return ch.Decided == stats.Undecided && ch.Untested == "" }) {
		out = append(out, undecidedSign+": no difference can be shown, which is no proof that there is none; the range says how large it may be.")
	}
	if has(func(ch summary.Change) bool { return ch.Untested != "" }) {
		out = append(out, undecidedSign+" ( ): the change of the figures as they are; nobody knows how much of it is the host's.")
	}
	if has(func(ch summary.Change) bool { return ch.Decided == stats.Bounded }) {
		out = append(out, fmt.Sprintf("%s: alike, the whole range lies within ±%.0f %%.", boundedSign, 100*stats.Precision))
	}
	if has(func(ch summary.Change) bool { return ch.Interval }) {
		out = append(out, "[ ]: the change lies in this range, in %, with 95 % confidence.")
	}
	if has(func(ch summary.Change) bool { return ch.P != nil }) {
		out = append(out, "p: how probable so large a difference is between two runs of one build, corrected for all that is asked at once: "+
			"median latencies, throughput and capacity of all setups are asked together, each other figure by itself. Found is what has p ≤ .05.")
	}
	out = append(out, "n: trials behind the figure, old + new.")
	if has(func(ch summary.Change) bool { return ch.Untested == summary.NotRepeated }) {
		out = append(out, "Some figures are not in all of the repeats that tell the spread, and are not tested.")
	}
	return out
}

// traitWords say what two runs differ in.
var traitWords = map[summary.Trait]string{
	summary.TraitHost: "the hosts", summary.TraitCPU: "the CPU models", summary.TraitCores: "the numbers of cores",
	summary.TraitKernel: "the kernels", summary.TraitFilesystem: "the file systems", summary.TraitFsyncReal: "whether fsync is real",
	summary.TraitFsync: "the medians of the fsync probe", summary.TraitGo: "the Go versions", summary.TraitRaftbench: "the builds of raftbench",
}

// contrast words one thing that makes the runs unlike.
func contrast(u summary.Contrast, safe func(string) string) string {
	what := traitWords[u.What]
	was, is := recorded(safe(u.Old)), recorded(safe(u.New))
	switch u.What {
	case summary.TraitExperiment:
		return "The experiments differ: see " + results.ExperimentFile + " of each."
	case summary.TraitVersion:
		what = "the versions of " + safe(u.Name)
	case summary.TraitFsync:
		was, is = nanoseconds(u.Old), nanoseconds(u.New)
	}
	return fmt.Sprintf("Unlike: %s, %s and now %s.", what, was, is)
}

func recorded(text string) string {
	if strings.TrimSpace(text) == "" {
		return "not on record"
	}
	return text
}

func nanoseconds(text string) string {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v == 0 {
		return recorded("")
	}
	return units.Duration.Show(v)
}
