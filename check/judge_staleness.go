package check

import (
	"cmp"
	"slices"

	"github.com/raftbench/raftbench/history"
)

// Staleness of the reads that were allowed to be stale: how far the state that
// they were answered from was behind what somebody had been told before they were
// sent.
type Staleness struct {
	// Reads are all serializable reads that were answered, Stale those that were
	// behind.
	Reads int `json:"reads"`
	Stale int `json:"stale"`
	// Revisions behind, over all reads.
	Revisions Quantiles `json:"revisions"`
	// NS is how long ago, at least, the state that was read had been overtaken, in
	// nanoseconds, over all reads: since somebody had first been told of a later
	// revision. The state may have been older than that by the time which it takes
	// to be told.
	NS Quantiles `json:"ns"`
}

// Quantiles of a sample, each a value of it (nearest rank); of an empty one all
// are 0.
type Quantiles struct {
	P50 int64 `json:"p50"`
	P90 int64 `json:"p90"`
	P99 int64 `json:"p99"`
	Max int64 `json:"max"`
}

func (j *judging) staleness() Staleness {
	var out Staleness
	var revisions, ns []int64
	overtaken := j.overtaken()
	for i := range j.ops {
		o := &j.ops[i]
		if !o.Serializable || o.Kind == history.Scan || o.Outcome() != history.OK {
			continue
		}
		out.Reads++
		behind, age := max(0, j.floors[i]-o.Return.Revision), int64(0)
		if behind > 0 {
			out.Stale++
			age = o.AtNS - overtaken(o.Return.Revision)
		}
		revisions, ns = append(revisions, behind), append(ns, age)
	}
	out.Revisions, out.NS = quantiles(revisions), quantiles(ns)
	return out
}

// overtaken tells when somebody was first told of a revision later than this one.
func (j *judging) overtaken() func(revision int64) int64 {
	var told []history.Return
	for i := range j.ops {
		if j.ops[i].Outcome() == history.OK {
			r := j.ops[i].Return
			told = append(told, history.Return{Revision: r.Revision, AtNS: r.AtNS})
		}
	}
	slices.SortFunc(told, func(a, b history.Return) int { return cmp.Compare(a.Revision, b.Revision) })
	for i := len(told) - 2; i >= 0; i-- { // the earliest of this and all later ones
		told[i].AtNS = min(told[i].AtNS, told[i+1].AtNS)
	}
	return func(revision int64) int64 {
		i, _ := slices.BinarySearchFunc(told, revision+1, func(r history.Return, want int64) int { return cmp.Compare(r.Revision, want) })
		return told[i].AtNS
	}
}

func quantiles(sample []int64) Quantiles {
	if len(sample) == 0 {
		return Quantiles{}
	}
	slices.Sort(sample)
	at := func(percent int) int64 { return sample[(len(sample)*percent+99)/100-1] }
	return Quantiles{P50: at(50), P90: at(90), P99: at(99), Max: sample[len(sample)-1]}
}
