package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// answer is what a reader came for: what each step up buys and costs, and what
// follows from it.
type answer struct {
	name string // of the group
	// notes stand before the steps: what failed, and what was not measured.
	notes  []string
	steps  []step
	advice advised
	// message is the same in one sentence, for a chart; empty where there is none.
	message string
}

// step is from one size up to another.
type step struct{ from, to summary.Cell }

func (r *Report) answerOf(g group) answer {
	a := answer{name: g.name, notes: outageLines(g), steps: steps(g.cells), advice: r.advise(g)}
	if text := r.outageAnswer(g.cells); text != "" {
		a.notes = append([]string{text}, a.notes...)
	}
	for _, c := range g.cells {
		if !costed(c) && (c.Trials > 0 || !r.unmeasuredWhole() && repeated(c) == nil) {
			a.notes = append(a.notes, unmeasured(c))
		}
	}
	a.notes = append(a.notes, unconfirmed(g.cells)...)
	a.message = r.message(g.cells)
	return a
}

// steps lead from each size to the next that has a cost, each from the size that
// it is to be weighed against.
func steps(cells []summary.Cell) []step {
	var out []step
	var seen []summary.Cell
	for _, c := range cells {
		switch {
		case !costed(c):
			continue
		case len(seen) > 0:
			out = append(out, step{from: weighedAgainst(c, seen), to: c})
		}
		seen = append(seen, c)
	}
	return out
}

// costed tells whether anything is known of what a size costs.
func costed(c summary.Cell) bool {
	return slices.ContainsFunc([]string{figures.WriteP50, figures.ReadP50, figures.Throughput, figures.Capacity}, func(name string) bool {
		_, ok := figures.Of(c, name)
		return ok
	})
}

// weighedAgainst is the next smaller size where that tolerates as much, else the
// cheapest of the lower tolerance.
func weighedAgainst(c summary.Cell, smaller []summary.Cell) summary.Cell {
	if last := smaller[len(smaller)-1]; last.Tolerates == c.Tolerates {
		return last
	}
	return cheapestBelow(c, smaller)
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

// unmeasured says why nothing is known of a size's cost.
func unmeasured(c summary.Cell) string {
	name := units.Plural(c.Nodes, "node")
	switch {
	case c.MessageFaults:
		return name + ": messages were harmed on purpose, so that latencies and rates are no result."
	case c.Trials == 0:
		return name + ": not measured."
	case c.ValidTrials > 0:
		return name + ": neither a latency nor a rate was measured."
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

// unconfirmed are the capacities that no fresh cluster confirmed, where others
// were; that none was is a footnote.
func unconfirmed(cells []summary.Cell) []string {
	var out []string
	found := 0
	for _, c := range cells {
		f, ok := figures.Of(c, figures.Capacity)
		if !ok {
			continue
		}
		if found++; c.CapacityConfirmed == 0 {
			out = append(out, fmt.Sprintf("%s %s %s at %s, which no fresh cluster confirmed.",
				units.Plural(c.Nodes, "node"), wording.Verb(c.Nodes, "take"), wording.Rate(f.Median), capacityLimit(c)))
		}
	}
	if len(out) == found {
		return nil
	}
	return out
}

// survives says what a size goes on without: 1 node, not zone a.
func survives(c summary.Cell) string {
	text := "no node"
	if c.Tolerates > 0 {
		text = units.Plural(c.Tolerates, "node")
	}
	places := c.Places()
	if len(places) == 0 || c.ToleratesSites == nil {
		return text
	}
	switch needed := neededZones(places); {
	case *c.ToleratesSites == 1:
		text += ", any zone"
	case *c.ToleratesSites > 1:
		text += fmt.Sprintf(", any %d zones", *c.ToleratesSites)
	case len(needed) == len(places):
		text += ", no zone"
	default:
		text += ", not zone " + wording.Shorten(strings.Join(needed, ", "), 16)
	}
	return text
}

// placed is how a size's members stand: in parentheses, behind what it survives.
func placed(c summary.Cell) string {
	if places := c.Places(); len(places) > 0 {
		return " (" + perZone(places) + ")"
	}
	return ""
}

// neededZones are those whose loss stops the cluster.
func neededZones(places []summary.Site) []string {
	var out []string
	for _, p := range places {
		if p.Needed {
			out = append(out, p.Name)
		}
	}
	return out
}

// mostPlaces are the zones whose members are counted one by one.
const mostPlaces = 5

// perZone is how many members stand in each zone: 2-1-1.
func perZone(places []summary.Site) string {
	if len(places) > mostPlaces {
		return units.Plural(len(places), "zone")
	}
	counts := make([]string, len(places))
	for i, p := range places {
		counts[i] = fmt.Sprint(p.Members)
	}
	return strings.Join(counts, "-")
}
