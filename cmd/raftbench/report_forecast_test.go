package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// An outage is predicted with what the run's own outage trials have measured: of
// writes to the log and of links. Trials of another kind or setup, nodes that wrote
// nothing and links that nobody probed say nothing.
func TestForecastTakesWhatOutageTrialsMeasured(t *testing.T) {
	const ms = int64(time.Millisecond)
	trial := func(cell string, kind results.TrialKind, write, late int64) results.Trial {
		return results.Trial{
			Cell: cell, Kind: kind,
			Resources: []results.Resource{{StoreTimeP50NS: write, StoreTimeP99NS: 3 * write}, {}},
			Links: []results.Link{
				{Before: &results.LinkTruth{Samples: 20, ErrorP50NS: late, ErrorP99NS: 2 * late}},
				{Before: &results.LinkTruth{Samples: 1, ErrorP50NS: 1000 * ms}}, {},
			},
		}
	}
	run := &results.Run{Trials: []results.Trial{
		trial("n3", results.Outages, 4*ms, ms), trial("n3", results.Proof, 100*ms, 100*ms), trial("n5", results.Outages, 100*ms, 100*ms),
	}}
	run.Environment.FsyncP50NS = 9 * ms
	s := configs.Setup{
		Cell: "n3", Nodes: 3, Engine: configs.EngineHashicorp, Storage: control.Storage{Store: control.StoreBolt},
		Outage: configs.RepeatedFault{Rate: 20},
	}
	f := asMeasured(run, s)
	r := rand.New(rand.NewPCG(1, 1))
	if f.Store != 4*time.Millisecond || f.Every != time.Second/20 || f.Late == nil || f.Slow == nil {
		t.Fatalf("a write takes %s, clients write every %s, late %v, slow %v", f.Store, f.Every, f.Late != nil, f.Slow != nil)
	}
	for range 1000 {
		if slow, late := f.Slow(r), f.Late(r); slow < 0 || late < time.Millisecond || late > 20*time.Millisecond {
			t.Fatalf("slower by %s, late by %s", slow, late)
		}
	}
	s.Cell = "n7"
	if f := asMeasured(run, s); f.Store != 18*time.Millisecond || f.Slow != nil || f.Late != nil {
		t.Errorf("nothing is on record: a write takes %s, want two syncs of the host's", f.Store)
	}
}
