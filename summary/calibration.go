package summary

import (
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// Calibration is what a run with one and three members teaches of what code and logs
// take on its host, so that clusters can be predicted that nobody has run there.
type Calibration struct {
	// Cell is the setup of three members that it is from.
	Cell string
	m    *model
}

// Calibrate by each of a run's setups that has both sizes, with a record of where their
// writes' time went, and a client beside the leader. It is an error that there is none.
func Calibrate(run *results.Run) ([]Calibration, error) {
	record := *run
	record.Dir = "" // without the histograms: nothing here is pooled
	s, err := Build(&record)
	if err != nil {
		return nil, err
	}
	cells := s.Cells
	sides, latest := map[string]side{}, run.Latest()
	for _, c := range cells {
		sides[c.Cell] = sideOf(latest, c)
	}
	var out []Calibration
	for _, group := range alikeButForSize(cells) {
		m := fit(cells, group, sides, run.Environment.Cores)
		if m == nil {
			continue
		}
		c := cells[group[slices.IndexFunc(group, func(i int) bool { return cells[i].Nodes == fitThree })]]
		if slices.ContainsFunc(run.Trials, func(t results.Trial) bool { return t.Cell == c.Cell && clientAway(t) }) {
			continue
		}
		out = append(out, Calibration{Cell: c.Cell, m: m})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: got no setup that has valid trials of %d and of %d nodes under light load with a record of where writes' time goes (workload.spans) and a client beside the leader, want one", run.Dir, fitAlone, fitThree)
	}
	return out, nil
}

// clientAway tells whether the client's way to the cluster was emulated.
func clientAway(t results.Trial) bool {
	return slices.ContainsFunc(t.Links, func(l results.Link) bool { return l.From == results.Client })
}

// Here predicts members that share the run's host, by the round trips to its followers,
// in the order of their medians.
func (c Calibration) Here(trips []quorum.Law) Parts { return c.m.predict(trips) }

// OwnMachines predicts members on machines of their own, each like the run's host.
func (c Calibration) OwnMachines(trips []quorum.Law) Parts { return c.m.own(trips) }
