package main

import (
	"errors"
	"slices"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/results"
)

// forecastOutages settle a median to a percent.
const forecastOutages = 3000

// forecasts simulates the deaths of the leaders of a run's setups, one after the
// other as the trials have them, with the time that a sync took on the run's host.
// Each setup is simulated when it is first asked for, and once.
func forecasts(run *results.Run) func(cell string) (report.Forecast, bool) {
	known := map[string]*report.Forecast{}
	return func(cell string) (report.Forecast, bool) {
		f, asked := known[cell]
		if !asked {
			f = forecastOf(run, cell)
			known[cell] = f
		}
		if f == nil {
			return report.Forecast{}, false
		}
		return *f, true
	}
}

// forecastOf a setup; nil where the experiment cannot be read, or nothing is
// tolerated.
func forecastOf(run *results.Run, cell string) *report.Forecast {
	plan, err := recordedPlan(run.Dir)
	if err != nil {
		return nil
	}
	i := slices.IndexFunc(plan.Setups, func(s configs.Setup) bool { return s.Cell == cell })
	if i < 0 {
		return nil
	}
	failover := plan.Setups[i].Failover(time.Duration(run.Environment.FsyncP50NS))
	failover.Repeat = true
	e, err := failover.Predict(forecastOutages, plan.Seed)
	if errors.Is(err, quorum.ErrNotElected) {
		return &report.Forecast{NotElected: true}
	}
	if err != nil {
		return nil
	}
	return &report.Forecast{P50: float64(e.Committed.P50), P90: float64(e.Committed.P90), SplitShare: e.SplitShare}
}
