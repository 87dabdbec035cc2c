package summary

import (
	"slices"
	"strings"

	"github.com/raftbench/raftbench/stats"
)

// ArmVerdict is what a difference between two arms means for the later one.
type ArmVerdict string

// The verdicts. A difference is told where it was found and is not below what
// the host class shows between two copies of one build.
const (
	Better    ArmVerdict = "better"
	Worse     ArmVerdict = "worse"
	Alike     ArmVerdict = "alike"     // the whole interval lies within the precision
	Undecided ArmVerdict = "undecided" // nothing can be told
)

// ArmPair is one arm of a setup against the setup's base.
type ArmPair struct {
	Nodes int    `json:"nodes"`
	Base  string `json:"a_setup"`
	Tried string `json:"b_setup"`
	// Blocks are the most that any metric has pairs of.
	Blocks  int                  `json:"blocks"`
	Metrics map[string]ArmMetric `json:"metrics"`

	from, to Cell
}

// Cells are the base and what is tried.
func (p ArmPair) Cells() (base, tried Cell) { return p.from, p.to }

// ArmMetric is one metric in both arms: medians over trials, and the ratio of b
// over a within blocks with its 95 % interval. Nulls are as in Difference.
type ArmMetric struct {
	A      *float64 `json:"a"`
	B      *float64 `json:"b"`
	Ratio  *float64 `json:"ratio"`
	CILow  *float64 `json:"ci_low"`
	CIHigh *float64 `json:"ci_high"`
	// P is corrected (Holm) for the Questions of its family; N are blocks.
	P         float64    `json:"p"`
	Questions int        `json:"questions"`
	N         int        `json:"n"`
	Primary   bool       `json:"primary"`
	Verdict   ArmVerdict `json:"verdict"`
	// BelowFloor: a difference was found, but two copies of one build differ by as
	// much on this class of host.
	BelowFloor bool `json:"below_floor,omitempty"`
}

// Arms are a run's arms, each against the first, size by size. floor may be nil.
func (s Summary) Arms(floor *Floor) []ArmPair {
	var out []ArmPair
	for _, step := range s.Along(ArmAxis) {
		p := ArmPair{Nodes: step.To.Nodes, Base: step.From.Cell, Tried: step.To.Cell, Metrics: map[string]ArmMetric{}, from: step.From, to: step.To}
		for _, d := range step.Differences {
			p.Blocks = max(p.Blocks, d.N)
			p.Metrics[d.Metric] = armMetric(step, d, floor)
		}
		out = append(out, p)
	}
	return out
}

func armMetric(step Step, d Difference, floor *Floor) ArmMetric {
	m := ArmMetric{
		A: step.From.Metrics[d.Metric].Median, B: step.To.Metrics[d.Metric].Median,
		Ratio: d.Ratio, CILow: d.CILow, CIHigh: d.CIHigh, P: d.P, Questions: d.Questions, N: d.N, Primary: d.Primary,
	}
	m.Verdict, m.BelowFloor = d.Verdict(floor)
	return m
}

// Verdict of a difference for the arm, or the value of an axis, that it leads to.
func (d Difference) Verdict(floor *Floor) (v ArmVerdict, below bool) {
	switch {
	case d.Decided == stats.Bounded:
		return Alike, false
	case d.Decided != stats.Found:
		return Undecided, false
	case floor.Covers(d.Metric, d.Ratio):
		return Undecided, true
	case (d.Ratio == nil || *d.Ratio > 1) == MoreIsBetter(d.Metric):
		return Better, false
	}
	return Worse, false
}

// MoreIsBetter tells of which metrics more is better: what a cluster carries and
// answers. All others are costs.
func MoreIsBetter(metric string) bool {
	return slices.ContainsFunc([]string{"throughput_ops", "capacity_ops", "availability"}, func(end string) bool { return strings.HasSuffix(metric, end) })
}
