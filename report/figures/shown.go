package figures

import (
	"math"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// PlusMinus is a value with its interval as benchstat writes it, and the dagger
// of one that something may have moved: 1.73 ms ± 4 %†.
func PlusMinus(metric string, m summary.Metric) string {
	if m.N == 0 {
		return units.Absent
	}
	return Value(metric, m) + " ± " + Deviation(m) + MarkOf(m)
}

// Value is a metric's value for people.
func Value(metric string, m summary.Metric) string {
	return wording.Show(units.Of(metric), m.Estimate().Center)
}

// MarkOf is the dagger of a doubted metric, nothing otherwise.
func MarkOf(m summary.Metric) string {
	if len(m.Doubts) > 0 {
		return Dagger
	}
	return ""
}

// Deviation is the farther end of an interval, as a share of its middle.
func Deviation(m summary.Metric) string {
	e := m.Estimate()
	switch {
	case !m.Interval, !units.Finite(e.Center), !units.Finite(e.High):
		return "∞"
	case e.High == e.Low:
		return "0 %"
	case e.Center == 0:
		return "∞"
	}
	return units.Count.Show(math.Round(100*max(e.High/e.Center-1, 1-e.Low/e.Center))) + " %"
}

// Dagger stands beside a number that a remark may have moved by more than a
// third of its interval, and beside nothing else: what weakens no number that
// is shown stands in the details.
const Dagger = "†"
