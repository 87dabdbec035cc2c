package check

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/raftbench/raftbench/history"
)

// linearizable tries every order of a small history's operations, and every
// revision at which those of unknown outcome can have taken effect: slow, and
// simple enough to be believed. A serializable read may be answered from any state
// from before its return. Where the clients were alone, each revision after the one
// at which the history began, which is tried, too, is an operation's.
func linearizable(ops []history.Operation, alone bool) bool {
	o := &everyOrder{ops: ops, alone: alone, tried: make(map[string]bool)}
	for i := range ops {
		if ops[i].Outcome() == history.OK {
			o.highest = max(o.highest, ops[i].Return.Revision)
			for _, kv := range ops[i].Return.Read {
				o.highest = max(o.highest, kv.ModRevision)
			}
		}
		for _, c := range ops[i].Compares {
			o.highest = max(o.highest, c.ModRevision)
		}
	}
	if !alone {
		return o.possible(0, 0, map[string]history.KV{})
	}
	for ; o.begin <= o.highest; o.begin++ {
		if clear(o.tried); o.possible(0, o.begin, map[string]history.KV{}) {
			return true
		}
	}
	return false
}

type everyOrder struct {
	ops     []history.Operation
	alone   bool
	begin   int64 // the revision at which the history began, where alone
	highest int64
	tried   map[string]bool
}

// possible tells whether what is not done yet can follow.
func (o *everyOrder) possible(done uint64, revision int64, keys map[string]history.KV) bool {
	state := fmt.Sprint(done, revision, keys)
	if o.tried[state] {
		return false
	}
	o.tried[state] = true
	left, first := false, int64(math.MaxInt64)
	for i := range o.ops {
		if done&(1<<i) == 0 && o.ops[i].Outcome() == history.OK {
			left, first = true, min(first, o.ops[i].Return.AtNS)
		}
	}
	if !left {
		return true
	}
	for i := range o.ops {
		op := &o.ops[i]
		if done&(1<<i) != 0 || op.Outcome() == history.Rejected || op.AtNS > first && !op.Serializable {
			continue
		}
		if op.Outcome() == history.OK {
			if o.answered(op, done|1<<i, revision, keys) {
				return true
			}
			continue
		}
		last := o.highest
		if o.alone {
			last = min(last, revision+1)
		}
		for r := revision + 1; len(op.Writes) > 0 && r <= last; r++ {
			if holds(op, keys) && o.possible(done|1<<i, r, written(op, r, keys)) {
				return true
			}
		}
	}
	return false
}

func (o *everyOrder) answered(op *history.Operation, done uint64, revision int64, keys map[string]history.KV) bool {
	if o.alone && op.Serializable && op.Return.Revision < o.begin { // from before the history
		return answeredBy(op, map[string]history.KV{}) && o.possible(done, revision, keys)
	}
	r := op.Return.Revision
	if r < revision || op.Changed() && r == revision || !answeredBy(op, keys) {
		return false
	}
	if skipped := r - revision; o.alone && (skipped > 1 || skipped == 1 && !op.Changed()) {
		return false
	}
	if op.Changed() {
		keys = written(op, r, keys)
	}
	return o.possible(done, r, keys)
}

// answeredBy tells whether an operation's answer is that of a store that holds this.
func answeredBy(op *history.Operation, keys map[string]history.KV) bool {
	conditional := len(op.Compares) > 0 || op.Kind == history.Delete
	if conditional && holds(op, keys) != op.Return.Succeeded {
		return false
	}
	for _, kv := range op.Return.Read {
		if now := keys[kv.Key]; now.Value != kv.Value || now.ModRevision != kv.ModRevision {
			return false
		}
	}
	return op.Kind != history.Scan || len(keys) == len(op.Return.Read)
}

func holds(op *history.Operation, keys map[string]history.KV) bool {
	if op.Kind == history.Delete {
		return keys[op.Writes[0].Key].ModRevision > 0
	}
	return !slices.ContainsFunc(op.Compares, func(c history.Compare) bool { return keys[c.Key].ModRevision != c.ModRevision })
}

func written(op *history.Operation, r int64, keys map[string]history.KV) map[string]history.KV {
	keys = maps.Clone(keys)
	for _, w := range op.Writes {
		delete(keys, w.Key)
		if !w.Delete {
			keys[w.Key] = history.KV{Key: w.Key, Value: w.Value, ModRevision: r}
		}
	}
	return keys
}
