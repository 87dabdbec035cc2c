package bench

import (
	"cmp"
	"maps"
	"slices"

	"github.com/raftbench/raftbench/results"
)

// A long watch on a busy host hears of more holds than a trial's line has room for: a
// process with a heartbeat timeout of 50 ms tells of each that lasts 5 ms. What they are
// for is to tell whether this host held a process up before a leader lost its place. So
// what is left out are the shortest, and none that is the longest that somebody looking
// back from such an instant would find, however far.

// mostHeld is how many holds a trial keeps: some 8 MB of its line.
const mostHeld = 100_000

// thin leaves out of a trial's record the holds that it has no room for, and remarks on
// how many these were.
func (t *trial) thin() {
	var left results.Remark
	t.record.Events, left = thinned(t.record.Events, mostHeld)
	if left.Count > 0 {
		t.record.remark(left)
	}
}

// thinned leaves about so many holds of all, which are in the order of their instants.
func thinned(all []results.Event, most int) ([]results.Event, results.Remark) {
	holds := map[string][]int{} // by node, as places in all
	var held []int
	for i := range all {
		if e := &all[i]; e.Kind == results.EventHeld {
			holds[e.Node], held = append(holds[e.Node], i), append(held, i)
		}
	}
	if len(held) <= most {
		return all, results.Remark{}
	}
	keep := make([]bool, len(all))
	for i := range all {
		if e := &all[i]; e.Kind == results.EventRole || e.Kind == results.EventTerm {
			for of := range maps.Values(holds) {
				keepLongest(keep, all, of, e.AtNS)
			}
		}
	}
	slices.SortStableFunc(held, func(a, b int) int { return cmp.Compare(all[b].Count, all[a].Count) })
	for _, i := range held[:most] {
		keep[i] = true
	}
	left := results.Remark{Code: results.CodeHeldThinned, Severity: results.Note, Of: int64(len(held)), Unit: results.UnitNS}
	var kept []results.Event
	for i := range all {
		if all[i].Kind == results.EventHeld && !keep[i] {
			left.Count, left.Got = left.Count+1, max(left.Got, float64(all[i].Count))
			continue
		}
		kept = append(kept, all[i])
	}
	return kept, left
}

// lookedBack bounds how many holds one looks back over from one instant: by then
// any that is longer is among the longest of all, or long ago.
const lookedBack = 10_000

// keepLongest keeps those holds of one process, which do not overlap, that began before
// an instant and are longer than all that came after them.
func keepLongest(keep []bool, all []results.Event, of []int, atNS int64) {
	last, _ := slices.BinarySearchFunc(of, atNS, func(i int, at int64) int {
		return cmp.Compare(all[i].AtNS-all[i].Count, at+1)
	})
	longest := int64(0)
	for n, i := range slices.Backward(of[:last]) {
		if last-n > lookedBack {
			return
		}
		if all[i].Count > longest {
			longest, keep[i] = all[i].Count, true
		}
	}
}
