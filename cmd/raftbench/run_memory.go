package main

import (
	"fmt"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

// processes is how many node processes of a plan may live at once here; what is
// run elsewhere takes no memory of this host's.
func processes(plan configs.Plan, env results.Environment) (int, error) {
	available, err := host.AvailableMemory()
	if len(env.Endpoints) > 0 || err != nil {
		return bench.MostProcesses, nil // without a figure, the usual bound
	}
	return fitting(plan, available)
}

func fitting(plan configs.Plan, available int64) (int, error) {
	most := bench.ProcessesIn(available)
	if err := armsFit(plan, most); err != nil {
		return 0, err
	}
	for _, s := range plan.Setups {
		if s.Nodes > most && most < bench.MostProcesses {
			return 0, usage(fmt.Errorf("%s do not fit in memory: %s are available, of which the nodes may take half, and each takes up to %s",
				units.Plural(s.Nodes, "node"), units.Size.Show(float64(available)), units.Size.Show(float64(bench.NodeMemory))),
				fmt.Sprintf("free some, or measure at most %s", units.Plural(most, "node")))
		}
	}
	return most, nil
}

// armsFit refuses arms of one size that cannot live at once: a block would be split
// between them, and nothing be side by side. Of a plan without blocks nothing is.
func armsFit(plan configs.Plan, most int) error {
	if plan.Trials == 0 && plan.Precision == 0 {
		return nil
	}
	together := map[int]int{} // processes of a size
	for _, s := range plan.Setups {
		if _, is := s.Params[configs.ArmAxis]; is {
			together[s.Nodes] += s.Nodes
		}
		if n := together[s.Nodes]; n > most {
			return usage(fmt.Errorf("the arms of %s do not fit beside each other: they are at least %d processes, and %d may live at once here",
				units.Plural(s.Nodes, "node"), n, most), "compare smaller clusters, or free memory")
		}
	}
	return nil
}
