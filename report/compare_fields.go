package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Signs in the column of changes, as benchstat has the first.
const (
	comparedUndecided = "~"
	comparedBounded   = "="
	belowFloor        = "≈"
)

const notComparable = "not comparable"

// changeText is a change with its range, and the sign of what was decided.
func changeText(ch summary.Change) string {
	switch {
	case ch.Untested == summary.NotComparable:
		return notComparable
	case ch.Untested != "":
		return comparedUndecided + " (" + wording.Change(ch.Ratio) + ")"
	}
	return decidedText(ch.Decided, ch.Ratio, ch.CILow, ch.CIHigh, ch.Interval)
}

// decidedText is +20 % [+18, +22] of what was found, ~ [−12, +14] of what was not.
func decidedText(d stats.Decision, ratio, low, high *float64, interval bool) string {
	text := comparedUndecided
	switch d {
	case stats.Found:
		text = wording.Change(ratio)
	case stats.Bounded:
		text = comparedBounded
	}
	if interval {
		text += " [" + changeEnd(low) + ", " + changeEnd(high) + "]"
	}
	return text
}

// changeEnd is one end of a change's range, in per cent.
func changeEnd(ratio *float64) string { return strings.TrimSuffix(wording.Change(ratio), " %") }

// testText is how probable and of how many trials: (p=.03 n=6+6).
func testText(p *float64, n string) string {
	if p == nil {
		return "(n=" + n + ")"
	}
	return "(p" + shortP(*p) + " n=" + n + ")"
}

// shortP has two decimals, as far as they tell, with its sign: =.03, <.01.
func shortP(p float64) string {
	if p < 0.01 {
		return "<.01"
	}
	return "=" + strings.TrimPrefix(strconv.FormatFloat(p, 'f', 2, 64), "0")
}

// row of a change: its setup, both values, the change, and how it was tested.
func (c *Compared) row(ch summary.Change) []string {
	return []string{
		c.short[ch.Cell], figures.PlusMinus(ch.Metric, ch.Old), figures.PlusMinus(ch.Metric, ch.New), changeText(ch),
		testText(ch.P, fmt.Sprintf("%d+%d", ch.Old.N, ch.New.N)),
	}
}

// meanRow is that of a geometric mean, of which no test is made.
func meanRow(m summary.Mean) []string {
	k := units.Of(m.Metric)
	return []string{"geomean", k.Show(m.Old), k.Show(m.New), "(" + units.Change(m.Ratio) + ")", ""}
}

// rowsOf are a figure's.
func (c *Compared) rowsOf(f comparedFigure) [][]string {
	var out [][]string
	for _, ch := range f.changes {
		out = append(out, c.row(ch))
	}
	if f.mean != nil {
		out = append(out, meanRow(*f.mean))
	}
	return out
}
