package summary

import (
	"cmp"
	"slices"

	"github.com/raftbench/raftbench/results"
)

// setup is the trials of one cell.
type setup struct {
	all []*results.Trial // every attempt
	// The last attempts, by kind of trial.
	measure, proof, outages, watch, tested []*results.Trial
}

// first trial, which says what all of them share.
func (s *setup) first() *results.Trial { return s.all[0] }

// setups groups a run's trials in one pass, smallest clusters first. Setups of
// one size are in the order of their axes' values, 2 before 16.
func setups(run *results.Run) []*setup {
	cells := map[string]*setup{}
	var order []*setup
	of := func(t *results.Trial) *setup {
		s := cells[t.Cell]
		if s == nil {
			s = &setup{}
			cells[t.Cell] = s
			order = append(order, s)
		}
		return s
	}
	for i := range run.Trials {
		s := of(&run.Trials[i])
		s.all = append(s.all, &run.Trials[i])
	}
	latest := run.Latest()
	for i := range latest {
		t := &latest[i]
		switch s := of(t); t.Kind {
		case results.Proof:
			s.proof = append(s.proof, t)
		case results.Outages:
			s.outages = append(s.outages, t)
		case results.Watch:
			s.watch = append(s.watch, t)
		case results.SafetyTest:
			s.tested = append(s.tested, t)
		default:
			s.measure = append(s.measure, t)
		}
	}
	slices.SortStableFunc(order, func(a, b *setup) int { return bySetup(a.first(), b.first()) })
	return order
}

func bySetup(a, b *results.Trial) int {
	if c := cmp.Or(cmp.Compare(a.Nodes, b.Nodes), byValue(a.Engine, b.Engine), byValue(a.Profile, b.Profile)); c != 0 {
		return c
	}
	for _, key := range axes(a.Params, b.Params) {
		if c := byValue(a.Params[key], b.Params[key]); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.Cell, b.Cell)
}

func valid(trials []*results.Trial) []*results.Trial {
	return slices.DeleteFunc(slices.Clone(trials), func(t *results.Trial) bool { return !t.Valid })
}
