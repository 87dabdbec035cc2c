package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// What follows tells of trials that do one fault again and again: how long writes
// were out, as a distribution, and where that time went.

// Forecast is what a model expects of outages when a leader dies: until a client has
// the first answer after it, in ns, and in which share of them votes are split.
type Forecast struct {
	P50, P90, SplitShare float64
	// NotElected is set where no leader is elected, and nothing else is known.
	NotElected bool
}

// repeated are the faults that a setup's metrics of outages are of; nil where it has
// none but a proof's, or an operation's.
func repeated(c summary.Cell) *summary.Outages {
	if operated(c) != nil {
		return nil // operations have a table of their own
	}
	return c.MainOutages()
}

// outageColumns are how long writes were out.
func (r *Report) outageColumns() []column {
	of := func(f func(g *summary.Outages) entry) func(summary.Cell) entry {
		return func(c summary.Cell) entry {
			if g := repeated(c); g != nil {
				return f(g)
			}
			return entry{main: units.Absent}
		}
	}
	writes := func(n func(o *summary.Outage) int64) func(summary.Cell) entry {
		return of(func(g *summary.Outages) entry { return eachFault(g, n) })
	}
	perFault := "writes per " + strings.TrimSuffix(r.faultNoun(), "s")
	out := []column{
		nodesColumn(),
		column{title: r.faultNoun(), value: of(func(g *summary.Outages) entry { return entry{main: wording.Count(int64(g.Faults))} })}.from(ofFaults),
		ofOutages(measured("without writes for", "p50", 0, figures.Outage, units.Duration)),
		ofOutages(measured("without writes for", "p90", 9, figures.OutageP90, units.Duration)),
		ofOutages(measured("without writes for", "longest", 8, figures.OutageMax, units.Duration)),
		r.predicted("p50", 7, func(f Forecast) string { return wording.Duration(f.P50) }),
		ofOutages(measured("with a", "split vote", 6, figures.SplitShare, units.Share)),
		r.predicted("split", 3, func(f Forecast) string { return wording.SimulatedShare(f.SplitShare) }),
		column{over: perFault, title: "failed", keep: 5, value: writes(failedAt)}.from(ofFaults),
		column{over: perFault, title: "unknown", keep: 4, value: writes(unknownAt)}.from(ofFaults),
	}
	return out
}

func failedAt(o *summary.Outage) int64  { return o.Failed }
func unknownAt(o *summary.Outage) int64 { return o.Unknown }

// eachFault is what a count of writes was at the median of some faults, above the most
// that any of them had: totals would grow with how often it was done.
func eachFault(g *summary.Outages, n func(o *summary.Outage) int64) entry {
	var all []int64
	for i := range g.Each {
		all = append(all, n(&g.Each[i]))
	}
	if len(all) == 0 {
		return entry{main: units.Absent}
	}
	slices.Sort(all)
	last := len(all) - 1
	e := entry{main: wording.Count((all[last/2] + all[len(all)/2] + 1) / 2)}
	if last > 0 {
		e.interval = "max " + wording.Count(all[last])
	}
	return e
}

// inLine is the same in one line: 12, max 95.
func (e entry) inLine() string {
	if e.interval == "" {
		return e.main
	}
	return e.main + ", " + e.interval
}

// ofOutages shows nothing of a proof's single outage, which stands elsewhere, nor of
// faults that hit another, which have a table of their own.
func ofOutages(c column) column {
	inner := c.value
	c.value = func(cell summary.Cell) entry {
		g := repeated(cell)
		if g == nil {
			return entry{main: units.Absent}
		}
		if m, ok := g.Metrics[figures.OutageMax]; ok {
			cell.Metrics = maps.Clone(cell.Metrics)
			cell.Metrics[figures.OutageMax] = m
		}
		return inner(cell)
	}
	return c
}

func (r *Report) predicted(title string, keep int, words func(Forecast) string) column {
	return plain("predicted", title, keep, func(c summary.Cell) string {
		if f, ok := r.forecast(c); ok {
			return words(f)
		}
		return units.Absent
	})
}

// forecast of a setup's outages; ok is false where they are not those of a leader's
// death, which alone is predicted.
func (r *Report) forecast(c summary.Cell) (Forecast, bool) {
	f, ok := r.simulated(c)
	return f, ok && !f.NotElected
}

func (r *Report) simulated(c summary.Cell) (Forecast, bool) {
	g := repeated(c)
	if g == nil || g.Action != actionKill || g.Hit != summary.HitLeader || r.options.Forecast == nil {
		return Forecast{}, false
	}
	return r.options.Forecast(c.Cell)
}

// notElected is whether the simulation elects no leader in some setup.
func (r *Report) notElected() bool {
	return slices.ContainsFunc(r.summary.Cells, func(c summary.Cell) bool { f, _ := r.simulated(c); return f.NotElected })
}

// partSheets are where the time went: that of faults, and that of operations by their
// names and in their order.
func (r *Report) partSheets() (faults, operations sheet) {
	columns := partColumns()
	return sheet{"Where that time goes, median of each part", columns, saying(r.faultGroups(), columns)},
		sheet{"Where an operation's election takes its time, median of each part", columns, saying(r.operationGroups(), columns)}
}

// faultGroups are the groups of setups without those that an operation was done to,
// which have tables of their own.
func (r *Report) faultGroups() []group {
	return slices.DeleteFunc(slices.Clone(r.groups), func(g group) bool { return operated(g.cells[0]) != nil })
}

// partColumns are where the time went, part by part as they follow each other.
func partColumns() []column {
	out := []column{
		nodesColumn(),
		plain("of", "faults", 1, func(c summary.Cell) string {
			if g := repeated(c); g != nil && g.Elected > 0 {
				return fmt.Sprintf("%d of %d", g.Divided, g.Faults)
			}
			return units.Absent
		}).from(ofFaults),
	}
	for _, p := range outageParts {
		out = append(out, measured("", p.title, 5, p.metric, units.Duration))
	}
	return out
}

// outageParts are the parts of an outage, in their order.
var outageParts = []struct{ metric, title string }{
	{figures.DetectP50, "detect"}, {figures.ElectP50, "elect"}, {figures.CommitP50, "commit"}, {figures.RediscoverP50, "rediscover"},
}

// outageTitle says what was done: When a leader dies.
func (r *Report) outageTitle() string {
	actions := r.repeatedActions()
	if len(actions) != 1 {
		return "How long faults stop writes"
	}
	return "When " + actions[0]
}

// faultNoun is what the faults are called: kills.
func (r *Report) faultNoun() string {
	for _, c := range r.summary.Cells {
		if g := repeated(c); g != nil && g.Action != actionKill {
			return "faults"
		}
	}
	return "kills"
}

// repeatedActions are what was done again and again, in words, once each.
func (r *Report) repeatedActions() []string {
	var out []string
	for _, c := range r.summary.Cells {
		if g := repeated(c); g != nil {
			out = appendOnce(out, done(g))
		}
	}
	return out
}

const actionKill = "kill"

// doneWords are what becomes of those to whom a fault is done.
var doneWords = map[string]string{
	actionKill: "dies", "pause": "is paused", "isolate": "is cut off", "transfer": "hands over", "restart": "is restarted",
}

// done says a fault: a leader dies.
func done(g *summary.Outages) string {
	if words, ok := doneWords[g.Action]; ok {
		return whom(g.Hit) + " " + words
	}
	return strings.TrimSpace(g.Action + " is done to " + whom(g.Hit))
}

// whom a fault hit.
func whom(h summary.Hit) string {
	if words, ok := hitWords[h]; ok {
		return words
	}
	return "a node"
}

var hitWords = map[summary.Hit]string{
	summary.HitLeader: "a leader", summary.HitLeaderToo: "a leader, with others,", summary.HitFollower: "a follower",
	summary.HitFollowers: "several followers", summary.HitNobody: "the network", summary.HitUnknown: "a node",
}

// outagesAlone tells of a run that neither measured what a write costs nor proved
// what is tolerated.
func (r *Report) outagesAlone() bool {
	return len(r.summary.Cells) > 0 && !slices.ContainsFunc(r.summary.Cells, func(c summary.Cell) bool {
		return c.OutageTrials == 0 || c.Trials+c.Proofs > 0
	})
}

// outageAnswer is the answer in a sentence; empty where nothing was done again and
// again.
func (r *Report) outageAnswer(cells []summary.Cell) string {
	var parts []string
	var of *summary.Outages
	fewest, most, counted := 0, 0, false
	for _, c := range cells {
		g := repeated(c)
		f, ok := figures.Of(c, figures.Outage)
		if g == nil || !ok || of != nil && done(g) != done(of) {
			continue
		}
		nodes, stop := fmt.Sprint(c.Nodes), lasting(g, f.Median)
		if of == nil {
			of, fewest, nodes = g, f.N, units.Plural(c.Nodes, "node")
		} else if counted {
			stop = strings.TrimPrefix(stop, "for ") // said once
		}
		counted = units.Finite(f.Median)
		fewest, most = min(fewest, f.N), max(most, f.N)
		parts = append(parts, stop+" with "+nodes)
	}
	if of == nil {
		return ""
	}
	subject := "When " + done(of) + ", writes stop "
	if of.Action == actionKill && of.Hit == summary.HitLeader {
		subject = "A dead leader stops writes "
	}
	return subject + wording.List(parts) + " (" + mediansOf(len(parts), fewest, most, r.faultNoun()) + ")."
}

// lasting says how long writes stop: for 1.9 s; or that it was not seen how long.
func lasting(g *summary.Outages, median float64) string {
	switch {
	case units.Finite(median):
		return "for " + wording.Duration(median)
	case g.Undone == 0:
		return "until the next fault"
	}
	var waited []float64
	for _, o := range g.Each {
		if slices.Contains(o.Gaps, summary.GapUndone) {
			waited = append(waited, float64(o.LastedNS))
		}
	}
	slices.Sort(waited)
	return "until it is undone (after " + wording.Duration(waited[len(waited)/2]) + ")"
}

// outageAnswers are those of groups of setups, each with its name: what befalls leaders
// first, since that stops writes longest.
func (r *Report) outageAnswers() []string {
	var out, others []string
	for _, g := range r.groups {
		text := r.outageAnswer(g.cells)
		switch {
		case text == "":
		case slices.ContainsFunc(g.cells, func(c summary.Cell) bool { of := repeated(c); return of != nil && of.Hit.LeaderLost() }):
			out = append(out, g.name+": "+text)
		default:
			others = append(others, g.name+": "+text)
		}
	}
	out = append(out, others...)
	if len(out) == 0 && len(r.operationGroups()) == 0 {
		return []string{without(noneValid).text}
	}
	return out
}

// longestFault is the answer of those setups whose fault stops writes longest, and for
// how long at the median, in ns: infinite where writes did not go on; empty where no
// fault was timed.
func (r *Report) longestFault() (answer string, longest float64) {
	for _, g := range r.groups {
		for _, c := range g.cells {
			if f, ok := figures.Of(c, figures.Outage); ok && repeated(c) != nil && f.Median > longest {
				answer, longest = r.outageAnswer(g.cells), f.Median
			}
		}
	}
	return answer, longest
}

// mediansOf says what medians rest on: medians of 28 to 30 kills.
func mediansOf(medians, fewest, most int, noun string) string {
	word := "median"
	if medians > 1 {
		word = "medians"
	}
	if fewest == most {
		return fmt.Sprintf("%s of %s", word, units.Plural(most, strings.TrimSuffix(noun, "s")))
	}
	return fmt.Sprintf("%s of %d to %d %s", word, fewest, most, noun)
}

// outageRange is the answer in half a line: the shortest and the longest median of
// the sizes; empty where there is none.
func outageRange(cells []summary.Cell) string {
	var s span
	var of *summary.Outages
	for _, c := range cells {
		if f, ok := figures.Of(c, figures.Outage); ok && repeated(c) != nil {
			of = repeated(c)
			if !units.Finite(f.Median) {
				return "When " + done(of) + ", writes stop " + lasting(of, f.Median) + "."
			}
			s.add(f.Median)
		}
	}
	switch {
	case of == nil || s.high == 0:
		return ""
	case wording.Duration(s.low) == wording.Duration(s.high):
		return fmt.Sprintf("When %s, writes stop for %s (median).", done(of), wording.Duration(s.high))
	}
	return fmt.Sprintf("When %s, writes stop for %s to %s (medians, by size).", done(of), wording.Duration(s.low), wording.Duration(s.high))
}

// listing is a table whose rows are no setups.
type listing struct {
	title string
	head  []string
	rows  [][]string
	// of is what each row's numbers were made of.
	of []chart.Origin
	// first are the titles of the columns that a narrow terminal leaves out first, in
	// this order; text is the title of the one that is shortened before any other is left out.
	first []string
	text  string
	// page: it stands on the page alone, and not on a terminal.
	page bool
}

// listings are the tables of faults one by one or by what they hit.
func (r *Report) listings() []listing {
	return slices.DeleteFunc([]listing{r.otherOutages(), r.timeline(), r.elections()}, func(g listing) bool { return len(g.rows) == 0 })
}

// otherOutages are the repeated faults that hit something else than most did.
func (r *Report) otherOutages() listing {
	g := listing{title: "Faults that hit another", head: []string{"setup", "what happened", "faults", "p50", "longest", "failed per fault", "unknown per fault"}}
	for _, gr := range r.groups {
		for _, c := range gr.cells {
			most := repeated(c)
			for i := range c.Outages {
				if operated(c) != nil {
					break
				}
				o := &c.Outages[i]
				if o.Kind != results.Outages || most != nil && o.Action == most.Action && o.Target == most.Target && o.Hit == most.Hit {
					continue
				}
				g.rows = append(g.rows, []string{
					sizeName(gr, c), done(o), wording.Count(int64(o.Faults)), outageIn(o, figures.Outage), outageIn(o, figures.OutageMax),
					eachFault(o, failedAt).inLine(), eachFault(o, unknownAt).inLine(),
				})
				g.of = append(g.of, chart.Origin{Setup: c.Cell, Name: ofFaults})
			}
		}
	}
	return g
}

// elections count what the elections after the repeated faults took, all together.
func (r *Report) elections() listing {
	g := listing{title: "The elections after these faults, all together", page: true, head: []string{
		"setup", "elections", "terms", "candidates", "pre-votes asked", "granted", "refused", "votes asked", "granted", "refused", "split votes", "lease step-downs",
	}}
	for _, gr := range r.groups {
		for _, c := range gr.cells {
			o := repeated(c)
			if o == nil || o.Elected == 0 {
				continue
			}
			row := []string{sizeName(gr, c)}
			e := o.Elections
			for _, n := range []int{
				o.Elected, e.Terms, e.Candidates, e.PreVotesAsked, e.PreVotesGranted, e.PreVotesRefused, e.VotesAsked, e.VotesGranted, e.VotesRefused, e.SplitVotes, e.LeaseStepDowns,
			} {
				row = append(row, wording.Count(int64(n)))
			}
			g.rows, g.of = append(g.rows, row), append(g.of, chart.Origin{Setup: c.Cell, Name: ofFaults})
		}
	}
	return g
}

func outageIn(o *summary.Outages, name string) string {
	m, there := o.Metrics[name]
	f, ok := figures.Read(name, m)
	if !there || !ok {
		return units.Absent
	}
	return wording.Duration(f.Median)
}

// inRole is what those that were hit were: (leader).
func inRole(h summary.Hit) string {
	switch h {
	case summary.HitLeader:
		return " (leader)"
	case summary.HitLeaderToo:
		return " (the leader among them)"
	case summary.HitFollower:
		return " (follower)"
	case summary.HitFollowers:
		return " (followers)"
	}
	return ""
}

// stopped is how long a fault stopped writes; last is whether no other was done after it.
func stopped(o summary.Outage, last bool) string {
	switch {
	case o.TotalNS != nil:
		return wording.Duration(float64(*o.TotalNS))
	case slices.Contains(o.Gaps, summary.GapUndone):
		return "until undone"
	case slices.Contains(o.Gaps, summary.GapUnanswered) && last:
		return "until the load ended"
	case slices.Contains(o.Gaps, summary.GapUnanswered):
		return "until the next fault"
	}
	return units.Absent
}

// gapWords say why a part of an outage is not known.
var gapWords = map[summary.Gap]string{
	summary.GapUnwatched:  "nobody wrote meanwhile",
	summary.GapUnanswered: "no write sent once it was in force was acknowledged until the next fault",
	summary.GapUndone:     "writes went on only when the fault was undone, so that how long it would have stopped them is not known",
	summary.GapNoElection: "no new leader came before the first acknowledgement",
	summary.GapDropped:    "a node could not tell of all its events",
	summary.GapCandidate:  "no candidate was seen before the leader",
	summary.GapNoop:       "a majority was not seen to hold the new term's first entry",
	summary.GapOrder:      "its events contradict each other",
}

const partsNote = "Detect: until a follower stands; elect: until one leads; commit: until a majority holds its first entry; rediscover: until a client that was told nothing has its answer. " +
	"The parts of each outage add up to it, their medians need not."

// outageNotes say what the tables of outages rest on.
func (r *Report) outageNotes() []string {
	var timeouts []string
	parts := false
	gaps := map[summary.Gap]int{}
	for _, c := range r.summary.Cells {
		g := repeated(c)
		if g == nil {
			continue
		}
		if t := timeoutWords(c.Timeouts); t != "" && !slices.Contains(timeouts, t) {
			timeouts = append(timeouts, t)
		}
		parts = parts || g.Divided > 0
		for _, o := range g.Each {
			if len(o.Gaps) > 0 && (g.Elected > 0 || o.Gaps[0] != summary.GapNoElection) {
				gaps[o.Gaps[0]]++
			}
		}
	}
	if r.repeatedActions() == nil {
		if figures.Measured(r.summary.Cells, figures.DetectP50) && len(r.operationGroups()) > 0 {
			return []string{partsNote}
		}
		return nil
	}
	out := []string{"Without writes: from the fault to the first acknowledgement, at any client, of a write sent after it. " +
		"Each fault counts as a draw of its own, since raft draws its timers anew after each; intervals are over faults. " +
		"Writes per fault are those from it until the next, sent to members that it was not done to: the median over the faults, and below it the most."}
	if len(timeouts) > 0 {
		out[0] += " Raft's timeouts decide it: " + strings.Join(timeouts, "; or ") + "."
	}
	if parts {
		out = append(out, partsNote)
	}
	if r.options.Forecast != nil && r.anyForecast() {
		out = append(out, "Predicted is by a simulation of raft's timers, votes and writes up to the first acknowledgement, with writes to the log as slow, and links as late, as this run found them.")
	}
	if r.notElected() {
		out = append(out, "Where nothing is predicted, the simulation elects no leader under those timeouts, with the time that a sync takes there.")
	}
	return append(out, gapNotes(gaps)...)
}

func (r *Report) anyForecast() bool {
	return slices.ContainsFunc(r.summary.Cells, func(c summary.Cell) bool { _, ok := r.forecast(c); return ok })
}

// gapNotes count the outages of which something is not known.
func gapNotes(gaps map[summary.Gap]int) []string {
	var out []string
	for _, g := range []summary.Gap{
		summary.GapUnwatched, summary.GapUnanswered, summary.GapUndone, summary.GapNoElection, summary.GapDropped, summary.GapCandidate, summary.GapNoop, summary.GapOrder,
	} {
		if n := gaps[g]; n > 0 {
			out = append(out, fmt.Sprintf("The parts of %s are not all known: %s.", units.Plural(n, "outage"), gapWords[g]))
		}
	}
	return out
}
