package bench

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// A degraded cluster goes on without some of its members. What a write costs then
// depends on which of them are gone: a leader waits for the ⌊N/2⌋ followers that
// answer first. Those nearest to it are killed first, so that the cost is the
// highest that so many dead can make; the farthest would cost nothing, since
// nobody waited for them.

// byDistance are the followers of a leader, the nearest by emulated round trip
// first; of those equally near the last.
func byDistance(s configs.Setup, leader string) []string {
	var ids []string
	for i := s.Nodes - 1; i >= 0; i-- {
		if id := control.MemberID(i); id != leader {
			ids = append(ids, id)
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int {
		return cmp.Compare(tripBetween(s, leader, a), tripBetween(s, leader, b))
	})
	return ids
}

// tripBetween is the emulated one between two members.
func tripBetween(s configs.Setup, a, b string) time.Duration {
	return s.Links[a][b].Delay + s.Links[b][a].Delay
}

// killFollowers kills those that are to be dead under a measuring trial's load.
func (t *trial) killFollowers(ctx context.Context) error {
	if t.job.Kind != results.Measure || t.job.Setup.Dead == 0 {
		return nil
	}
	leader, err := t.system.Leader(ctx)
	if err != nil {
		return err
	}
	for _, id := range byDistance(t.job.Setup, leader)[:t.job.Setup.Dead] {
		at, err := member(t.system, id).Kill(ctx)
		if err != nil {
			return fmt.Errorf("kill %s before the load: %w", id, err)
		}
		t.events.add(results.Event{AtNS: at, Kind: results.EventFault, Node: id, Action: "kill", Target: configs.DeadAxis})
		t.record.Dead = append(t.record.Dead, id)
	}
	return nil
}

// revive starts the dead again, so that every replica can be audited. Where the
// store promises nothing over a restart there will be no audit, and it does nothing.
func (t *trial) revive(ctx context.Context) error {
	if len(t.record.Dead) == 0 || !t.record.Durable {
		return nil
	}
	return restartAll(ctx, t.system, t.events, t.record)
}

// revive starts the dead of all sides at once: one after another they would hold
// a block up for as long as its light window takes.
func (b *block) revive(ctx context.Context) {
	b.atOnce(func(s *side) error { return s.revive(ctx) })
}
