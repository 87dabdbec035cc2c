package report

import (
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// alarms are what no Raft may do, told before everything else: what is lost or
// wrong, then what stands still, then proofs that contradict theory.
func alarms(gs []group) []string {
	var lost, stuck, theory []string
	for _, g := range gs {
		for _, c := range g.cells {
			name, f := sizeName(g, c), c.Faults
			lost = append(lost, findingLines("SAFETY VIOLATED, "+name, withLosses(f))...)
			stuck = append(stuck, findingLines("LIVENESS, "+name, f.Liveness)...)
			for _, text := range disagreements(c) {
				theory = append(theory, name+": "+text)
			}
		}
	}
	return append(append(lost, stuck...), theory...)
}

// withLosses are the findings on safety; the writes that are gone are counted,
// however few of them were found one by one.
func withLosses(f summary.Faults) []summary.Findings {
	out := slices.Clone(f.Safety)
	if f.LostWrites == 0 {
		return out
	}
	i := slices.IndexFunc(out, func(x summary.Findings) bool { return x.Rule == results.RuleLost })
	if i < 0 {
		return append([]summary.Findings{{Rule: results.RuleLost, Count: int(f.LostWrites)}}, out...)
	}
	out[i].Count = max(out[i].Count, int(f.LostWrites))
	return out
}

func findingLines(head string, findings []summary.Findings) []string {
	var out []string
	for _, f := range findings {
		line := fmt.Sprintf("%s: %s", head, facts.Rule(f.Rule))
		if f.Count > 1 {
			line += ", " + wording.Times(f.Count)
		}
		if values := facts.Values(f.First); values != "" {
			line += " (" + values + ")"
		}
		out = append(out, line)
	}
	return out
}

// disagreements are what a setup's proofs saw that theory has otherwise.
func disagreements(c summary.Cell) (out []string) {
	if s := c.Faults.Survived; s != nil && *s != c.Tolerates {
		out = append(out, fmt.Sprintf("writes went on after %s where theory says %d", wording.Failures(*s), c.Tolerates))
	}
	if b := c.Faults.BlockedAt; b != nil && *b != c.Tolerates+1 {
		out = append(out, fmt.Sprintf("not seen to stop with %d of %d dead, one more than it tolerates", c.Tolerates+1, c.Nodes))
	}
	return out
}

// logs are the ends of nodes' logs that came with findings, for the details.
func logs(gs []group) []nodeLog {
	var out []nodeLog
	for _, g := range gs {
		for _, c := range g.cells {
			for _, fs := range [][]summary.Findings{c.Faults.Safety, c.Faults.Liveness} {
				for _, f := range fs {
					if len(f.First.Log) > 0 {
						out = append(out, nodeLog{sizeName(g, c) + ", " + f.First.Node + ": " + facts.Rule(f.Rule), f.First.Log})
					}
				}
			}
		}
	}
	return out
}

type nodeLog struct {
	title string
	lines []string
}
