package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Compared is runs beside each other, each later one against the first: tables in
// the manner of benchstat, one a figure. Every name in it is cleaned when it is
// shown.
type Compared struct {
	whole summary.Comparison
	old   comparedRun
	later []comparedBlock
	// short are the setups' names as tables show them, and pattern what all of
	// them have in common.
	short   map[string]string
	pattern string
}

// comparedRun is one of the runs that are compared.
type comparedRun struct {
	name string // the folder, as it was given
	env  results.Environment
	sum  summary.Summary
}

// comparedBlock is one later run against the first.
type comparedBlock struct {
	summary.Comparison
	run comparedRun
	// called is what sentences call the first run and this one.
	called  [2]string
	figures []comparedFigure // those that are shown
	same    int              // figures left out
}

// comparedFigure is one metric in all setups: one table.
type comparedFigure struct {
	metric  string
	changes []summary.Change
	mean    *summary.Mean
}

// NewCompared gathers a comparison of the first of some runs with the others.
// Without all, figures are left out that people do not ask for, and those that
// were the same in every trial.
func NewCompared(c summary.Comparison, runs []summary.Side, all bool) *Compared {
	out := &Compared{whole: c, old: comparedRunOf(runs[0])}
	var setups []string
	for i, one := range c.Each() {
		b := comparedBlock{Comparison: one, run: comparedRunOf(runs[i+1]), called: [2]string{"the old run", "the new run"}}
		b.choose(all)
		for _, f := range b.figures {
			for _, ch := range f.changes {
				setups = append(setups, ch.Cell)
			}
		}
		out.later = append(out.later, b)
	}
	out.short, out.pattern = shortSetups(setups)
	return out
}

func comparedRunOf(s summary.Side) comparedRun {
	return comparedRun{name: clean.Name(s.Run.Dir), env: clean.Environment(s.Run.Environment), sum: clean.Summary(s.Summary)}
}

// choose takes the figures that people are shown.
func (b *comparedBlock) choose(all bool) {
	var order []string
	by := map[string][]summary.Change{}
	for _, ch := range b.Changes {
		if by[ch.Metric] == nil {
			order = append(order, ch.Metric)
		}
		by[ch.Metric] = append(by[ch.Metric], ch)
	}
	if len(order) > 0 { // in the order of the setup that has most; others' own stand behind
		slices.SortStableFunc(order, func(x, y string) int { return headlineRank(x) - headlineRank(y) })
	}
	for _, metric := range order {
		changes := by[metric]
		switch {
		case all:
		case !summary.Headline(metric):
			continue
		case !slices.ContainsFunc(changes, func(ch summary.Change) bool { return !ch.Same }):
			b.same += len(changes)
			continue
		}
		f := comparedFigure{metric: metric, changes: changes}
		if i := slices.IndexFunc(b.Means, func(m summary.Mean) bool { return m.Metric == metric }); i >= 0 {
			f.mean = &b.Means[i]
		}
		b.figures = append(b.figures, f)
	}
}

func headlineRank(metric string) int {
	if i := slices.Index(summary.Headlines(), metric); i >= 0 {
		return i
	}
	return len(summary.Headlines())
}

// shown are the changes of a block's tables.
func (b *comparedBlock) shown() []summary.Change {
	var out []summary.Change
	for _, f := range b.figures {
		out = append(out, f.changes...)
	}
	return out
}

// spreadUnknown is all that can be said of two runs without a spread.
const spreadUnknown = "Not side by side, spread unknown: nothing is called different. What the host did between the two runs may be all that the changes show."

// answer says what came out: first what cannot be compared, then what was found.
// name is what a setup is called.
func (b *comparedBlock) answer(name func(setup string) string) []string {
	var out []string
	barred := b.barred()
	changes := b.shown()
	if len(changes) == 0 {
		return []string{b.nothing()}
	}
	if reasons := b.barReasons(); len(reasons) > 0 {
		where := ""
		if len(barred) < len(cellsOf(changes)) {
			where = " in " + wording.Some(namedBy(name, barred), 3)
		}
		out = append(out, fmt.Sprintf("Not comparable%s: %s. Such figures stand beside each other, and none is called different.", where, strings.Join(firstFew(reasons, 3), "; ")))
	}
	if len(barred) < len(cellsOf(changes)) {
		out = append(out, b.found(changes))
	}
	return out
}

// nothing is said where no figure is shown.
func (b *comparedBlock) nothing() string {
	if len(b.Changes) == 0 {
		return "The two runs have no figure in common: setups are matched by name, which tells size, engine and network."
	}
	if b.same > 0 {
		return "Every figure is the same in every trial of both runs: one may be a copy of the other."
	}
	return "Both runs have none of the figures that are shown unasked; --all shows the others."
}

// found is what is told of the figures that can be compared.
func (b *comparedBlock) found(changes []summary.Change) string {
	if b.Spread == nil {
		return spreadUnknown
	}
	c := countOf(changes)
	text := "No difference was found"
	if len(c.found) > 0 {
		text = "Different: " + wording.Some(c.found, 3)
	}
	text += fmt.Sprintf(". Of %s %d %s, %d alike to within %.0f %%, %d undecided", units.Plural(len(changes), "figure"),
		len(c.found), wording.Verb(len(c.found), "differ"), c.alike, 100*stats.Precision, c.undecided)
	if c.untested > 0 {
		text += fmt.Sprintf(" (%d of these could not be tested)", c.untested)
	}
	if c.barred > 0 {
		text += fmt.Sprintf(", %d not comparable", c.barred)
	}
	return text + "."
}

// verdictCount counts what was said of changes.
type verdictCount struct {
	found                              []string // the changes, in words
	alike, undecided, untested, barred int
}

func countOf(changes []summary.Change) verdictCount {
	var c verdictCount
	for _, ch := range changes {
		switch {
		case ch.Untested == summary.NotComparable:
			c.barred++
		case ch.Decided == stats.Found:
			c.found = append(c.found, fmt.Sprintf("%s of %s %s", summary.Name(ch.Metric), clean.Name(ch.Cell), wording.Change(ch.Ratio)))
		case ch.Decided == stats.Bounded:
			c.alike++
		default:
			c.undecided++
			if ch.Untested != "" {
				c.untested++
			}
		}
	}
	return c
}

// overview is the answer of several runs in one sentence; empty of one.
func (c *Compared) overview() string {
	if len(c.later) == 1 {
		return ""
	}
	// Of runs of which the same is to be said it is said once.
	var order []string
	alike := map[string][]string{}
	for _, b := range c.later {
		n := countOf(b.shown())
		text := fmt.Sprintf("in %%s %d of %s %s", len(n.found), units.Plural(len(b.shown()), "figure"), wording.Verb(len(n.found), "differ"))
		switch {
		case len(b.Changes) == 0:
			text = "nothing is shared with %s"
		case len(b.shown()) == 0:
			text = "of %s no figure is shown"
		case n.barred == len(b.shown()):
			text = "not comparable: %s"
		case b.Spread == nil:
			text = "of %s the spread is unknown and nothing is called different"
		}
		if alike[text] == nil {
			order = append(order, text)
		}
		alike[text] = append(alike[text], b.run.name)
	}
	var parts []string
	for _, text := range order {
		parts = append(parts, fmt.Sprintf(text, wording.List(alike[text])))
	}
	return wording.Capital(fmt.Sprintf("%s against %s: %s.", units.Plural(len(c.later), "run"), c.old.name, strings.Join(parts, "; ")))
}

// heading names a run: its folder, its day and its build.
func (r comparedRun) heading() string {
	parts := []string{r.name}
	if !r.env.StartedAt.IsZero() {
		parts = append(parts, r.env.StartedAt.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if build := strings.TrimSpace(r.env.Version + " " + r.env.Commit); build != "" {
		parts = append(parts, "raftbench "+build)
	}
	return strings.Join(parts, " · ")
}

// barred are the setups whose figures cannot be compared.
func (b *comparedBlock) barred() []string {
	return cellsOf(slices.DeleteFunc(b.shown(), func(ch summary.Change) bool { return ch.Untested != summary.NotComparable }))
}

// barReasons say why, the delays of links in one.
func (b *comparedBlock) barReasons() []string {
	var out, delays []string
	for _, u := range b.Unlike {
		switch {
		case !u.Bars:
		case u.What == summary.TraitDelay:
			delays = append(delays, facts.Contrast(u))
		default:
			out = append(out, facts.Contrast(u))
		}
	}
	if len(delays) > 1 {
		delays = []string{fmt.Sprintf("%s and of %s more", delays[0], units.Plural(len(delays)-1, "link"))}
	}
	return append(out, delays...)
}

// fullName of a setup, for pages that are wide.
func fullName(setup string) string { return clean.Name(setup) }

// shortName is what tables on a terminal call it.
func (c *Compared) shortName(setup string) string {
	if short := c.short[setup]; short != "" {
		return short
	}
	return clean.Name(setup)
}

func namedBy(name func(string) string, setups []string) []string {
	out := make([]string, len(setups))
	for i, s := range setups {
		out[i] = name(s)
	}
	return out
}

func cellsOf(changes []summary.Change) []string {
	var out []string
	for _, ch := range changes {
		if !slices.Contains(out, ch.Cell) {
			out = append(out, ch.Cell)
		}
	}
	return out
}

// firstFew are the first of many, and how many more there are.
func firstFew(texts []string, most int) []string {
	if len(texts) <= most {
		return texts
	}
	return append(slices.Clone(texts[:most]), fmt.Sprintf("and %d more", len(texts)-most))
}

// shortSetups leaves out of setups' names what is the same in all of them: of
// n3-hashicorp-multi-az and n5-hashicorp-multi-az the tables show n3 and n5. The
// pattern says what was left out; it is empty where nothing was.
func shortSetups(names []string) (short map[string]string, pattern string) {
	short = map[string]string{}
	for _, name := range names {
		short[name] = clean.Name(name)
	}
	var parts [][]string
	for name := range short {
		parts = append(parts, strings.Split(name, "-"))
	}
	if len(parts) < 2 || slices.ContainsFunc(parts, func(p []string) bool { return len(p) != len(parts[0]) }) {
		return short, ""
	}
	varies := func(i int) bool {
		return slices.ContainsFunc(parts, func(p []string) bool { return p[i] != parts[0][i] })
	}
	var common []string
	for i, word := range parts[0] {
		if varies(i) {
			word = "…"
		}
		common = append(common, word)
	}
	for name := range short {
		var own []string
		for i, word := range strings.Split(name, "-") {
			if varies(i) {
				own = append(own, word)
			}
		}
		short[name] = clean.Name(strings.Join(own, "-"))
	}
	return short, clean.Name(strings.Join(common, "-"))
}
