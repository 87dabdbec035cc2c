package main

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/results"
)

// falseForecasts simulates how often the healthy leaders of a run's setups lose their
// place. What differs in nothing that decides it, such as in its load, is simulated
// once.
func falseForecasts(run *results.Run) func(cell string) report.FalseForecast {
	plan, err := recordedPlan(run.Dir)
	if err != nil {
		return func(string) report.FalseForecast {
			return report.FalseForecast{Unknown: "what the run was asked for cannot be read"}
		}
	}
	type decides struct {
		setup    configs.Setup
		forecast report.FalseForecast
	}
	var known []decides
	return func(cell string) report.FalseForecast {
		i := slices.IndexFunc(plan.Setups, func(s configs.Setup) bool { return s.Cell == cell })
		if i < 0 {
			return report.FalseForecast{Unknown: "the experiment has no such setup"}
		}
		s := plan.Setups[i]
		for _, k := range known {
			if deposedAlike(k.setup, s) {
				return k.forecast
			}
		}
		f := falseForecastOf(s, time.Duration(run.Environment.FsyncP50NS), plan.Seed)
		known = append(known, decides{s, f})
		return f
	}
}

// deposedAlike tells whether what takes a healthy leader its place is the same in two
// setups. A disk that stalls holds up no heartbeat of hashicorp/raft.
func deposedAlike(a, b configs.Setup) bool {
	stalls := a.Engine != configs.EngineEtcd || reflect.DeepEqual(a.Storage, b.Storage)
	return stalls && a.Nodes == b.Nodes && a.Engine == b.Engine && a.Leader == b.Leader &&
		reflect.DeepEqual(a.Raft, b.Raft) && reflect.DeepEqual(a.Links, b.Links) && reflect.DeepEqual(a.Network, b.Network)
}

// falseForecastOf a setup: without any pauses of its processes, which are the host's.
func falseForecastOf(s configs.Setup, sync time.Duration, seed int64) report.FalseForecast {
	if s.Nodes < 3 {
		return report.FalseForecast{Unknown: "one or two nodes have nobody to elect in the leader's place"}
	}
	again := 2 * s.Raft.ElectionTimeout // where the simulation of it elects nobody
	if e, err := s.Failover(sync).Predict(forecastOutages, seed); err == nil {
		again = e.Elected.P50
	}
	f, err := s.Healthy(nil).Expect(watchDraws, again, seed)
	if err != nil {
		return report.FalseForecast{Unknown: fmt.Sprintf("the simulation refuses it: %v", err)}
	}
	return report.FalseForecast{PerHour: f.PerHour, UpperPerHour: f.UpperPerHour}
}

// watchDraws of each coincidence of lost messages are played.
const watchDraws = 300
