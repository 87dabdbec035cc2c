package check

import (
	"cmp"
	"slices"

	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// realTime finds what was known when each operation was sent, and objects to
// revisions that contradict it. An operation was sent after another returned only
// if its instant is greater: equal instants leave the order open.
func (j *judging) realTime() {
	j.floors, j.tellers = make([]int64, len(j.ops)), make([]int, len(j.ops))
	calls := make([]int, len(j.ops))
	var returns []int
	for i := range j.ops {
		calls[i] = i
		if j.ops[i].Outcome() == history.OK {
			returns = append(returns, i)
		}
	}
	slices.SortStableFunc(calls, func(a, b int) int { return cmp.Compare(j.ops[a].AtNS, j.ops[b].AtNS) })
	slices.SortStableFunc(returns, func(a, b int) int { return cmp.Compare(j.ops[a].Return.AtNS, j.ops[b].Return.AtNS) })
	floor, teller := int64(0), none
	for _, i := range calls {
		for len(returns) > 0 && j.ops[returns[0]].Return.AtNS < j.ops[i].AtNS {
			if r := j.ops[returns[0]].Return.Revision; r > floor {
				floor, teller = r, returns[0]
			}
			returns = returns[1:]
		}
		j.floors[i], j.tellers[i] = floor, teller
	}
	for i := range j.ops {
		j.holdToFloor(i)
	}
}

func (j *judging) holdToFloor(i int) {
	o, floor := &j.ops[i], j.floors[i]
	if o.Outcome() != history.OK {
		return
	}
	key := none
	if len(o.Writes) > 0 {
		key = j.numbers[o.Writes[0].Key]
	} else if len(o.Reads) > 0 {
		key = j.numbers[o.Reads[0]]
	}
	r := o.Return.Revision
	switch {
	case o.Changed() && r <= floor:
		j.object(results.RuleOrder, key, i, j.tellers[i],
			sprintf("revision %d for a %s sent after revision %d was told", r, o.Kind, floor), sprintf("a revision above %d", floor))
	case o.Serializable || r >= floor:
	case o.Kind == history.Scan:
		j.object(results.RuleLost, none, i, j.tellers[i], sprintf("all keys at revision %d", r),
			sprintf("at least revision %d, which was told before", floor))
	default:
		j.object(results.RuleStale, key, i, j.tellers[i], sprintf("revision %d from a linearizable %s", r, o.Kind),
			sprintf("at least revision %d, told before the %s was sent", floor, o.Kind))
	}
}

// identify finds when operations took effect: those that were acknowledged, at the
// revision that they were told; those of unknown outcome, at the mod revision with
// which others read their values.
func (j *judging) identify() {
	for i := range j.ops {
		if j.ops[i].Changed() {
			j.take(i, j.ops[i].Return.Revision)
		}
	}
	for i := range j.ops {
		o := &j.ops[i]
		if o.Outcome() != history.OK {
			continue
		}
		for n, kv := range o.Return.Read {
			if kv.ModRevision > 0 && !j.credible(i, kv) {
				j.denied[reading{i, n}] = true
			}
		}
	}
}

// take notes that an operation took effect at a revision, which is no other's.
func (j *judging) take(i int, revision int64) bool {
	if other, taken := j.at[revision]; taken && other != i {
		j.object(results.RuleOrder, j.numbers[j.ops[i].Writes[0].Key], i, other,
			sprintf("revision %d for two writes, a %s and a %s", revision, j.ops[other].Kind, j.ops[i].Kind), "a revision of its own for each write")
		return false
	}
	j.at[revision], j.took[i] = i, revision
	return true
}

// credible tells whether a value that operation i read may be there at all, and
// objects if not.
func (j *judging) credible(i int, kv history.KV) bool {
	key, known := j.numbers[kv.Key]
	if !known {
		j.object(results.RuleUnexpected, none, i, none, sprintf("key %q at mod revision %d", kv.Key, kv.ModRevision), "no such key: nobody wrote it")
		return false
	}
	w, written := j.writers[kv.Value]
	if !written || !writes(&j.ops[w], kv) {
		j.object(results.RuleValue, key, i, none, sprintf("the value %.40q at mod revision %d", kv.Value, kv.ModRevision), "a value that somebody wrote to this key")
		return false
	}
	o, source := &j.ops[i], &j.ops[w]
	deny := func(rule, got, want string) bool { j.object(rule, key, i, w, got, want); return false }
	switch {
	case source.Outcome() == history.Rejected:
		return deny(results.RuleAborted, sprintf("the value %.40q of a %s that was rejected", kv.Value, source.Kind), "no effect of it")
	case source.Outcome() == history.OK && !source.Changed():
		return deny(results.RuleAborted, sprintf("the value %.40q of a %s whose compare failed", kv.Value, source.Kind), "no effect of it")
	case source.AtNS > o.Return.AtNS:
		return deny(results.RuleFuture, sprintf("the value %.40q before its %s was sent", kv.Value, source.Kind), "what had been written by then")
	case kv.ModRevision > seenAt(o):
		return deny(results.RuleFuture, sprintf("mod revision %d at revision %d", kv.ModRevision, seenAt(o)), "no mod revision above the store's own")
	case j.took[w] > 0 && j.took[w] != kv.ModRevision:
		return deny(results.RuleTwice, sprintf("the value %.40q at revision %d and at %d", kv.Value, j.took[w], kv.ModRevision), sprintf("one effect of one %s", source.Kind))
	case j.took[w] > 0:
		return true
	case source.Outcome() == history.OK: // it was told the revision of another write
		return false
	case kv.ModRevision <= j.floors[w]:
		return deny(results.RuleOrder, sprintf("revision %d for a %s sent after revision %d was told", kv.ModRevision, source.Kind, j.floors[w]), sprintf("a revision above %d", j.floors[w]))
	}
	return j.take(w, kv.ModRevision)
}

// writes tells whether an operation writes this value to this key.
func writes(o *history.Operation, kv history.KV) bool {
	return slices.ContainsFunc(o.Writes, func(w history.Write) bool { return w.Key == kv.Key && w.Value == kv.Value && !w.Delete })
}
