package main

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/configs"
)

func TestNodesThatDoNotFitInMemoryAreRefused(t *testing.T) {
	plan := configs.Plan{Setups: []configs.Setup{{Nodes: 3}, {Nodes: 7}}}
	for _, c := range []struct {
		available int64
		most      int
		refused   string
	}{
		{64 << 30, bench.MostProcesses, ""},
		{2 << 30, 12, ""},   // both at once
		{1200 << 20, 7, ""}, // one after the other
		{512 << 20, 0, "7 nodes do not fit in memory: 512 MiB are available"},
		{0, 0, "3 nodes do not fit"},
	} {
		most, err := fitting(plan, c.available)
		if most != c.most || (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%d bytes: got %d, %v, want %d, %q", c.available, most, err, c.most, c.refused)
		}
	}
	large := configs.Plan{Setups: []configs.Setup{{Nodes: 31}}}
	if _, err := fitting(large, 64<<30); err != nil {
		t.Errorf("a large cluster alone is no matter of memory: %v", err)
	}
}
