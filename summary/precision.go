package summary

import (
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Progress of a run towards the precision that was asked of it.
type Progress struct {
	// Blocks are those on record, Needs how many in all would know every question
	// of the first family that narrowly: no more than Blocks where they do, 0
	// where too few tell anything.
	Blocks, Needs int
	// Widest is the question that needs most, and HalfWidth that of its interval, a
	// share; +Inf where it has none yet.
	Widest    Difference
	HalfWidth float64
}

// throughputAllowance is how much wider a throughput's interval may be than a
// latency's: within a block, throughput varies about twice as much (1 to 2 % and
// 2 to 4 % in the study that blocks rest on, docs/side-by-side.md).
const throughputAllowance = 2

// AskedOf is the half-width that a precision asks of a metric's ratio.
func AskedOf(metric string, precision float64) float64 {
	if name := headline(metric); name == "throughput_ops" || name == "capacity_ops" {
		return throughputAllowance * precision
	}
	return precision
}

// ProgressOf a run. It looks only at how wide intervals are, never at where they
// lie: blocks that are added until something is found would find too much. A gate
// that will ask more questions than the run itself needs more blocks for any of them
// to be found.
func ProgressOf(trials []results.Trial, precision float64, questions int) (Progress, error) {
	run := &results.Run{Trials: trials}
	var cells []Cell
	var observed []observations
	p := Progress{}
	for _, s := range setups(run) {
		cells = append(cells, describe(s))
		observed = append(observed, observe(valid(s.measure), nil))
		for _, t := range s.measure {
			p.Blocks = max(p.Blocks, t.Block+1)
		}
	}
	first := slices.DeleteFunc(allQuestions(cells, observed), func(a asked) bool { return a.family != primary })
	known := true
	for _, a := range first {
		half := AskedOf(a.metric, precision)
		// A trial that dropped out of a block leaves it without a pair.
		missing := p.Blocks - len(a.pairs)
		needs := stats.PairsFor(a.pairs, half)
		known = known && needs > 0
		needs = max(needs, stats.PairsNeeded(max(len(first), questions), stats.Alpha)) + missing
		if needs <= p.Needs {
			continue
		}
		d, err := stats.DecidePairs([][]stats.Pair{a.pairs}, stats.Precision)
		if err != nil {
			return Progress{}, err
		}
		p.Needs, p.Widest, p.HalfWidth = needs, differenceOf(cells, a, d[0]), d[0].Ratio.HalfWidth()
	}
	if !known {
		p.Needs = 0
	}
	return p, nil
}

// Reached tells that every question is known that narrowly.
func (p Progress) Reached() bool { return p.Needs > 0 && p.Needs <= p.Blocks }
