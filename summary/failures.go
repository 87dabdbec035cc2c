package summary

import (
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// ArmFailures is how often one arm's trials did not get to their end, beside the
// base's of the same blocks: nodes that do not start, or die, or answer nothing.
type ArmFailures struct {
	Base, Tried string // cells
	Blocks      int    // on record
	// BaseFailed and TriedFailed count blocks; TriedAlone those in which the base did
	// not fail, BaseAlone those in which it alone did.
	BaseFailed, TriedFailed, TriedAlone, BaseAlone int
	First                                          results.Remark // of what is tried
}

// Significant tells that the tried arm fails more often than by chance: of blocks in
// which one alone failed, so many are its own with a probability of at most Alpha,
// were both as likely (a sign test, one-sided).
func (f ArmFailures) Significant() bool {
	return stats.SignTail(f.TriedAlone, f.BaseAlone) <= stats.Alpha
}

// Failures of a run's arms, each against the first.
func Failures(run *results.Run) []ArmFailures {
	var cells []Cell
	failed := map[string]map[int]*results.Remark{} // by cell and block; nil: it did not
	for _, s := range setups(run) {
		c := describe(s)
		cells = append(cells, c)
		failed[c.Cell] = map[int]*results.Remark{}
		for _, t := range s.measure {
			failed[c.Cell][t.Block] = failureOf(t)
		}
	}
	var out []ArmFailures
	for _, p := range axisPairings(cells) {
		if p.axis != ArmAxis {
			continue
		}
		f := ArmFailures{Base: cells[p.from].Cell, Tried: cells[p.to].Cell}
		for block, tried := range failed[f.Tried] {
			base, both := failed[f.Base][block]
			if both {
				f.add(base, tried)
			}
		}
		out = append(out, f)
	}
	return out
}

func (f *ArmFailures) add(base, tried *results.Remark) {
	f.Blocks++
	if base != nil {
		f.BaseFailed++
	}
	switch {
	case tried == nil && base != nil:
		f.BaseAlone++
	case tried != nil:
		f.TriedFailed++
		f.First = *tried
		if base == nil {
			f.TriedAlone++
		}
	}
}

// failureOf a trial that did not get to its end; nil where it did.
func failureOf(t *results.Trial) *results.Remark {
	i := slices.IndexFunc(t.Remarks, func(r results.Remark) bool {
		return r.Code == results.CodeFailed || r.Code == results.CodeNothing
	})
	if i < 0 {
		return nil
	}
	return &t.Remarks[i]
}
