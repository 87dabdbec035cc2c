package gate

import "github.com/raftbench/raftbench/summary"

// Questions is how many measured values rules ask of setups that are only planned:
// what a failure will be corrected for. A rule that selects none of them, or cannot
// be held against them, is a mistake of type *strictyaml.Error, as it would be after
// the run.
func Questions(rules []Rule, planned []summary.Cell) (n int, err error) {
	e := evaluation{Input: Input{Run: summary.Analysis{Summary: summary.Summary{Cells: planned}}}, arms: hasArms(planned)}
	for _, r := range rules {
		tasks, err := e.tasks(r)
		if err != nil {
			return 0, err
		}
		if !r.left.fact {
			n += len(tasks)
		}
	}
	return n, nil
}
