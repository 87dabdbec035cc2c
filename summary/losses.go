package summary

import (
	"math"
	"slices"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Lost is what a cluster lost at once, of what it tolerates.
type Lost string

// What a cluster can lose.
const (
	LostFollower Lost = "follower" // one, by kill
	LostLeader   Lost = "leader"   // the leader alone, by kill
	LostZone     Lost = "zone"     // all members at one site, the leader among them
)

// Loss is how long writes were out when a cluster lost something that it tolerates,
// over all kills of valid trials: those of trials that do one fault again and again
// where there are any, else those of proofs; and of these the first failures of a
// full cluster, else those with others dead already.
type Loss struct {
	Of Lost `json:"of"`
	// P50NS and MaxNS are null where it lies among outages that did not end before
	// the next fault: longer than any that did.
	P50NS *float64 `json:"p50_ns"`
	MaxNS *float64 `json:"max_ns"`
	N     int      `json:"n"`
	// Full tells that each was the first failure of a full cluster.
	Full bool `json:"full"`
}

// kill is one that a cluster tolerates.
type kill struct {
	trial *results.Trial
	full  bool
	ns    float64 // +Inf where writes did not go on before the next fault
}

// losses of a cell by what was lost, in the order of the constants.
func losses(trials []*results.Trial) []Loss {
	kills := killsOf(trials)
	var out []Loss
	for _, of := range []Lost{LostFollower, LostLeader, LostZone} {
		if l, ok := lossOf(of, kills[of]); ok {
			out = append(out, l)
		}
	}
	return out
}

// killsOf some trials, by what was lost.
func killsOf(trials []*results.Trial) map[Lost][]kill {
	kills := map[Lost][]kill{}
	for _, t := range trials {
		for i := range t.Faults {
			f := &t.Faults[i]
			for _, of := range takenBy(t, f) {
				if ns, ok := outOf(t, i); ok {
					kills[of] = append(kills[of], kill{t, f.Alive == t.Nodes, ns})
				}
			}
		}
		if p := t.Proof; p != nil && len(t.Faults) == 0 && p.OutageNS > 0 {
			kills[LostLeader] = append(kills[LostLeader], kill{t, quorum.Size(t.Nodes).Tolerates() == 1, float64(p.OutageNS)})
		}
	}
	return kills
}

// takenBy is what a kill took, where the cluster goes on without it; a zone of one
// member is that member too.
func takenBy(t *results.Trial, f *results.Fault) (out []Lost) {
	if f.Action != "kill" || len(f.Nodes) == 0 || f.Leader == "" || beyond(t, f) {
		return nil
	}
	led := slices.Contains(f.Nodes, f.Leader)
	switch {
	case len(f.Nodes) > 1:
	case led:
		out = append(out, LostLeader)
	default:
		out = append(out, LostFollower)
	}
	if led && slices.Contains(t.Sites, f.Target) {
		out = append(out, LostZone)
	}
	return out
}

// outOf is how long writes were out after a fault, where anybody wrote.
func outOf(t *results.Trial, i int) (ns float64, ok bool) {
	switch o := outageOf(t, i); {
	case o.TotalNS != nil:
		return float64(*o.TotalNS), true
	case o.Outlasted():
		return math.Inf(1), true
	}
	return 0, false
}

// counted are those of the kills that a Loss is of.
func counted(all []kill) []kill {
	only := func(is func(kill) bool) {
		if some := slices.DeleteFunc(slices.Clone(all), func(k kill) bool { return !is(k) }); len(some) > 0 {
			all = some
		}
	}
	only(func(k kill) bool { return k.trial.Kind == results.Outages })
	only(func(k kill) bool { return k.full })
	return all
}

func lossOf(of Lost, all []kill) (Loss, bool) {
	all = counted(all)
	if len(all) == 0 {
		return Loss{}, false
	}
	var times stats.Sample
	for _, k := range all {
		times = append(times, k.ns)
	}
	return Loss{Of: of, P50NS: number(times.Median().Center), MaxNS: number(slices.Max(times)), N: len(all), Full: all[0].full}, true
}

// Loss of a kind; nil where none was seen.
func (c Cell) Loss(of Lost) *Loss {
	for i := range c.Losses {
		if c.Losses[i].Of == of {
			return &c.Losses[i]
		}
	}
	return nil
}
