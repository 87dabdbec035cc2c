package check

import (
	"slices"

	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// replicas objects to scans of one revision that found different keys: the state
// at a revision is one.
func (j *judging) replicas() {
	first := make(map[int64]int)
	for i := range j.ops {
		if o := &j.ops[i]; o.Kind != history.Scan || o.Outcome() != history.OK {
			continue
		}
		r := j.ops[i].Return.Revision
		if other, scanned := first[r]; scanned {
			j.contrast(other, i)
		} else {
			first[r] = i
		}
	}
}

func (j *judging) contrast(a, b int) {
	one, two := byKey(&j.ops[a]), byKey(&j.ops[b])
	var names []string
	for _, m := range []map[string]history.KV{one, two} {
		for name := range m {
			if one[name] != two[name] {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		key, known := j.numbers[name]
		if !known {
			key = none
		}
		j.object(results.RuleHash, key, b, a, sprintf("%s at revision %d", found(two[name]), j.ops[b].Return.Revision),
			sprintf("%s as %s has", found(one[name]), j.ops[a].Node))
	}
}

func byKey(o *history.Operation) map[string]history.KV {
	out := make(map[string]history.KV, len(o.Return.Read))
	for _, kv := range o.Return.Read {
		out[kv.Key] = kv
	}
	return out
}

func found(kv history.KV) string {
	if kv.ModRevision == 0 {
		return "no key"
	}
	return sprintf("the value of revision %d", kv.ModRevision)
}
