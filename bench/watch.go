package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/results"
)

// A trial that watches leaves a healthy cluster alone under a light load and
// records what its members tell: who suspected the leader, who stood, who was
// elected. Nothing is done to it but the pauses that are asked for, so each change
// of leader is one that its timeouts, its network's jitter, its disks' stalls, those
// pauses or this host brought about.
// For a change of leader the trial is not repeated: it is what is counted.
//
// Several setups are watched at once (configs.WatchGroups): it takes minutes to
// see what happens a few times an hour.

// heldShare of the heartbeat timeout is the least for which a node tells that it
// was held up: raft sends heartbeats a tenth to a fifth of it apart, so less than
// that delays none by more than its own spread.
const heldShare = 10

// tellHeld has nodes tell when they were held up by their host.
func tellHeld(nodes []control.Options) {
	for i := range nodes {
		nodes[i].TellHeld = nodes[i].Raft.HeartbeatTimeout / heldShare
	}
}

// watch does all trials of a block of which each watches. Its error is as run's.
func (b *block) watch(ctx context.Context) error {
	b.atOnce(func(s *side) error { return s.start(ctx) })
	b.atOnce(func(s *side) (err error) {
		s.load, _, err = s.prepare(ctx)
		return err
	})
	b.warmUpInTurn(ctx)
	b.canary(ctx)
	b.each(func(s *side) error { s.tell(StageWatching); return nil })
	paused := b.pauseAll(ctx)
	b.metered(ctx, nil, func(s *side) offer {
		o := s.load.open(results.WindowWatch, results.RoleWatch, s.job.Setup.Watch.Rate)
		o.Duration = s.job.Setup.Watch.Duration
		return o
	})
	paused()
	for _, s := range b.sides {
		if s.system == nil {
			continue
		}
		if s.err == nil {
			s.err = smooth(ctx, s.system, s.job.Setup.Links)
		}
		s.err = s.finish(ctx, s.err)
	}
	return b.end(ctx)
}

// smooth ends the jitter and the loss of all links between members: replicas are
// to agree before they are audited, and under the jitter that was watched their
// leader may not last as long as that takes.
func smooth(ctx context.Context, s System, links map[string]map[string]netem.Shape) error {
	var errs []error
	for _, m := range s.Members() {
		for to := range maps.Keys(links[m.ID()]) {
			if member(s, to) == nil {
				continue // the load generator's end
			}
			shape := links[m.ID()][to]
			shape.Jitter, shape.Loss = 0, 0
			errs = append(errs, m.Links(ctx, control.Fault{Action: control.FaultShape, To: []string{to}, Shape: shape}))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("end the jitter before the audit: %w", err)
	}
	return nil
}
