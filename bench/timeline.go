package bench

import (
	"sync"

	"github.com/raftbench/raftbench/control"
)

// timeline keeps the events of all nodes that tell of leadership and of
// snapshots, so that a window can say what fell into it.
type timeline struct {
	mu     sync.Mutex
	events []nodeEvent
}

type nodeEvent struct {
	node string
	control.Event
}

// add is the cluster's OnEvent.
func (t *timeline) add(node string, e control.Event) {
	switch e.Kind {
	case control.EventRole, control.EventSnapshot:
		t.mu.Lock()
		t.events = append(t.events, nodeEvent{node, e})
		t.mu.Unlock()
	}
}

// firstLeaderAfter returns when a node first became leader after atNS, on
// CLOCK_MONOTONIC; 0 when none has.
func (t *timeline) firstLeaderAfter(atNS int64) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.events {
		if e.Kind == control.EventRole && e.State == "Leader" && e.AtNS > atNS {
			return e.AtNS
		}
	}
	return 0
}
