package summary

import (
	"cmp"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Tested is what a cell's safety trials came to. Trials in which something was found
// count like all others: what they did is part of the answer.
type Tested struct {
	// Trials by what came of them; Failed did not come to be judged.
	Trials    int `json:"trials"`
	Holds     int `json:"holds"`
	Violated  int `json:"violated"`
	Undecided int `json:"undecided"`
	Failed    int `json:"failed"`
	// Stuck are the trials with a finding on liveness: they may hold all the same.
	Stuck int `json:"stuck"`

	// Operations of the judged trials.
	Operations int64                    `json:"operations"`
	Kinds      []results.OperationCount `json:"operations_by_kind"`
	// Faults that were done, by their action; NotDone those of which nothing was, and
	// FaultsFailed those that were begun and did not do what they are for.
	Faults       map[string]int `json:"faults"`
	NotDone      int            `json:"faults_not_done"`
	FaultsFailed int            `json:"faults_failed"`

	Snapshots int `json:"snapshots"`
	Installs  int `json:"installs"`
	Restarts  int `json:"restarts"`
	Restores  int `json:"restores"`
	// Unforced are the trials without any snapshot.
	Unforced int `json:"trials_without_snapshot"`

	// Staleness: its medians and 99th percentiles are medians over the trials, its
	// maxima the largest of all; null where nothing was read from a replica's own store.
	Staleness *results.Staleness `json:"staleness,omitempty"`
	// UnjudgedAttempts were cut off, or void, and their histories are kept, since nobody
	// could judge them; other attempts stand for them.
	UnjudgedAttempts int `json:"unjudged_attempts,omitempty"`
	// Nemesis is the version of what made the faults of the seeds, 0 without one.
	Nemesis int `json:"nemesis_version,omitempty"`
	// Seeds are those of the trials in which something was found, and UnjudgedSeeds those
	// of the others that do not hold: undecided, or failed. In order of their trials.
	Seeds         []int64 `json:"seeds_to_replay,omitempty"`
	UnjudgedSeeds []int64 `json:"seeds_not_judged,omitempty"`
}

// tested is what a cell's safety trials came to; nil where there was none.
func tested(trials []*results.Trial) *Tested {
	if len(trials) == 0 {
		return nil
	}
	out := &Tested{Trials: len(trials), Kinds: []results.OperationCount{}, Faults: map[string]int{}}
	var stale []*results.Staleness
	for _, t := range trials {
		out.answer(t)
		if t.Tested == nil {
			continue
		}
		out.add(t.Tested)
		if t.Tested.Staleness != nil {
			stale = append(stale, t.Tested.Staleness)
		}
	}
	slices.SortFunc(out.Kinds, func(a, b results.OperationCount) int { return cmp.Compare(a.Kind, b.Kind) })
	out.Staleness = staleness(stale)
	return out
}

// answer counts what came of a trial.
func (s *Tested) answer(t *results.Trial) {
	switch t.Judgement() {
	case results.Violated:
		s.Violated++
	case results.Holds:
		s.Holds++
	case results.Undecided:
		s.Undecided++
	default:
		s.Failed++
	}
	if t.Has(results.Liveness) {
		s.Stuck++
	}
	switch {
	case len(t.Findings) > 0:
		s.Seeds = append(s.Seeds, t.Seed)
	case !t.Valid:
		s.UnjudgedSeeds = append(s.UnjudgedSeeds, t.Seed)
	}
}

func (s *Tested) add(t *results.Tested) {
	s.Operations += t.Judged()
	for _, o := range t.Operations {
		i := slices.IndexFunc(s.Kinds, func(k results.OperationCount) bool { return k.Kind == o.Kind })
		if i < 0 {
			i = len(s.Kinds)
			s.Kinds = append(s.Kinds, results.OperationCount{Kind: o.Kind})
		}
		s.Kinds[i].OK += o.OK
		s.Kinds[i].Rejected += o.Rejected
		s.Kinds[i].Unknown += o.Unknown
	}
	for action, n := range t.Faults {
		s.Faults[action] += n
	}
	s.NotDone += t.NotDone
	s.FaultsFailed += t.FaultsFailed
	s.Snapshots += t.Snapshots
	s.Installs += t.Installs
	s.Restarts += t.Restarts
	s.Restores += t.Restores
	if t.Snapshots == 0 {
		s.Unforced++
	}
	s.UnjudgedAttempts += len(t.UnjudgedAttempts)
	s.Nemesis = max(s.Nemesis, t.Nemesis)
}

// Done is how many faults were.
func (s *Tested) Done() (n int) {
	for _, times := range s.Faults {
		n += times
	}
	return n
}

func staleness(all []*results.Staleness) *results.Staleness {
	if len(all) == 0 {
		return nil
	}
	out := &results.Staleness{}
	median := func(of func(*results.Staleness) int64) int64 {
		values := make([]float64, len(all))
		for i, s := range all {
			values[i] = float64(of(s))
		}
		return int64(stats.Sample(values).Median().Center)
	}
	out.BehindP50 = median(func(s *results.Staleness) int64 { return s.BehindP50 })
	out.BehindP99 = median(func(s *results.Staleness) int64 { return s.BehindP99 })
	out.AgeP50NS = median(func(s *results.Staleness) int64 { return s.AgeP50NS })
	out.AgeP99NS = median(func(s *results.Staleness) int64 { return s.AgeP99NS })
	for _, s := range all {
		out.Reads += s.Reads
		out.Stale += s.Stale
		out.BehindMax = max(out.BehindMax, s.BehindMax)
		out.AgeMaxNS = max(out.AgeMaxNS, s.AgeMaxNS)
	}
	return out
}
