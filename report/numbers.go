package report

import (
	"math"
	"strings"
	"time"

	"github.com/raftbench/raftbench/units"
)

// Numbers are written by package units; here is what only a report needs: what
// lies beyond every number, and changes with their intervals.

// absent stands where there is no number, never where there is one beyond all.
const (
	absent = units.Absent
	never  = "never"
)

func finite(x float64) bool { return units.Finite(x) }

// show writes a value of a kind.
func show(k units.Kind, v float64) string {
	if math.IsInf(v, 1) {
		return never
	}
	return k.Show(v)
}

func duration(ns float64) string { return show(units.Duration, ns) }
func rate(perSecond float64) string {
	return show(units.Rate, perSecond)
}
func share(v float64) string { return show(units.Share, v) }

// leastPredicted is the least share that a simulation tells: of some thousand draws a
// few, whose number is chance.
const leastPredicted = 0.001

// predictedShare writes a simulated share: <0.1 % for what hardly came up.
func predictedShare(v float64) string {
	if v > 0 && v < leastPredicted {
		return "<" + share(leastPredicted)
	}
	return share(v)
}

// count writes how many: 1,200.
func count(n int64) string { return units.Count.Show(float64(n)) }

// setting writes a time as files do: 2s, 500ms.
func setting(ns int64) string { return units.FormatDuration(time.Duration(ns)) }

// between writes an interval in the unit and to the digit of its median, the
// unit left out: 1.20–1.31. It says nothing where both its ends print as the
// median does.
func between(k units.Kind, f figure) string {
	switch {
	case !f.interval:
		return ""
	case !finite(f.low):
		return never
	case !finite(f.median):
		return k.Show(f.low) + "–" + never // the median does not tell the unit
	}
	low, high := k.Ends(f.median, f.low, f.high)
	if !finite(f.high) {
		high = never
	}
	if middle, _ := k.Ends(f.median, f.median, f.median); low == middle && high == middle {
		return ""
	}
	return low + "–" + high
}

// percent writes a ratio as a change: +29 %.
func percent(ratio float64) string { return units.Change(ratio) }

// points are a ratio's change in hundredths, with its sign; without that of a
// plus where it is told already.
func points(ratio float64, plus bool) string {
	if math.IsInf(ratio, 1) {
		return "∞"
	}
	text := strings.TrimSuffix(units.Change(ratio), " %")
	if !plus {
		text = strings.TrimPrefix(text, "+")
	}
	return text
}

// part is the size of a change: 2.1 %.
func part(v float64) string { return points(1+v, false) + " %" }
