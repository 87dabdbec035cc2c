// Package trend words and draws what changed over many runs: what changed, when, by how much
// and what else changed there, before any figure. Where it found nothing, it says how large a
// change it would have found.
package trend

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Trend words a history: what changed, when, by how much and what else changed
// there, before any figure.
type Trend struct{ history summary.History }

// New takes a history whose names may be anybody's.
func New(h summary.History) *Trend {
	h.Runs, h.Series = slices.Clone(h.Runs), slices.Clone(h.Series)
	for i := range h.Runs {
		r := &h.Runs[i]
		r.Dir, r.RunID, r.Build = clean.Name(r.Dir), clean.Name(r.RunID), clean.Name(r.Build)
	}
	for i := range h.Series {
		s := &h.Series[i]
		s.Cell = clean.Name(s.Cell)
		s.Points = slices.Clone(s.Points)
		for k := range s.Points {
			p := &s.Points[k]
			p.Doubts = slices.Clone(p.Doubts)
			for d := range p.Doubts {
				p.Doubts[d] = clean.Remark(p.Doubts[d])
			}
		}
	}
	return &Trend{h}
}

// figureName is the metric's name in a sentence: write latency p50.
func figureName(metric string) string {
	return strings.ReplaceAll(summary.Name(metric), "_", " ")
}

// setup names a series' setup: by its size where its kind of runs has one setup of
// that size.
func (t *Trend) setup(s *summary.HistorySeries) string {
	for _, other := range t.history.Series {
		if other.Kind == s.Kind && other.Nodes == s.Nodes && other.Cell != s.Cell {
			return s.Cell
		}
	}
	return units.Plural(s.Nodes, "node")
}

// name of a series: write latency p50 of 3 nodes.
func (t *Trend) name(s *summary.HistorySeries) string {
	return figureName(s.Metric) + " of " + t.setup(s) + t.kindWords(s)
}

// kindWords tell the series of other kinds of runs from those of the first.
func (t *Trend) kindWords(s *summary.HistorySeries) string {
	if s.Kind == 0 {
		return ""
	}
	return fmt.Sprintf(", kind %d", s.Kind+1)
}

// runNumber is a point's place among the runs of its kind, from 1.
func runNumber(s *summary.HistorySeries, point int) int { return s.Earlier + point + 1 }

func (t *Trend) run(s *summary.HistorySeries, point int) summary.HistoryRun {
	return t.history.Runs[s.Points[point].Run]
}

func day(at time.Time) string  { return at.UTC().Format("2006-01-02") }
func hour(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// changedBy is rose by 6.1 %.
func changedBy(c summary.HistoryChange) string {
	switch {
	case !c.Moved:
		return "spreads differently"
	case c.Ratio == nil:
		return "rose from 0"
	case *c.Ratio < 1:
		return "fell by " + strings.TrimPrefix(units.Change(*c.Ratio), "−")
	}
	return "rose by " + strings.TrimPrefix(units.Change(*c.Ratio), "+")
}

// title is the message of one series.
func (t *Trend) title(s *summary.HistorySeries) string {
	if s.TooFew() {
		return fmt.Sprintf("%s: too few runs to tell", wording.Capital(t.name(s)))
	}
	if len(s.Changes) == 0 {
		return fmt.Sprintf("%s: no change was found in %s", wording.Capital(t.name(s)), units.Plural(s.Judged, "run"))
	}
	c := s.Changes[t.foremost(s)]
	text := fmt.Sprintf("%s %s at run %d (%s)", wording.Capital(t.name(s)), changedBy(c), runNumber(s, c.After), day(t.run(s, c.After).StartedAt))
	if n := len(s.Changes) - 1; n > 0 {
		text += ", and changed " + wording.Times(n) + " more"
	}
	return text
}

// foremost is the change that moved the figure most; the latest of equal ones.
func (t *Trend) foremost(s *summary.HistorySeries) int {
	best, most := 0, -1.0
	for i, c := range s.Changes {
		size := math.Inf(1)
		if c.Ratio != nil {
			size = math.Abs(math.Log(*c.Ratio))
		}
		if !c.Moved {
			size = 0
		}
		if size >= most {
			best, most = i, size
		}
	}
	return best
}

// change says one change whole.
func (t *Trend) change(s *summary.HistorySeries, c summary.HistoryChange) string {
	return wording.Capital(t.name(s)) + " " + t.changeAlone(s, c)
}

// changeAlone is the sentence without its subject.
func (t *Trend) changeAlone(s *summary.HistorySeries, c summary.HistoryChange) string {
	k := units.Of(s.Metric)
	text := changedBy(c)
	if c.Interval && c.Moved {
		text += " [" + endOf(c.CILow) + ", " + endOf(c.CIHigh) + "]"
	}
	return text + fmt.Sprintf(", %s → %s, between %s and %s; p = %s. %s", wording.Show(k, c.From), wording.Show(k, c.To),
		t.runWords(s, c.Before), t.runWords(s, c.After), shownP(c.P), differsThere(c.Unlike))
}

// endOf is one end of a change's range, in per cent.
func endOf(ratio *float64) string {
	if ratio == nil {
		return "+∞"
	}
	return wording.Points(*ratio, true)
}

func shownP(p float64) string { return strings.TrimPrefix(fmt.Sprintf("%.2g", p), "0") }

// runWords are run 13 (results/ci-13, 2026-03-13 04:00 UTC).
func (t *Trend) runWords(s *summary.HistorySeries, point int) string {
	r := t.run(s, point)
	return fmt.Sprintf("run %d (%s, %s)", runNumber(s, point), shortDir(r.Dir), hour(r.StartedAt))
}

// shortDir is the end of a folder's path, by which people know it; tables for
// programs have the whole.
func shortDir(dir string) string {
	return filepath.Join(filepath.Base(filepath.Dir(dir)), filepath.Base(dir))
}

// maxContrasts are how many things a sentence names that differ.
const maxContrasts = 6

func differsThere(unlike []summary.Contrast) string {
	if len(unlike) == 0 {
		return "Nothing on record differs between the two beside the figures."
	}
	var out []string
	for _, u := range unlike {
		out = append(out, facts.Contrast(u))
	}
	return "Between the two differ: " + wording.Some(out, maxContrasts) + "."
}

// messages are what came out: each change, then what was not found, or could not
// be looked for.
func (t *Trend) messages() []string {
	var out, drifting []string
	var quiet, few []*summary.HistorySeries
	for i := range t.history.Series {
		s := &t.history.Series[i]
		switch {
		case s.TooFew():
			few = append(few, s)
		case len(s.Changes) == 0:
			quiet = append(quiet, s)
		}
		for _, c := range s.Changes {
			out = append(out, t.change(s, c))
		}
		if s.Drifts && len(s.Changes) > 0 {
			drifting = append(drifting, t.name(s))
		}
	}
	if len(drifting) > 0 {
		out = append(out, "Runs follow their neighbours in "+wording.List(drifting)+" more than steps explain: the host drifts, and a change there may be a place on a slope.")
	}
	return append(append(out, t.nothingFound(quiet)...), t.tooFew(few)...)
}

func (t *Trend) nothingFound(quiet []*summary.HistorySeries) []string {
	var out []string
	for _, s := range quiet {
		seen := "not even a doubling in the middle of them would have been found."
		if s.Smallest != nil {
			seen = fmt.Sprintf("one of %s in the middle of them would have been found.", wording.Part(*s.Smallest-1))
		}
		out = append(out, fmt.Sprintf("No change was found in %s over %s; %s", t.name(s), units.Plural(s.Judged, "run"), seen))
	}
	return out
}

// tooFew says it once for all series that lack as many.
func (t *Trend) tooFew(few []*summary.HistorySeries) []string {
	type lack struct{ got, want int }
	names := map[lack][]string{}
	var order []lack
	for _, s := range few {
		l := lack{s.Judged, s.Least}
		if names[l] == nil {
			order = append(order, l)
		}
		names[l] = append(names[l], t.name(s))
	}
	var out []string
	for _, l := range order {
		out = append(out, fmt.Sprintf("Too few runs to tell: %s %s %s, and at least %d are wanted: with fewer, chance orders runs as clearly as any change does once in %d tries%s.",
			wording.Some(names[l], maxContrasts), verbHave(len(names[l])), units.Plural(l.got, "run"), l.want, int(1/t.history.Alpha), t.amongWords()))
	}
	return out
}

func verbHave(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

func (t *Trend) amongWords() string {
	if t.history.Questions < 2 {
		return ""
	}
	return fmt.Sprintf(", of %d figures that are asked together", t.history.Questions)
}

// first is the answer in one line.
func (t *Trend) first() string {
	changes, changed, asked := 0, 0, 0
	for i := range t.history.Series {
		s := &t.history.Series[i]
		if changes += len(s.Changes); len(s.Changes) > 0 {
			changed++
		}
		if !s.TooFew() {
			asked++
		}
	}
	switch {
	case asked == 0:
		return "Too few runs to tell whether anything changed."
	case changes == 0:
		return fmt.Sprintf("No change was found in %s.", units.Plural(asked, "figure"))
	}
	return fmt.Sprintf("%s found, in %d of %s.", wasFound(changes), changed, units.Plural(asked, "figure"))
}

func wasFound(n int) string {
	if n == 1 {
		return "1 change was"
	}
	return fmt.Sprintf("%d changes were", n)
}

// notes are what a reader of the messages should know.
func (t *Trend) notes() []string {
	out := append(t.keptApart(), t.lacking()...)
	out = append(out, t.doubts()...)
	if e := t.earlier(); e != "" {
		out = append(out, e)
	}
	if t.history.Questions == 0 {
		return out
	}
	out = append(out, fmt.Sprintf("p: how probable so clear a change is where nothing changed, corrected for %s that %s asked together; one is told where it is at most %s. [ ]: the change lies in this range, in %%, with 95 %% confidence, if it is at that place.",
		units.Plural(t.history.Questions, "figure"), isAre(t.history.Questions), shownP(t.history.Alpha)))
	if c := t.history.LeastChange; c > 1 {
		out = append(out, "Changes of less than "+wording.Part(c-1)+" are not told.")
	}
	return out
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// keptApart names the runs that stand in no series of the first kind, and why.
func (t *Trend) keptApart() []string {
	var out []string
	for k, kind := range t.history.Kinds[1:] {
		var names, differ []string
		for _, r := range t.history.Runs {
			if r.Kind == k+1 {
				names = append(names, shortDir(r.Dir))
			}
		}
		for _, u := range kind.Unlike {
			differ = append(differ, facts.Contrast(u))
		}
		out = append(out, fmt.Sprintf("Kept apart as kind %d, since other things were measured or on another class of host: %s (%s). From the others differ: %s.",
			k+2, units.Plural(kind.Runs, "run"), wording.Some(names, maxContrasts), cmp.Or(wording.Some(differ, 2*maxContrasts), "what the experiments hold")))
	}
	return out
}

// lacking names runs that have no value of a series.
func (t *Trend) lacking() []string {
	var out []string
	for i := range t.history.Series {
		s := &t.history.Series[i]
		var without, beyond []string
		for k, p := range s.Points {
			switch f, ok := t.figureAt(s, k); {
			case p.Metric == nil:
				without = append(without, fmt.Sprint(runNumber(s, k)))
			case ok && f.Never():
				beyond = append(beyond, fmt.Sprint(runNumber(s, k)))
			}
		}
		if s.MixedPooled {
			out = append(out, fmt.Sprintf("%s is pooled over the trials of some runs and a median over those of others: a change may be that.", wording.Capital(t.name(s))))
		}
		if len(without) > 0 {
			out = append(out, fmt.Sprintf("Without a valid trial of %s: run %s.", t.name(s), wording.Some(without, 2*maxContrasts)))
		}
		if len(beyond) > 0 {
			out = append(out, fmt.Sprintf("Not judged, since operations failed so that %s is above every number: run %s.", t.name(s), wording.Some(beyond, 2*maxContrasts)))
		}
	}
	return out
}

func (t *Trend) figureAt(s *summary.HistorySeries, point int) (figures.Figure, bool) {
	m := s.Points[point].Metric
	if m == nil {
		return figures.Figure{}, false
	}
	return figures.Read(s.Metric, *m)
}

// doubts explain the daggers, a line for each remark and the runs that have it.
func (t *Trend) doubts() []string {
	names := map[string][]string{}
	var order []string
	for i := range t.history.Series {
		s := &t.history.Series[i]
		for _, line := range doubtedRuns(s) {
			if names[line] == nil {
				order = append(order, line)
			}
			names[line] = append(names[line], t.name(s))
		}
	}
	var out []string
	for _, line := range order {
		out = append(out, fmt.Sprintf("%s %s: something may have moved the number of %s.", figures.Dagger, wording.Some(names[line], maxContrasts), line))
	}
	return out
}

// doubtedRuns are run 3, 7 and 9 (in run 3: the host's CPU was 91 % busy), for each
// remark of a series.
func doubtedRuns(s *summary.HistorySeries) []string {
	runs, first := map[string][]string{}, map[string]string{}
	var order []string
	for k, p := range s.Points {
		for _, d := range p.Doubts {
			code := string(d.Code)
			if runs[code] == nil {
				order = append(order, code)
				first[code] = fmt.Sprintf("in run %d: %s", runNumber(s, k), facts.Remark(d.Worst))
			}
			if n := fmt.Sprint(runNumber(s, k)); !slices.Contains(runs[code], n) {
				runs[code] = append(runs[code], n)
			}
		}
	}
	for i, code := range order {
		order[i] = fmt.Sprintf("run %s (%s)", wording.Some(runs[code], 2*maxContrasts), first[code])
	}
	return order
}

// earlier says which runs were left out.
func (t *Trend) earlier() string {
	most := 0
	for _, s := range t.history.Series {
		most = max(most, s.Earlier)
	}
	if most == 0 {
		return ""
	}
	return fmt.Sprintf("The latest %d runs are judged; %s before them %s not (--last).", t.history.Last, units.Plural(most, "run"), isAre(most))
}
