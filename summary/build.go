package summary

import (
	"cmp"
	"slices"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// Build summarises a run, its cells by size and then by name. Its errors are
// of type *results.Error and come from damaged histograms.
func Build(run *results.Run) (Summary, error) {
	s := Summary{SchemaVersion: SchemaVersion, RunID: run.Environment.RunID, Cells: []Cell{}}
	for _, trials := range byCell(run) {
		c, err := buildCell(run, trials)
		if err != nil {
			return Summary{}, err
		}
		s.Cells = append(s.Cells, c)
	}
	return s, nil
}

// cellTrials are the trials of one cell.
type cellTrials struct {
	all []results.Trial // every attempt
	// latest attempts
	measure, proof []results.Trial
}

// byCell groups the trials, smallest clusters first.
func byCell(run *results.Run) []*cellTrials {
	cells := map[string]*cellTrials{}
	var order []*cellTrials
	for _, t := range run.Trials {
		c := cells[t.Cell]
		if c == nil {
			c = &cellTrials{}
			cells[t.Cell] = c
			order = append(order, c)
		}
		c.all = append(c.all, t)
	}
	for _, t := range run.Latest() {
		c := cells[t.Cell]
		if t.Kind == results.Proof {
			c.proof = append(c.proof, t)
		} else {
			c.measure = append(c.measure, t)
		}
	}
	slices.SortStableFunc(order, func(a, b *cellTrials) int {
		return cmp.Or(cmp.Compare(a.all[0].Nodes, b.all[0].Nodes), cmp.Compare(a.all[0].Cell, b.all[0].Cell))
	})
	return order
}

func valid(trials []results.Trial) []results.Trial {
	return slices.DeleteFunc(slices.Clone(trials), func(t results.Trial) bool { return !t.Valid })
}

func buildCell(run *results.Run, trials *cellTrials) (Cell, error) {
	first := trials.all[0]
	size := quorum.Size(first.Nodes)
	measured := valid(trials.measure)
	c := Cell{
		Cell: first.Cell, Nodes: first.Nodes, Quorum: size.Quorum(), Tolerates: size.Tolerates(),
		Engine: first.Engine, Profile: first.Profile, Load: first.Load, Params: first.Params,
		Trials: len(trials.measure), ValidTrials: len(measured), Proofs: len(trials.proof),
		Faults: faults(trials, size.Tolerates()), Warnings: warnings(run, trials),
	}
	if first.MessageFaults {
		measured, trials.proof = nil, nil // what they proved stands in Faults
		c.Warnings = append(c.Warnings, "message faults: a safety run, no performance result")
	}
	p := &pool{run: run, trials: measured}
	c.Metrics = metrics(observe(measured, valid(trials.proof)))
	c.CapacityConfirmed = confirms(measured)
	if _, found := c.Metrics["capacity_ops"]; found && c.CapacityConfirmed == 0 {
		c.Warnings = append(c.Warnings, "capacity is not confirmed by a fresh cluster: give at least 2 trials")
	}
	tails, err := p.tails(c.Metrics)
	if err != nil {
		return Cell{}, err
	}
	c.Warnings = append(c.Warnings, tails...)
	c.Curve, err = p.curve()
	return c, err
}
