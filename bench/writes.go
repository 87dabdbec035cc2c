package bench

import (
	"cmp"
	"errors"
	"slices"

	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// mostWrites is how many of a harmed load's writes are on record one by one.
const mostWrites = 10_000

// writesOf a load, in the order in which they were sent; nil where there were none.
// Of more than are kept it has every second, or fourth, and so on.
func writesOf(all []witnessed) *results.Writes {
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b witnessed) int { return cmp.Compare(a.sentNS, b.sentNS) })
	every := 1
	for len(all)/every > mostWrites {
		every *= 2
	}
	w := &results.Writes{StartNS: all[0].sentNS, Every: int64(every)}
	outcomes := []byte{}
	for i, before := 0, int64(0); i < len(all); i += every {
		at := (all[i].sentNS - w.StartNS) / 1000
		w.SentUS, before = append(w.SentUS, at-before), at
		w.TookUS = append(w.TookUS, max(0, all[i].doneNS-all[i].sentNS)/1000)
		outcomes = append(outcomes, outcomeOf(all[i].err))
	}
	w.Outcomes = string(outcomes)
	return w
}

func outcomeOf(err error) byte {
	switch {
	case err == nil:
		return results.WriteAcked
	case errors.Is(err, loadgen.ErrRejected):
		return results.WriteFailed
	}
	return results.WriteUnknown
}
