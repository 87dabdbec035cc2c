package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// advised is which size to run, derived from the arithmetic of majorities, the
// proofs and the decided differences; where one of these is missing it says so
// in place of advising.
type advised struct {
	text string
	// short leaves the reasons against sizes out.
	short string
}

func (r *Report) advise(g group) advised {
	switch why := r.noAdvice(g.cells); {
	case why == noneValid && r.outagesAlone() && outageRange(g.cells) != "":
		return advised{text: "This run timed outages alone: what a write costs at each size is not in it.", short: outageRange(g.cells)}
	case why == noneValid && r.unmeasuredWhole() && provedWords(g.cells) != "":
		return advised{text: "This run proved what sizes survive: what a write costs at each is not in it.", short: provedWords(g.cells)}
	case why != "":
		return without(why)
	}
	base, ok := baseOf(g.cells)
	if !ok {
		return r.adviseOnNone(g.cells)
	}
	run := fmt.Sprintf("Run %d%s", base.Nodes, notProven(base))
	if next, ok := nextAbove(base, g.cells); ok {
		run += fmt.Sprintf(", or %d if %s may fail at once: %s", next.Nodes, number(next.Tolerates), r.costWords(base, next))
	} else {
		run += fmt.Sprintf(": it goes on without %s", survives(base))
		if smaller, ok := cheaper(base, g.cells); ok {
			run += fmt.Sprintf(", at %s against %d, which survives %s", r.costWords(smaller, base), smaller.Nodes, number(smaller.Tolerates))
		}
	}
	out := advised{text: run + ".", short: run + "."}
	if sentences, never := r.againstAll(base, g.cells); len(sentences) > 0 {
		out.text += " " + strings.Join(sentences, " ")
		if never != "" {
			out.short = run + "; never " + never + "."
		}
	}
	if base.ToleratesSites != nil && *base.ToleratesSites == 0 {
		out.text += " " + zoneWarning(base)
	}
	return out
}

// notProven qualifies a size whose tolerance this run has not shown to the end.
func notProven(c summary.Cell) string {
	if provenWhole(c) {
		return ""
	}
	return " (not proven here)"
}

// provenWhole tells whether the tolerance was seen, and after it a restart from which
// nothing was missing; a store that promises nothing has none to show.
func provenWhole(c summary.Cell) bool {
	recovered := c.Faults.Recovered != nil && *c.Faults.Recovered
	return c.Faults.Survived != nil && (recovered || !c.Durable)
}

// mostNamed are the sizes that one sentence names.
const mostNamed = 4

// againstAll speaks against the sizes that buy nothing: the first in full, the
// others by name. never is the first one, where its costs were found.
func (r *Report) againstAll(base summary.Cell, cells []summary.Cell) (sentences []string, never string) {
	var others []string
	for _, c := range cells {
		switch {
		case c.Nodes < base.Nodes || !costed(c) || worthwhile(c):
		case len(sentences) == 0:
			sentence, outright := r.against(c, cells)
			if sentences = append(sentences, sentence); outright {
				never = fmt.Sprint(c.Nodes)
			}
		default:
			others = append(others, fmt.Sprint(c.Nodes))
		}
	}
	if n := len(others) - mostNamed; n > 0 {
		others = append(others[:mostNamed], fmt.Sprintf("%d more", n))
	}
	if len(others) > 0 {
		sentences = append(sentences, fmt.Sprintf("Nor %s: one node fewer survives as much.", wording.List(others)))
	}
	return sentences, never
}

func without(why string) advised {
	text := "No advice: " + why + "."
	return advised{text: text, short: text}
}

// noAdvice says what keeps numbers from being a ground for advice.
func (r *Report) noAdvice(cells []summary.Cell) string {
	any := func(is func(c summary.Cell) bool) bool { return slices.ContainsFunc(cells, is) }
	measured := 0
	for _, c := range cells {
		if costed(c) {
			measured++
		}
	}
	switch {
	case any(func(c summary.Cell) bool { return len(c.Faults.Safety) > 0 || c.Faults.LostWrites > 0 }):
		return "safety was violated, and no size makes up for that"
	case any(func(c summary.Cell) bool { return len(c.Faults.Liveness) > 0 }):
		return "a cluster stood still where it should not"
	case any(func(c summary.Cell) bool { return len(disagreements(c)) > 0 }):
		return "a proof contradicts what its size should tolerate"
	case any(func(c summary.Cell) bool { return c.MessageFaults }):
		return "messages were harmed on purpose"
	case any(func(c summary.Cell) bool {
		return c.Operations.Harmed || availability(c.Operations) < leastAvailable(c)
	}):
		return "operations failed, so that these are not the plain costs of a write"
	case measured == 0:
		return noneValid
	case len(cells) == 1:
		return "one size was measured; with a second one, such as --nodes 3,5, it is known what a step costs"
	}
	return ""
}

const noneValid = "no size has a valid trial"

// leastAvailable is the share of operations that an undisturbed window answers:
// what a trial must complete to be valid (results.MinCompleted). Without operations
// on record there is nothing to ask for.
func leastAvailable(c summary.Cell) float64 {
	if c.Operations.Attempted == 0 {
		return 0
	}
	return results.MinCompleted
}

// adviseOnNone is the advice where no size that is worth running was measured.
func (r *Report) adviseOnNone(cells []summary.Cell) advised {
	largest := cells[len(cells)-1]
	if largest.Tolerates == 0 {
		out := advised{text: "None of these sizes survives a failure: that takes 3 nodes."}
		if c := largest; c.Nodes == 2 && costed(c) && costed(cells[0]) {
			sentence, _ := r.against(c, cells)
			out.text += " " + sentence
		}
		out.short = "None of these sizes survives a failure: that takes 3 nodes."
		return out
	}
	for _, c := range cells {
		if c.Tolerates > 0 && worthwhile(c) {
			if c.Trials == 0 {
				return without(fmt.Sprintf("%d nodes, the fewest here that survive a failure, were not measured", c.Nodes))
			}
			return without(fmt.Sprintf("of %d nodes, the fewest here that survive a failure, no trial was valid", c.Nodes))
		}
	}
	return without(fmt.Sprintf("%d nodes survive as much as %d, and were not measured", largest.Nodes-1, largest.Nodes))
}

// worthwhile tells whether a size survives more than one node fewer would, in
// nodes or in whole zones, by arithmetic.
func worthwhile(c summary.Cell) bool {
	if c.Nodes == 1 || c.Tolerates > (c.Nodes-2)/2 {
		return true
	}
	return len(c.Sites) == c.Nodes && c.ToleratesSites != nil && *c.ToleratesSites > summary.ToleratesSites(c.Sites[:c.Nodes-1])
}

// baseOf is the smallest size that survives a failure and is worth it, if its
// cost is known.
func baseOf(cells []summary.Cell) (summary.Cell, bool) {
	for _, c := range cells {
		if c.Tolerates > 0 && worthwhile(c) {
			return c, costed(c)
		}
	}
	return summary.Cell{}, false
}

// cheaper is the largest measured size below that survives fewer failures, but
// some: where it buys nothing over a size that was not measured, it is no advice,
// and yet what the step from it costs is known.
func cheaper(base summary.Cell, cells []summary.Cell) (summary.Cell, bool) {
	for i := len(cells) - 1; i >= 0; i-- {
		if c := cells[i]; c.Nodes < base.Nodes && c.Tolerates > 0 && c.Tolerates < base.Tolerates && costed(c) {
			return c, true
		}
	}
	return summary.Cell{}, false
}

// nextAbove is the smallest measured size that survives more failures.
func nextAbove(base summary.Cell, cells []summary.Cell) (summary.Cell, bool) {
	for _, c := range cells {
		if c.Tolerates > base.Tolerates && worthwhile(c) && costed(c) {
			return c, true
		}
	}
	return summary.Cell{}, false
}

// paid are the currencies that advice names: one for waiting, one for carrying.
var paid = []struct{ metric, name string }{
	{figures.WriteP50, "latency"}, {figures.ReadP50, "read latency"}, {figures.Throughput, "throughput"}, {figures.Capacity, "capacity"},
}

// paidFor are the differences of a step in the currencies that advice names.
func (r *Report) paidFor(from, to summary.Cell) (names []string, ds []figures.Difference) {
	for _, p := range paid {
		if d, ok := r.differenceIn(p.metric, from, to); ok {
			names, ds = append(names, p.name), append(ds, d)
		}
	}
	return names, ds
}

// costWords are what a step costs: +7.7 % latency, −25 % throughput.
func (r *Report) costWords(from, to summary.Cell) string {
	names, ds := r.paidFor(from, to)
	if len(ds) == 0 {
		return "what that costs is not known"
	}
	words, open := make([]string, len(ds)), 0
	for i, d := range ds {
		words[i] = d.Words(names[i])
		if strings.HasSuffix(words[i], figures.UndecidedWord) {
			open++
		}
	}
	if open == len(ds) && open > 1 {
		return "what that costs is undecided"
	}
	return strings.Join(words, ", ")
}

// against says why a size that buys nothing is not to be run, and whether its
// costs were found, so that nothing speaks for it.
func (r *Report) against(c summary.Cell, cells []summary.Cell) (sentence string, outright bool) {
	last, ok := lastOfTolerance(c, cells)
	if !ok {
		return fmt.Sprintf("Not %d: it survives no more than one node fewer would.", c.Nodes), false
	}
	zones := lostZones(last, c)
	if f, ok := figures.Of(c, figures.WriteP50); ok && f.Never() {
		return fmt.Sprintf("Never %d: its median write was never answered.", c.Nodes), true
	}
	worse, better := r.verdictOf(last, c)
	costs := r.costWords(last, c)
	switch {
	case better:
		return fmt.Sprintf("%d survives no more than %d%s; it changes %s.", c.Nodes, last.Nodes, zones, costs), false
	case worse:
		return fmt.Sprintf("Never %d: %s%s.", c.Nodes, costs, cmp.Or(zones, ", and it survives no more")), true
	case zones != "":
		return fmt.Sprintf("Never %d: %s%s.", c.Nodes, costs, zones), true
	}
	return fmt.Sprintf("Not %d: it survives no more than %d (%s).", c.Nodes, last.Nodes, costs), false
}

// verdictOf tells whether a step was found to cost something, and to gain
// something.
func (r *Report) verdictOf(from, to summary.Cell) (worse, better bool) {
	names, ds := r.paidFor(from, to)
	for i, d := range ds {
		if d.Decided != stats.Found {
			continue
		}
		slower := strings.HasSuffix(names[i], "latency") == (d.Ratio > 1)
		worse, better = worse || slower, better || !slower
	}
	return worse, better
}

// lastOfTolerance is the next smaller measured size that survives as many nodes.
func lastOfTolerance(c summary.Cell, cells []summary.Cell) (summary.Cell, bool) {
	for i := len(cells) - 1; i >= 0; i-- {
		if s := cells[i]; s.Nodes < c.Nodes && s.Tolerates == c.Tolerates && costed(s) {
			return s, true
		}
	}
	return summary.Cell{}, false
}

// lostZones says which zone takes the larger of two sizes down and not the
// smaller: , and zone a takes it down.
func lostZones(smaller, c summary.Cell) string {
	if smaller.ToleratesSites == nil || c.ToleratesSites == nil || *c.ToleratesSites >= *smaller.ToleratesSites {
		return ""
	}
	return ", and " + zonesTake(c) + " it down"
}

// zonesTake is who takes a size down: zone a takes, zone a or b takes.
func zonesTake(c summary.Cell) string {
	needed := neededZones(c.Places())
	if len(needed) == 0 {
		return fmt.Sprintf("the loss of %d zones takes", *c.ToleratesSites+1)
	}
	return "zone " + wording.Shorten(strings.Join(needed, " or "), 24) + " takes"
}

// zoneWarning is said where the size that is advised does not survive a zone.
func zoneWarning(c summary.Cell) string {
	if len(c.Places()) == 1 {
		return "All nodes stand in one zone."
	}
	return wording.Capital(zonesTake(c)) + " it down: spread over more zones to survive one."
}

// number is a small count in words.
func number(n int) string {
	words := []string{"none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
	if n < len(words) {
		return words[n]
	}
	return fmt.Sprint(n)
}

// message is the lesson of a run for a chart's title: what the first size that
// buys nothing costs, else what the first failure more costs.
func (r *Report) message(cells []summary.Cell) string {
	for _, c := range cells {
		last, ok := lastOfTolerance(c, cells)
		if !ok || !costed(c) || worthwhile(c) {
			continue
		}
		subject := fmt.Sprintf("The %s node", wording.Ordinal(c.Nodes))
		if costs := r.foundCosts(last, c); costs != "" {
			return subject + " costs " + costs + " and buys nothing"
		}
		return subject + " buys nothing"
	}
	base, ok := baseOf(cells)
	if !ok {
		return ""
	}
	if next, ok := nextAbove(base, cells); ok {
		if costs := r.foundCosts(base, next); costs != "" {
			return fmt.Sprintf("To survive %s in place of %s costs %s", wording.Failures(next.Tolerates), number(base.Tolerates), costs)
		}
	}
	return ""
}

// foundCosts are the costs of a step that were found: 5 % latency and 15 %
// throughput; empty where it costs nothing, or also gains.
func (r *Report) foundCosts(from, to summary.Cell) string {
	worse, better := r.verdictOf(from, to)
	if !worse || better {
		return ""
	}
	names, ds := r.paidFor(from, to)
	var parts []string
	for i, d := range ds {
		if d.Decided == stats.Found {
			by := d.Ratio - 1
			if by < 0 {
				by = -by
			}
			parts = append(parts, wording.Part(by)+" "+names[i])
		}
	}
	return wording.List(parts)
}

// unmeasuredWhole tells of a run that was not to measure what a write costs.
func (r *Report) unmeasuredWhole() bool {
	return !slices.ContainsFunc(r.summary.Cells, func(c summary.Cell) bool { return c.Trials > 0 })
}

// provedWords are what proofs saw of sizes in half a line; empty where they saw nothing.
func provedWords(cells []summary.Cell) string {
	var parts []string
	for _, c := range cells {
		if c.Faults.Survived != nil {
			parts = append(parts, fmt.Sprintf("%s survived %s dead", units.Plural(c.Nodes, "node"), number(*c.Faults.Survived)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return wording.Capital(strings.Join(parts, "; ")) + "."
}

// Closing is the run's verdict in one line.
func (r *Report) Closing() string {
	if r.onlyWatched() {
		return closingLine(r.electionMessage())
	}
	if r.onlyTested() {
		return r.safetyClosing()
	}
	if lines := r.operationLines(); r.outagesAlone() && len(lines) > 0 {
		place, longest := r.longestOperation()
		if fault, longer := r.longestFault(); longer > longest {
			return closingLine(fault)
		}
		return closingLine(lines[place])
	}
	switch len(r.answers) {
	case 0:
		return ""
	case 1:
		return closingLine(r.answers[0].advice.short)
	}
	if r.outagesAlone() {
		if cells := r.summary.Cells; len(r.repeatedActions()) == 1 && outageRange(cells) != "" {
			return closingLine(strings.Replace(outageRange(cells), "by size", "by setup", 1))
		}
		line := r.outageAnswers()[0]
		if _, answer, named := strings.Cut(line, ": "); named && !strings.HasPrefix(line, "No advice") {
			line = answer // the worst of them; the others stand above
		}
		return closingLine(line)
	}
	return r.manyVerdicts() + " above."
}

// manyVerdicts is said where one line cannot hold them.
func (r *Report) manyVerdicts() string {
	return fmt.Sprintf("%d groups of setups: each has its own verdict", len(r.answers))
}

// closingLine is as much of an advice, clause by clause, as a line holds.
func closingLine(text string) string {
	for utf8.RuneCountInString(text) > verdictWidth {
		i := max(strings.LastIndex(text, "; "), strings.LastIndex(text, ": "))
		if i < 0 {
			return wording.Shorten(text, verdictWidth)
		}
		text = text[:i] + "."
	}
	return text
}
