package gate

import (
	"maps"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// Planned is how many trials of each kind a cell was to have.
type Planned struct {
	Trials, Proofs int
	// Outages are the faults that its outage trials were to do.
	Outages int
	// Watches are the trials that were to leave it alone.
	Watches int
	// Safety is the number of safety trials.
	Safety int
	// Open: blocks were to be added until a precision is reached or a budget spent,
	// and the measuring ended before either.
	Open bool
}

// Expect adds an inconclusive verdict for every planned cell that the run has
// not finished, measuring trials, proofs, outages, watches and safety trials: what is missing cannot
// have passed.
func (r *Report) Expect(s summary.Summary, planned map[string]Planned) {
	for _, cell := range slices.Sorted(maps.Keys(planned)) {
		done := summary.Cell{}
		if i := slices.IndexFunc(s.Cells, func(c summary.Cell) bool { return c.Cell == cell }); i >= 0 {
			done = s.Cells[i]
		}
		r.unfinished(cell, UnfinishedTrials, done.Trials, planned[cell].Trials)
		if planned[cell].Open {
			r.unfinished(cell, UnfinishedMeasuring, done.Trials, done.Trials+1)
		}
		r.unfinished(cell, UnfinishedProofs, done.Proofs, planned[cell].Proofs)
		r.unfinished(cell, UnfinishedOutages, done.OutageFaults, planned[cell].Outages)
		_, watched := done.TrialsOf(results.Watch)
		r.unfinished(cell, UnfinishedWatches, watched, planned[cell].Watches)
		_, tested := done.TrialsOf(results.SafetyTest)
		r.unfinished(cell, UnfinishedSafety, tested, planned[cell].Safety)
	}
	r.Answer = worst(r.Verdicts).String()
}

func (r *Report) unfinished(cell string, code ReasonCode, done, planned int) {
	if done < planned {
		v := Verdict{Rule: "finished", Kind: Finished, Cell: cell, Answer: stats.Inconclusive.String()}
		r.Verdicts = append(r.Verdicts, v.because(Reason{Code: code, Got: done, Want: planned}))
	}
}
