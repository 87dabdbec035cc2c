package figures

import (
	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/units"
)

// Why a place has no number.
const (
	NoTrial       = "no valid trial"
	NeverAnswered = "never answered"
)

// Point is a figure at its place. A median that lies among operations that
// failed has no height.
func Point(x float64, f Figure) chart.Point {
	p := chart.Point{X: x, Of: f.Of}
	if f.Never() {
		p.Missing, p.Beyond = NeverAnswered, true
		return p
	}
	p.Y = &f.Median
	if f.Interval && units.Finite(f.Low) {
		p.Low = &f.Low
		if p.Open = !units.Finite(f.High); !p.Open {
			p.High = &f.High
		}
	}
	return p
}
