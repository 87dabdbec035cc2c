// Package figures is what of a setup's metrics may be shown: a metric is read here or not at
// all, so that one of too few operations, or one that lies among operations that failed, is
// nowhere taken for a number. It has the names of the metrics, their intervals, the dagger of
// those that are doubted, their differences, and their points in a chart.
package figures

import (
	"math"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Mark is the dagger of a doubted figure, nothing otherwise.
func (f Figure) Mark() string {
	if len(f.Doubts) > 0 {
		return Dagger
	}
	return ""
}

// Figure is a metric as it is shown.
type Figure struct {
	// Median is +Inf where it lies among operations that failed.
	Median   float64
	Interval bool
	// Low and high are its ends; high, or both, may be +Inf likewise.
	Low, High float64
	N         int
	Pooled    bool
	Doubts    []int
	Of        chart.Origin // of a setup's metric
}

// Of finds a usable figure of a setup.
func Of(c summary.Cell, name string) (Figure, bool) {
	m, ok := c.Metrics[name]
	if !ok {
		return Figure{}, false
	}
	f, ok := Read(name, m)
	f.Of = chart.Origin{Setup: c.Cell, Name: name}
	return f, ok
}

// Read reads a metric. Only a time can be null and yet known: later than
// every other.
func Read(name string, m summary.Metric) (Figure, bool) {
	time := strings.HasSuffix(name, "_ns")
	f := Figure{Median: Beyond(m.Median, time && m.N > 0), N: m.N, Pooled: m.Pooled, Doubts: m.Doubts}
	if math.IsNaN(f.Median) {
		return Figure{}, false
	}
	f.Low, f.High = Beyond(m.CILow, time && m.Interval), Beyond(m.CIHigh, time && m.Interval)
	f.Interval = m.Interval && !math.IsNaN(f.Low) && !math.IsNaN(f.High)
	return f, true
}

// Beyond is the number, or +Inf for a null that stands for one beyond all.
func Beyond(v *float64, null bool) float64 {
	switch {
	case v != nil && units.Finite(*v):
		return *v
	case v == nil && null:
		return math.Inf(1)
	}
	return math.NaN()
}

// Never tells whether the median is that of operations that failed.
func (f Figure) Never() bool { return math.IsInf(f.Median, 1) }

// Upper is the highest finite value of what is drawn of a figure.
func (f Figure) Upper() float64 {
	most := 0.0
	for _, v := range []float64{f.Median, f.Low, f.High} {
		if units.Finite(v) && (v == f.Median || f.Interval) {
			most = max(most, v)
		}
	}
	return most
}

// Measured tells whether any of some setups has a metric.
func Measured(cells []summary.Cell, name string) bool {
	return slices.ContainsFunc(cells, func(c summary.Cell) bool {
		_, ok := Of(c, name)
		return ok
	})
}

// Between writes an interval in the unit and to the digit of its median, the
// unit left out: 1.20–1.31. It says nothing where both its ends print as the
// median does.
func Between(k units.Kind, f Figure) string {
	switch {
	case !f.Interval:
		return ""
	case !units.Finite(f.Low):
		return wording.Never
	case !units.Finite(f.Median):
		return k.Show(f.Low) + "–" + wording.Never // the median does not tell the unit
	}
	low, high := k.Ends(f.Median, f.Low, f.High)
	if !units.Finite(f.High) {
		high = wording.Never
	}
	if middle, _ := k.Ends(f.Median, f.Median, f.Median); low == middle && high == middle {
		return ""
	}
	return low + "–" + high
}
