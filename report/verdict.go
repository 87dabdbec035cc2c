package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/summary"
)

// gainless marks a sentence about a size that buys nothing.
const gainless = "buys no further failure"

// verdict answers the question in plain English, one sentence a size: what
// each step up costs per write, and what it buys. A difference is claimed
// only where the two intervals do not touch.
func verdict(g group) []string {
	if len(g.cells) == 0 {
		return nil
	}
	return append(costs(g.cells), proofSentence(g.cells))
}

func costs(cells []summary.Cell) []string {
	if !measuredAny(cells, writeP50) {
		return rates(cells)
	}
	var out []string
	var seen []summary.Cell
	bare := len(cells) > 1
	for _, c := range cells {
		m, ok := metric(c, writeP50)
		if !ok {
			out = append(out, fmt.Sprintf("%s: no valid latency, nothing can be said.", plural(c.Nodes, "node")))
			continue
		}
		bare = bare && !hasInterval(m)
		out = append(out, step(c, m, seen))
		seen = append(seen, c)
	}
	if !bare {
		return out
	}
	for i := range out {
		out[i] = strings.ReplaceAll(out[i], caveat, "")
	}
	return append(out, "With so few trials there are no intervals: take the differences as hints.")
}

// rates stand in where no latency was measured: what each size carries.
func rates(cells []summary.Cell) []string {
	name := capacity
	if !measuredAny(cells, name) {
		name = throughput
	}
	if !measuredAny(cells, name) {
		return []string{"There is no valid measurement: of the cost nothing can be said."}
	}
	var out []string
	for _, c := range cells {
		if m, ok := metric(c, name); ok {
			out = append(out, fmt.Sprintf("A cluster of %d tolerates %s and %s.", c.Nodes, failures(c.Tolerates), carried(c, name, m)))
		}
	}
	return out
}

// carried is a cell's rate, and under which condition.
func carried(c summary.Cell, name string, m summary.Metric) string {
	if name == throughput {
		return "takes " + in(rateScale, m.Median) + " from a closed loop"
	}
	text := "carries " + in(rateScale, m.Median) + " at " + capacityLimit(c)
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
// smaller for an even size, the cheapest of the lower tolerance for an odd.
func step(c summary.Cell, m summary.Metric, smaller []summary.Cell) string {
	buys := fmt.Sprintf("%s %s %s at %s per write", plural(c.Nodes, "node"), verb(c.Nodes, "tolerate"),
		failures(c.Tolerates), duration(m.Median))
	if len(smaller) == 0 {
		return buys + "."
	}
	last := smaller[len(smaller)-1]
	if last.Tolerates == c.Tolerates {
		return noGain(c, last)
	}
	base := cheapestBelow(c, smaller)
	d := compare(base, c)
	if d.overlap {
		return fmt.Sprintf("%s; against %s no difference can be shown.", buys, plural(base.Nodes, "node"))
	}
	return fmt.Sprintf("%s, %s against %s%s.", buys, d, plural(base.Nodes, "node"), d.caveat())
}

func noGain(c, last summary.Cell) string {
	subject := fmt.Sprintf("The %s node", ordinal(c.Nodes))
	if c.Nodes != last.Nodes+1 {
		subject = fmt.Sprintf("Going from %d to %d nodes", last.Nodes, c.Nodes)
	}
	switch d := compare(last, c); {
	case d.overlap:
		return fmt.Sprintf("%s %s; in latency no difference can be shown.", subject, gainless)
	case d.by < 0:
		return fmt.Sprintf("%s is measured %s%s and %s.", subject, d, d.caveat(), gainless)
	default:
		return fmt.Sprintf("%s costs %s%s and %s.", subject, d, d.caveat(), gainless)
	}
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

// change of the p50 from one size to another.
type change struct {
	by, ratio float64 // nanoseconds; to divided by from
	overlap   bool    // the intervals touch: no difference can be shown
	bare      bool    // an interval is missing
}

func compare(from, to summary.Cell) change {
	a, _ := metric(from, writeP50)
	b, _ := metric(to, writeP50)
	c := change{by: b.Median - a.Median, ratio: b.Median / a.Median}
	if !hasInterval(a) || !hasInterval(b) {
		c.bare = true
		return c
	}
	c.overlap = *a.CILow <= *b.CIHigh && *b.CILow <= *a.CIHigh
	return c
}

// String is "+0.61 ms (+29 %)".
func (c change) String() string {
	if !finite(c.ratio) {
		return signed(durationScale, c.by)
	}
	return fmt.Sprintf("%s (%s)", signed(durationScale, c.by), percent(c.ratio))
}

// caveat is said of a difference that no interval supports.
const caveat = " (a hint only: an interval is missing)"

func (c change) caveat() string {
	if c.bare {
		return caveat
	}
	return ""
}

// proofSentence says which tolerances were seen and not only computed.
func proofSentence(cells []summary.Cell) string {
	var unproven, wrong, watched []string
	for _, c := range cells {
		wrong = append(wrong, disagreement(c)...)
		if c.Faults.Survived == nil {
			unproven = append(unproven, fmt.Sprint(c.Nodes))
		}
		if c.Faults.BlockedAt == nil {
			watched = append(watched, fmt.Sprint(c.Nodes))
		}
	}
	switch {
	case len(wrong) > 0:
		return "Proof and theory disagree: " + strings.Join(wrong, "; ") + "."
	case len(unproven) == len(cells):
		return "The tolerances are theory: this run has not proven them."
	case len(unproven) > 0:
		return "Not proven in this run: " + nodesOf(unproven) + "."
	case len(watched) > 0:
		return "Writes went on with as many processes killed as theory tolerates; at one more a cluster of " + list(watched) + " was not seen to stop."
	}
	return "Each tolerance was proven by killing processes: writes went on with that many dead and stopped at one more" + afterwards(cells)
}

// disagreement is what a cell's proofs saw that theory forbids.
func disagreement(c summary.Cell) (out []string) {
	if s := c.Faults.Survived; s != nil && *s != c.Tolerates {
		out = append(out, fmt.Sprintf("%s went on after %s where theory says %d",
			plural(c.Nodes, "node"), failures(*s), c.Tolerates))
	}
	if b := c.Faults.BlockedAt; b != nil && *b != c.Tolerates+1 {
		out = append(out, fmt.Sprintf("a cluster of %d was %s", c.Nodes, unstopped(c)))
	}
	return out
}

// unstopped is said of a cell that lost one node too many and was not seen to
// block.
func unstopped(c summary.Cell) string {
	return fmt.Sprintf("not seen to stop with %d of %d dead, one more than it tolerates", c.Tolerates+1, c.Nodes)
}

// afterwards is how the proofs ended: the restart and the audit.
func afterwards(cells []summary.Cell) string {
	var open []string
	for _, c := range cells {
		if r := c.Faults.Recovered; r == nil || !*r {
			open = append(open, fmt.Sprint(c.Nodes))
		}
	}
	switch len(open) {
	case 0:
		return "; all were restarted, and the audit found what was acknowledged."
	case len(cells):
		return ". A restart, and an audit after it, are not proven."
	}
	return ". A restart, and an audit after it, are not proven of " + nodesOf(open) + "."
}

// nodesOf joins sizes: 1 node; 3 and 4 nodes.
func nodesOf(sizes []string) string {
	if len(sizes) == 1 && sizes[0] == "1" {
		return "1 node"
	}
	return list(sizes) + " nodes"
}

func failures(n int) string {
	if n == 0 {
		return "no failure"
	}
	return plural(n, "failure")
}

func verb(n int, v string) string {
	if n == 1 {
		return v + "s"
	}
	return v
}

// list joins in English: 3, 4 and 5.
func list(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}
