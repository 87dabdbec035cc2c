package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// said is one thing that was remarked, over all setups of which it was.
type said struct {
	kind  remarkKind
	worst summary.Remark // of the setup in which it weighs most
	of    []remarked     // in the order of the setups
	moved moved
}

// moved is which numbers that are shown a remark can have moved, and how far at
// most.
type moved struct {
	touched bool // be it by nothing
	metrics []string
	bounds  []metricBound // of those that have one
	open    []string      // those of which one remark or more has none
}

// metricBound is the share of a metric that one remark can have moved it by at most.
type metricBound struct {
	name  string
	share float64
}

// remarkKind tells remarks apart that are told in lines of their own.
type remarkKind struct {
	code     results.Code
	severity results.Severity
	kind     results.TrialKind
	when     string
	replaced bool
}

// remarked is a setup of which something was said.
type remarked struct {
	name       string
	trials, of int
	windows    int
}

func kindOf(r summary.Remark) remarkKind {
	return remarkKind{r.Code, r.Severity, r.Kind, facts.When(r.Role, r.Window), r.Replaced}
}

// remarks gathers those of all setups, one for each thing that was said, in
// the order in which they are met.
func remarks(gs []group) []*said {
	byKind := map[remarkKind]*said{}
	var out []*said
	for _, g := range gs {
		for _, c := range g.cells {
			for _, r := range c.Remarks {
				s := byKind[kindOf(r)]
				if s == nil {
					s = &said{kind: kindOf(r), worst: r}
					byKind[s.kind], out = s, append(out, s)
				}
				s.add(sizeName(g, c), r)
			}
		}
	}
	return out
}

func (s *said) add(name string, r summary.Remark) {
	if summary.Weight(r.Worst) > summary.Weight(s.worst.Worst) {
		s.worst = r
	}
	s.moved.add(r.Bounds)
	if n := len(s.of); n > 0 && s.of[n-1].name == name {
		// Several windows of one kind: the same trials may stand behind each.
		last := &s.of[n-1]
		last.trials, last.windows = max(last.trials, r.Trials), last.windows+1
		return
	}
	s.of = append(s.of, remarked{name, r.Trials, r.Of, 1})
}

func (m *moved) add(bounds map[string]*float64) {
	for name, bound := range bounds {
		if _, shown := figures.Words[name]; !shown {
			continue
		}
		if m.touched = true; bound != nil && *bound == 0 {
			continue
		}
		if !slices.Contains(m.metrics, name) {
			m.metrics = append(m.metrics, name)
		}
		if bound == nil {
			m.open = append(m.open, name)
		} else {
			m.bounds = append(m.bounds, metricBound{name, *bound})
		}
	}
}

// String names them all, as the lines beside the tables do; it is empty where
// none was touched.
func (m moved) String() string {
	switch {
	case !m.touched:
		return ""
	case len(m.metrics) == 0:
		return "It moved no number that is shown."
	}
	var bounded, open, parts []string
	most := 0.0
	for _, name := range slices.Sorted(slices.Values(m.metrics)) {
		if words := figures.Name(name); slices.Contains(m.open, name) {
			open = appendOnce(open, words)
		} else {
			bounded = appendOnce(bounded, words)
		}
	}
	for _, b := range m.bounds {
		if !slices.Contains(m.open, b.name) {
			most = max(most, b.share)
		}
	}
	if len(bounded) > 0 {
		parts = append(parts, fmt.Sprintf("It can have moved %s by at most %s.", wording.List(bounded), wording.Share(most)))
	}
	if len(open) > 0 {
		parts = append(parts, fmt.Sprintf("By how much that moved %s is not known.", wording.List(open)))
	}
	return strings.Join(parts, " ")
}

func appendOnce(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// sentence says what was remarked, with the worst of its figures.
func (s *said) sentence() string { return wording.Capital(s.clause()) }

func (s *said) clause() string {
	trials := 0
	for _, c := range s.of {
		trials += c.trials * c.windows
	}
	w := facts.Worst{Remark: s.worst.Worst}
	if trials > 1 {
		w.At = "at worst "
	}
	text := facts.Say(w)
	if s.kind.when != "" {
		text = s.kind.when + ": " + text
	}
	return text
}

// who counts, for each setup by itself, the trials of which it was said.
func (s *said) who(setups int) string {
	if len(s.of) == setups && setups > 1 && s.alike() {
		return fmt.Sprintf("All %d setups: %s", setups, s.counted(s.of[0], true))
	}
	parts := make([]string, len(s.of))
	for i, c := range s.of {
		parts[i] = c.name + ": " + s.counted(c, i == 0)
	}
	return strings.Join(parts, "; ")
}

func (s *said) alike() bool {
	return !slices.ContainsFunc(s.of, func(c remarked) bool {
		return c.trials != s.of[0].trials || c.of != s.of[0].of || c.windows != s.of[0].windows
	})
}

// counted is "1 of 6 trials"; only the first of a line says what is counted.
func (s *said) counted(c remarked, first bool) string {
	noun := "trial"
	switch s.kind.kind {
	case results.Proof:
		noun = "proof trial"
	case results.Watch:
		noun = "watch"
	case results.Outages:
		noun = "outage trial"
	case results.SafetyTest:
		noun = "safety trial"
	}
	text := fmt.Sprintf("%d of %d", c.trials, c.of)
	if first {
		text = fmt.Sprintf("%d of %s", c.trials, units.Plural(c.of, noun))
	}
	if s.kind.replaced {
		text = units.Plural(c.trials, noun) + ", repeated since"
	}
	if c.windows > 1 {
		text += fmt.Sprintf(" in each of %d windows at most", c.windows)
	}
	return text
}

// line tells a remark, and which share of a number it can have moved.
func (s *said) line(setups int) string {
	return strings.TrimSpace(s.sentence() + ". " + s.who(setups) + ". " + s.moved.String())
}

// section of the details.
type section struct {
	title string
	lines []string
	// numbers are those of the remarks that the first lines tell.
	numbers []int
}

// details are everything that was remarked, in full, and what limited the full
// load.
func (r *Report) details() []section {
	out := []section{
		{title: "Trials that were left out"},
		{title: "What may have moved a number"},
		{title: "Worth knowing"},
	}
	at := map[results.Severity]int{results.Invalid: 0, results.Doubtful: 1}
	for number, s := range r.remarks {
		i, ok := at[s.kind.severity]
		if !ok {
			i = 2
		}
		out[i].numbers = append(out[i].numbers, number)
		out[i].lines = append(out[i].lines, s.line(len(r.summary.Cells)))
	}
	out[2].lines = append(out[2].lines, limitLines(r.groups, r.limits)...)
	return slices.DeleteFunc(out, func(s section) bool { return len(s.lines) == 0 })
}

// telling is the share of a latency from which the client's own part makes ratios
// visibly smaller than those of the systems alone.
const telling = 0.1

// clientsPart is how much of each latency the measuring itself takes, and what that
// does to ratios.
func (r *Report) clientsPart() []string {
	b := r.env.ClientBias
	if b == nil || b.Count == 0 {
		return nil
	}
	text := fmt.Sprintf("Of each latency at most %s are the client's own (median of %s writes that another process answered at once, at %s).",
		wording.Duration(float64(b.P50NS)), wording.Count(b.Count), units.Rate.Show(b.OfferedOps))
	if most := r.largestShare(float64(b.P50NS)); most >= telling {
		text += fmt.Sprintf(" That is up to %s of a median: without it, latencies would differ by larger factors.", wording.Share(most))
	}
	return []string{text}
}

// largestShare of a median latency that so many nanoseconds are.
func (r *Report) largestShare(ns float64) (most float64) {
	for _, c := range r.summary.Cells {
		if f, ok := figures.Of(c, figures.WriteP50); ok && !f.Never() && f.Median > 0 {
			most = max(most, min(1, ns/f.Median))
		}
	}
	return most
}

// detailsLine says on a terminal, or in a chart, how much more there is.
func (r *Report) detailsLine() string {
	n := 0
	for _, s := range r.details() {
		n += len(s.lines)
	}
	if n == 0 {
		return ""
	}
	return units.Plural(n, "remark") + " in the details: " + pageFile
}
