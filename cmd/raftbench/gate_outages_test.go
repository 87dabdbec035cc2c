package main

import (
	"testing"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// A gate waits for no outages of a size that survives none: a run times none of them.
func TestAGateWaitsForOutagesThatAreTimed(t *testing.T) {
	plan := configs.Plan{Outages: 30, Setups: []configs.Setup{{Cell: "n1", Nodes: 1}, {Cell: "n3", Nodes: 3}}}
	got, err := planned(plan, &results.Run{})
	if err != nil || got["n1"].Outages != 0 || got["n3"].Outages != 30 {
		t.Errorf("got %+v, %v, want 30 outages of n3 and none of n1", got, err)
	}
}
