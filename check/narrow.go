package check

import (
	"cmp"
	"math"
	"slices"

	"github.com/anishathalye/porcupine"
)

// narrow gives each operation on a register the narrowest span of time that the
// others leave it, and tells whether there can be an order at all.
//
// Revisions say in which order writes took effect, and between which two of them
// each read did. So nothing took effect before what comes earlier in that order was
// sent, nor after what comes later was answered. An order that explains all answers
// is one before and after. But porcupine tries operations in the order in which they
// were sent; with these spans it meets them in the one order that there can be,
// where it else tries more of them with each that is under way at the same time,
// exponentially.
//
// Where a server gives writes no revisions nothing is known, and nothing changed.
func narrow(operations []porcupine.Operation) (narrowed []porcupine.Operation, possible bool) {
	order, known, possible := ranked(operations)
	if !known || !possible {
		return operations, possible
	}
	ranks := byRank(order)
	sent := int64(math.MinInt64) // the latest of all earlier ranks
	for _, equal := range ranks {
		latest := sent
		for i := range equal {
			equal[i].Call = max(equal[i].Call, sent)
			latest = max(latest, equal[i].Call)
		}
		sent = latest
	}
	answered := int64(math.MaxInt64) // the first of all later ranks
	for _, equal := range slices.Backward(ranks) {
		first := answered
		for i := range equal {
			equal[i].Return = min(equal[i].Return, answered)
			first = min(first, equal[i].Return)
		}
		answered = first
	}
	n := int64(len(order))
	for i, o := range order {
		if o.Call > o.Return {
			return operations, false
		}
		// Those of one instant keep their order.
		o.Call, o.Return = o.Call*n+int64(i), o.Return*n+n-1
		narrowed = append(narrowed, o.Operation)
	}
	return narrowed, true
}

// ranking is an operation with its place in the order of effects. Those of one rank
// are reads of one write, whose order is no matter.
type ranking struct {
	porcupine.Operation
	rank int64
}

// ranked are operations in the order of their effects; not known where a write has no
// revision, and not possible where two have the same, or a read tells of none of them.
func ranked(operations []porcupine.Operation) (order []ranking, known, possible bool) {
	values := map[int64]uint64{}
	for _, o := range operations {
		w := o.Input.(input)
		if !w.write {
			continue
		}
		if w.revision == 0 {
			return nil, false, true
		}
		if _, twice := values[w.revision]; twice {
			return nil, true, false
		}
		values[w.revision] = w.value
	}
	for _, o := range operations {
		rank := 2 * o.Input.(input).revision
		if read, is := o.Output.(state); is {
			value, written := values[read.revision]
			if read != (state{}) && (!written || value != read.value) {
				return nil, true, false
			}
			rank = 2*read.revision + 1
		}
		order = append(order, ranking{o, rank})
	}
	slices.SortStableFunc(order, func(a, b ranking) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.Call, b.Call)) })
	return order, true, true
}

// byRank are the parts of an order that have one rank each.
func byRank(order []ranking) (ranks [][]ranking) {
	for len(order) > 0 {
		n := 1
		for n < len(order) && order[n].rank == order[0].rank {
			n++
		}
		ranks, order = append(ranks, order[:n]), order[n:]
	}
	return ranks
}
