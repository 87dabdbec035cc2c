package report

import (
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// answer is what a reader came for, one sentence a size: what each step up
// costs per write, and what it buys. The message is the one that says that a
// size buys nothing, where there is one.
type answer struct {
	name      string // of the group
	sentences []string
	message   string
}

func (r *Report) answerOf(g group) answer {
	a := answer{name: g.name, sentences: outageLines(g)}
	if !measuredAny(g.cells, writeP50) {
		a.sentences = append(a.sentences, r.rates(g.cells)...)
		return a
	}
	var seen []summary.Cell
	for _, c := range g.cells {
		f, ok := metric(c, writeP50)
		if !ok {
			a.sentences = append(a.sentences, unmeasured(c))
			continue
		}
		sentence, headline := r.step(c, f, seen)
		if a.message == "" {
			a.message = headline
		}
		a.sentences = append(a.sentences, sentence)
		seen = append(seen, c)
	}
	if few := r.fewLine(g); few != "" {
		a.sentences = append(a.sentences, few)
	}
	return a
}

// unmeasured says why nothing is known of a size's cost.
func unmeasured(c summary.Cell) string {
	name := units.Plural(c.Nodes, "node")
	switch {
	case c.MessageFaults:
		return name + ": messages were harmed on purpose, so that latencies and rates are no result."
	case c.Trials == 0:
		return name + ": not measured."
	case c.ValidTrials > 0:
		return name + ": no latency was measured."
	}
	return fmt.Sprintf("%s: none of %s was valid, so that its cost is not known%s.", name, units.Plural(c.Trials, "trial"), whyInvalid(c))
}

// whyInvalid is what made most of a setup's trials invalid.
func whyInvalid(c summary.Cell) string {
	var most *summary.Remark
	for i, rem := range c.Remarks {
		if rem.Severity == results.Invalid && !rem.Replaced && rem.Kind == results.Measure && (most == nil || rem.Trials > most.Trials) {
			most = &c.Remarks[i]
		}
	}
	if most == nil {
		return ""
	}
	s := said{kind: kindOf(*most), worst: *most, of: []remarked{{trials: most.Trials, windows: 1}}}
	return " (" + s.clause() + ")"
}

// rates stand in where no latency was measured: what each size carries.
func (r *Report) rates(cells []summary.Cell) []string {
	name := capacity
	if !measuredAny(cells, name) {
		name = throughput
	}
	var out []string
	for _, c := range cells {
		if f, ok := metric(c, name); ok {
			out = append(out, fmt.Sprintf("A cluster of %d tolerates %s and %s.", c.Nodes, failures(c.Tolerates), carried(c, name, f)))
		} else {
			out = append(out, unmeasured(c))
		}
	}
	return out
}

// carried is a size's rate, and under which condition.
func carried(c summary.Cell, name string, f figure) string {
	if name == throughput {
		return "takes " + rate(f.median) + " from a closed loop"
	}
	text := "carries " + rate(f.median) + " at " + capacityLimit(c)
	if c.CapacityConfirmed == 0 {
		text += ", which no fresh cluster confirmed"
	}
	return text
}

func measuredAny(cells []summary.Cell, name string) bool {
	return slices.ContainsFunc(cells, func(c summary.Cell) bool {
		_, ok := metric(c, name)
		return ok
	})
}

// step compares a size with the one it is to be weighed against: the next
// smaller where that tolerates as much, else the cheapest of the lower
// tolerance. There is a headline where a size buys nothing.
func (r *Report) step(c summary.Cell, f figure, smaller []summary.Cell) (sentence, headline string) {
	if len(smaller) > 0 {
		if last := smaller[len(smaller)-1]; last.Tolerates == c.Tolerates {
			headline, rest := r.noGain(c, last)
			if f.never() {
				rest = "; the median write was never answered"
			}
			return headline + rest + ".", headline
		}
	}
	buys := fmt.Sprintf("%s %s %s", units.Plural(c.Nodes, "node"), verb(c.Nodes, "tolerate"), failures(c.Tolerates))
	if f.never() {
		return buys + "; the median write was never answered.", ""
	}
	buys += " at " + duration(f.median) + " per write"
	if len(smaller) == 0 {
		return buys + ".", ""
	}
	against := r.against(cheapestBelow(c, smaller), c)
	if against == "" { // only neighbours may have been compared
		against = r.against(smaller[len(smaller)-1], c)
	}
	return buys + against + ".", ""
}

// against says how a size that tolerates more stands to the one before.
func (r *Report) against(base, c summary.Cell) string {
	d, ok := r.differenceIn(writeP50, base, c)
	name := units.Plural(base.Nodes, "node")
	switch {
	case !ok:
		return ""
	case d.Decided == stats.Found:
		return fmt.Sprintf(": %s against %s", d.change(), name)
	case d.Decided == stats.Bounded && d.interval:
		return fmt.Sprintf(", within %s of %s", d.most(), name)
	case d.apart():
		return fmt.Sprintf("; against %s it looks like %s, which %s", name, d.change(), d.open())
	case d.interval:
		return fmt.Sprintf("; against %s it is undecided, %s %%%s", name, d.span(), r.wants(d))
	}
	return fmt.Sprintf("; against %s a hint only, %s in %s", name, percent(d.ratio), units.Plural(d.N, "trial"))
}

// noGain says what a size costs that tolerates no more than the one before:
// the headline, and what follows it.
func (r *Report) noGain(c, last summary.Cell) (headline, rest string) {
	subject := fmt.Sprintf("The %s node", ordinal(c.Nodes))
	if c.Nodes != last.Nodes+1 {
		subject = fmt.Sprintf("Going from %d to %d nodes", last.Nodes, c.Nodes)
	}
	const nothing = "buys no further failure"
	d, ok := r.differenceIn(writeP50, last, c)
	switch {
	case !ok:
		return subject + " " + nothing, ""
	case d.Decided == stats.Found && d.ratio >= 1:
		return fmt.Sprintf("%s costs %s and %s", subject, d.change(), nothing), ""
	case d.Decided == stats.Found:
		by, interval := d.less()
		return fmt.Sprintf("%s %s; writes took %s less with it%s", subject, nothing, by, interval), ""
	case d.Decided == stats.Bounded && d.interval:
		return fmt.Sprintf("%s changes latency by at most %s and %s", subject, d.most(), nothing), ""
	case d.apart():
		return fmt.Sprintf("%s %s; what it costs is undecided", subject, nothing),
			fmt.Sprintf(": it looks like %s, which %s", d.change(), d.open())
	case d.interval:
		return fmt.Sprintf("%s %s; what it costs is undecided", subject, nothing), fmt.Sprintf(", %s %% latency%s", d.span(), r.wants(d))
	}
	return fmt.Sprintf("%s %s; what it costs is a hint only", subject, nothing),
		fmt.Sprintf(", %s in %s", d.change(), units.Plural(d.N, "trial"))
}

// cheapestBelow is the smallest size of the highest tolerance under c's.
func cheapestBelow(c summary.Cell, smaller []summary.Cell) summary.Cell {
	best := smaller[0]
	for _, s := range smaller {
		if s.Tolerates < c.Tolerates && s.Tolerates > best.Tolerates {
			best = s
		}
	}
	return best
}
