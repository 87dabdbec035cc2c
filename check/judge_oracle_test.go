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
// from before its return.
func linearizable(ops []history.Operation) bool {
	o := &everyOrder{ops: ops, tried: make(map[string]bool)}
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
	return o.possible(0, 0, map[string]history.KV{})
}

type everyOrder struct {
	ops     []history.Operation
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
		for r := revision + 1; len(op.Writes) > 0 && r <= o.highest; r++ {
			if holds(op, keys) && o.possible(done|1<<i, r, written(op, r, keys)) {
				return true
			}
		}
	}
	return false
}

func (o *everyOrder) answered(op *history.Operation, done uint64, revision int64, keys map[string]history.KV) bool {
	r, succeeded := op.Return.Revision, holds(op, keys)
	if len(op.Compares) == 0 && op.Kind != history.Delete {
		succeeded = op.Return.Succeeded
	}
	if r < revision || op.Changed() && r == revision || succeeded != op.Return.Succeeded {
		return false
	}
	for _, kv := range op.Return.Read {
		if now := keys[kv.Key]; now.Value != kv.Value || now.ModRevision != kv.ModRevision {
			return false
		}
	}
	if op.Kind == history.Scan && len(keys) != len(op.Return.Read) {
		return false
	}
	if op.Changed() {
		keys = written(op, r, keys)
	}
	return o.possible(done, r, keys)
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
