package ci

import (
	"slices"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// Judged is a run with what it says and the verdict on it.
type Judged struct {
	Run     *results.Run
	Summary summary.Summary
	Report  gate.Report
	// Floor of the run's class of hosts, below which no difference of arms is claimed;
	// nil where none was measured.
	Floor *summary.Floor
	// Rules are those that were judged, for the place in their file; none are
	// needed.
	Rules []gate.Rule
}

// setups are the names of all setups that anything is said of, the summary's
// first: a planned setup of which no trial finished is known to the gate alone.
func (j Judged) setups() []string {
	var out []string
	add := func(name string) {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, c := range j.Summary.Cells {
		add(c.Cell)
	}
	for _, v := range j.Report.Verdicts {
		add(v.Cell)
	}
	for _, f := range j.Report.Findings {
		add(f.Cell)
	}
	return out
}

// findings are those of the report, and writes that were only counted as lost
// without a key to name.
func (j Judged) findings() []gate.Finding {
	out := slices.Clone(j.Report.Findings)
	for _, c := range j.Summary.Cells {
		known := slices.ContainsFunc(out, func(f gate.Finding) bool { return f.Cell == c.Cell && f.Rule == results.RuleLost })
		if c.Faults.LostWrites > 0 && !known {
			lost := results.Finding{Class: results.Safety, Rule: results.RuleLost}
			out = append(out, gate.Finding{
				Cell: c.Cell, Class: results.Safety, Findings: summary.Findings{Rule: results.RuleLost, Count: int(c.Faults.LostWrites), First: lost},
			})
		}
	}
	return out
}
