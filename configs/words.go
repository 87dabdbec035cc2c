package configs

import (
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// words are what a key allows, where it allows words only, by YAML path
// without indices.
var words = map[string][]string{
	"engine":                     {EngineHashicorp, EngineEtcd},
	"host.awake":                 {AwakeAuto, AwakeOn, AwakeOff},
	"storage.store":              {control.StoreBolt, control.StoreBoltNoSync, control.StoreMemory},
	"network.links.distribution": distributions,
	"workload.reads":             {"linearizable", "serializable"},
	"workload.target":            {"leader", "follower", "all"},
	"workload.calm.arrivals":     {"constant", "poisson"},
	"workload.load.mode":         {ModeBoth, ModeCalm, ModeSaturate, ModeCapacity, ModeSweep},
	"outages.action":             repeatable(),
	"nemesis.actions":            NemesisActions(),
	"faults.action":              actionNames(),
	"faults.link.distribution":   distributions,
}

var distributions = []string{string(netem.Uniform), string(netem.Normal), string(netem.Pareto), string(netem.ParetoNormal)}
