package wording

import (
	"math"
	"strings"
	"time"

	"github.com/raftbench/raftbench/units"
)

// Never stands where a number is beyond all; units.Absent where there is none.
const Never = "never"

// Show writes a value of a kind.
func Show(k units.Kind, v float64) string {
	if math.IsInf(v, 1) {
		return Never
	}
	return k.Show(v)
}

// Duration writes nanoseconds: 1.73 ms.
func Duration(ns float64) string { return Show(units.Duration, ns) }

// Rate writes operations a second: 1,200/s.
func Rate(perSecond float64) string {
	return Show(units.Rate, perSecond)
}

// Share writes a part of 1: 12 %.
func Share(v float64) string { return Show(units.Share, v) }

// leastPredicted is the least share that a simulation tells: of some thousand draws a
// few, whose number is chance.
const leastPredicted = 0.001

// SimulatedShare writes a simulated share: <0.1 % for what hardly came up.
func SimulatedShare(v float64) string {
	if v > 0 && v < leastPredicted {
		return "<" + Share(leastPredicted)
	}
	return Share(v)
}

// Count writes how many: 1,200.
func Count(n int64) string { return units.Count.Show(float64(n)) }

// Setting writes a time as files do: 2s, 500ms.
func Setting(ns int64) string { return units.FormatDuration(time.Duration(ns)) }

// Points are a ratio's change in hundredths, with its sign; without that of a
// plus where it is told already.
func Points(ratio float64, plus bool) string {
	if math.IsInf(ratio, 1) {
		return "∞"
	}
	text := strings.TrimSuffix(units.Change(ratio), " %")
	if !plus {
		text = strings.TrimPrefix(text, "+")
	}
	return text
}

// Part is the size of a change: 2.1 %.
func Part(v float64) string { return Points(1+v, false) + " %" }

// Change is +20 %; a null ratio is above every number.
func Change(ratio *float64) string {
	if ratio == nil {
		return "+∞"
	}
	return units.Change(*ratio)
}
