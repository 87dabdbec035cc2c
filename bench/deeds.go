package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// deed is how an action is done and undone. To add an action takes an entry here
// and one in configs, which says what it may be done to.
type deed struct {
	// prepare, where there is one, comes before the instant of the fault.
	prepare step
	do      step
	// undo is called when the fault stands no more; nil where nothing is left.
	undo step
}

type step func(*harm, context.Context, *inflicted) error

// deeds by the action's name.
var deeds = map[string]deed{
	"kill":            {do: (*harm).kill, undo: (*harm).reviveAll},
	"pause":           {do: each(Member.Pause), undo: (*harm).resumeLiving},
	"resume":          {do: undoes("pause")},
	"restart":         {do: (*harm).restarted},
	"rolling-restart": {do: (*harm).rollingRestart},
	configs.PowerLoss: {do: (*harm).restarted},
	"deadlock":        {do: (*harm).deadlock, undo: (*harm).goOn},

	"disk-stall": {do: (*harm).setDisk, undo: (*harm).setDisk},
	"disk-slow":  {do: (*harm).setDisk, undo: (*harm).setDisk},
	"disk-full":  {do: (*harm).setDisk, undo: (*harm).refill},

	configs.Partition: {do: cuts(partitioned), undo: (*harm).joins},
	"isolate":         {do: cuts(func(h *harm, f *inflicted) []results.Ends { return apart(h.split(f)) }), undo: (*harm).joins},
	"send-only":       {do: cuts(sendOnly), undo: (*harm).joins},
	"receive-only":    {do: cuts(func(h *harm, f *inflicted) []results.Ends { return oneWay(h.split(f)) }), undo: (*harm).joins},
	"halves":          {do: cuts(arranged(cutHalves)), undo: (*harm).joins},
	"bridge":          {do: cuts(arranged(cutBridge)), undo: (*harm).joins},
	"majorities-ring": {do: cuts(arranged(cutRing)), undo: (*harm).joins},

	"quorum-loss":          {do: cuts(aboutLeader(quorumLoss)), undo: (*harm).joins},
	"constrained-election": {prepare: (*harm).leaveBehind, do: cuts(aboutLeader(constrainedElection)), undo: (*harm).joins},
	"chained":              {do: cuts(aboutLeader(chained)), undo: (*harm).joins},

	"transfer":         {do: (*harm).transfer},
	"add-node":         {prepare: (*harm).leave, do: (*harm).addNode},
	"remove-node":      {do: (*harm).removeNode, undo: (*harm).readmit},
	"remove-leader":    {do: (*harm).removeNode, undo: (*harm).readmit},
	"install-snapshot": {prepare: (*harm).fallBehind, do: (*harm).install},

	"slow":                {do: (*harm).slow, undo: (*harm).reshape},
	configs.MessageFaults: {do: (*harm).setMessages, undo: (*harm).setMessages},
	configs.Heal:          {do: (*harm).heal},
}

// each does something to every member of a fault at once.
func each(do func(Member, context.Context) error) step {
	return func(_ *harm, ctx context.Context, f *inflicted) error {
		return toAll(f.members, func(m Member) error {
			if err := do(m, ctx); err != nil && m.Alive() {
				return err
			}
			return nil // it died of an earlier fault meanwhile, or the trial's health tells of it
		})
	}
}

// toAll does something to members at once.
func toAll(members []Member, do func(Member) error) error {
	errs := make([]error, len(members))
	var all sync.WaitGroup
	for i, m := range members {
		all.Go(func() { errs[i] = do(m) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// kill stamps the fault with the instant just before its first signal. Who died by
// itself just then is as dead.
func (h *harm) kill(ctx context.Context, f *inflicted) error {
	var mu sync.Mutex
	first := int64(0)
	err := toAll(f.members, func(m Member) error {
		at, err := h.stop(ctx, m)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil && (first == 0 || at < first):
			first = at
		case err != nil && m.Alive():
			return err
		}
		f.dead = append(f.dead, m)
		return nil
	})
	f.AtNS, f.effectNS = max(f.AtNS, first), clock.Now()
	return err
}

// reviveAll starts those of a fault's members that died, unless another fault keeps
// them from running: at once, but for those that have to be added to the configuration.
func (h *harm) reviveAll(ctx context.Context, f *inflicted) error {
	var dead, removed []Member
	for _, m := range f.members {
		switch {
		case h.out[m.ID()] != nil:
			removed = append(removed, m)
		case !m.Alive() && h.keptDead(m) == nil:
			dead = append(dead, m)
		}
	}
	errs := []error{toAll(dead, func(m Member) error { return h.start(ctx, m) })}
	for _, m := range removed {
		errs = append(errs, h.revive(ctx, m))
	}
	return errors.Join(errs...)
}

func (h *harm) resumeLiving(ctx context.Context, f *inflicted) error {
	return toAll(f.members, func(m Member) error {
		if !m.Alive() || h.holds(f.Action, m) {
			return nil // killed while it was paused, or another pause of it stands
		}
		return m.Resume(ctx)
	})
}

// undoes ends the standing faults of an action that hit the target.
func undoes(action string) step {
	return func(h *harm, ctx context.Context, f *inflicted) error {
		return h.undoThose(ctx, f, func(s *inflicted) bool { return s.Action == action })
	}
}

// heal ends what was done to network, disk and state machine.
func (h *harm) heal(ctx context.Context, f *inflicted) error {
	return h.undoThose(ctx, f, func(s *inflicted) bool { return s.action.Heals() })
}

// undoThose ends the standing faults that hit a fault's target, and notes to whom
// they were done.
func (h *harm) undoThose(ctx context.Context, f *inflicted, which func(*inflicted) bool) error {
	var errs []error
	for _, s := range slices.Clone(h.standing) {
		if s == f || !which(s) || !s.hits(f.Target) {
			continue
		}
		for _, m := range s.members {
			if !slices.Contains(f.members, m) {
				f.members, f.Nodes = append(f.members, m), append(f.Nodes, m.ID())
			}
		}
		f.undid = true
		errs = append(errs, h.undo(ctx, s))
	}
	return errors.Join(errs...)
}

// restarted starts those that a fault of the same target killed, or kills members
// and starts them at once, whatever keeps them from running.
func (h *harm) restarted(ctx context.Context, f *inflicted) error {
	if len(f.members) == 0 {
		return undoes("kill")(h, ctx, f)
	}
	alive := slices.DeleteFunc(slices.Clone(f.members), func(m Member) bool { return !m.Alive() })
	killed := &inflicted{members: alive}
	if err := h.kill(ctx, killed); err != nil {
		return err
	}
	f.AtNS, f.effectNS = max(f.AtNS, killed.AtNS), killed.effectNS
	for _, m := range f.members {
		h.release(m)
	}
	return h.reviveAll(ctx, f)
}

// rollingRestart kills and starts the members one after another, each when its
// predecessor listens and has caught up. The leader is the last, and hands over
// before, as operators are told to do it.
func (h *harm) rollingRestart(ctx context.Context, f *inflicted) error {
	members := f.members
	if len(members) == 0 {
		members = living(h.system)
	}
	slices.SortStableFunc(members, func(a, b Member) int { return btoi(a.ID() == f.Leader) - btoi(b.ID() == f.Leader) })
	f.members, f.Nodes = members, byID(members)
	for _, m := range members {
		if m.ID() == f.Leader && len(members) > 1 {
			if err := h.transfer(ctx, &inflicted{members: []Member{m}, Fault: f.Fault}); err != nil {
				return err
			}
		}
		if err := h.killWithin(ctx, f, m); err != nil {
			return err
		}
		if err := h.start(ctx, m); err != nil {
			return err
		}
		if err := h.awaitCaughtUp(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// awaitCaughtUp waits until a member follows, or is, a leader that all agree on,
// and has applied what that one had committed by then.
func (h *harm) awaitCaughtUp(ctx context.Context, m Member) error {
	bounded, cancel := context.WithTimeout(ctx, recoveryBound(h.setup.Raft))
	defer cancel()
	leader, err := h.system.Leader(bounded)
	if err != nil {
		return err
	}
	return h.awaitApplied(ctx, m, member(h.system, leader))
}

func (*harm) deadlock(ctx context.Context, f *inflicted) error {
	return toAll(f.members, func(m Member) error { return m.Deadlock(ctx, true) })
}

// goOn ends the deadlock of those that no other fault holds in one.
func (h *harm) goOn(ctx context.Context, f *inflicted) error {
	return toAll(f.members, func(m Member) error {
		if h.holds(f.Action, m) {
			return nil
		}
		return m.Deadlock(ctx, false)
	})
}

func (h *harm) setDisk(ctx context.Context, f *inflicted) error {
	return toAll(f.members, func(m Member) error { return m.Disk(ctx, h.diskOf(m)) })
}

// refill gives room again, and starts whoever died for want of it: raft panics when
// it cannot store its term.
func (h *harm) refill(ctx context.Context, f *inflicted) error {
	return errors.Join(h.setDisk(ctx, f), h.reviveAll(ctx, f))
}

func (h *harm) setMessages(ctx context.Context, f *inflicted) error {
	return toAll(f.members, func(m Member) error {
		now := h.setup.MessageFaults
		if last := h.inForce(func(s *inflicted) bool {
			return s.Action == configs.MessageFaults && slices.Contains(s.members, m)
		}); last != nil {
			now = last.asked.Messages
		}
		return m.MessageFaults(ctx, now)
	})
}

// split is a fault's members and all others, the dead included: a partition is the
// network's, and they may come back.
func (h *harm) split(f *inflicted) (some, others []string) {
	some = byID(f.members)
	return some, without(byID(h.system.Members()), some...)
}

// sendOnly: what the members send arrives, and nothing reaches them.
func sendOnly(h *harm, f *inflicted) []results.Ends {
	some, others := h.split(f)
	return oneWay(others, some)
}

// partitioned cuts a link, or all that are not within a group.
func partitioned(_ *harm, f *inflicted) []results.Ends {
	if from, to, ok := strings.Cut(f.Target, "->"); ok {
		return []results.Ends{{From: from, To: to}}
	}
	return cutGroups(f.asked.Groups)
}

func isLink(target string) bool { return strings.Contains(target, "->") }

// arranged lays the members out with the fault's own first and the leader last.
func arranged(cut func(order []string) []results.Ends) func(*harm, *inflicted) []results.Ends {
	return func(h *harm, f *inflicted) []results.Ends {
		return cut(around(f.members[0].ID(), f.Leader, byID(h.system.Members())))
	}
}

// aboutLeader chooses the leader's opposite: the first other member that lives.
func aboutLeader(cut func(leader, other string, all []string) []results.Ends) func(*harm, *inflicted) []results.Ends {
	return func(h *harm, f *inflicted) []results.Ends {
		return cut(f.members[0].ID(), h.opposite(f).ID(), byID(h.system.Members()))
	}
}

func (h *harm) opposite(f *inflicted) Member {
	alive := living(h.system)
	return alive[max(0, slices.IndexFunc(alive, func(m Member) bool { return m != f.members[0] }))]
}

// cuts cuts links, all at once, and heals those that only its preparation needed.
func cuts(which func(*harm, *inflicted) []results.Ends) step {
	return func(h *harm, ctx context.Context, f *inflicted) error {
		before := f.cut
		f.cut = which(h, f)
		err := h.links(ctx, f.cut, control.Fault{Action: control.FaultCut})
		whole := slices.DeleteFunc(before, h.isCut)
		return errors.Join(err, h.links(ctx, whole, control.Fault{Action: control.FaultHeal, Immediate: true}))
	}
}

// joins heals those of a fault's links that no other fault cuts.
func (h *harm) joins(ctx context.Context, f *inflicted) error {
	whole := slices.DeleteFunc(slices.Clone(f.cut), h.isCut)
	return h.links(ctx, whole, control.Fault{Action: control.FaultHeal})
}

// links does a fault to directed links, all at once.
func (h *harm) links(ctx context.Context, which []results.Ends, fault control.Fault) error {
	to := map[string][]string{}
	for _, l := range which {
		to[l.From] = append(to[l.From], l.To)
	}
	var from []Member
	for _, m := range h.system.Members() {
		if len(to[m.ID()]) > 0 {
			from = append(from, m)
		}
	}
	return toAll(from, func(m Member) error {
		f := fault
		f.To = to[m.ID()]
		return m.Links(ctx, f)
	})
}

// leaveBehind cuts off the one that is to be the hub until every other member holds
// an entry that it lacks, which the load has to write.
func (h *harm) leaveBehind(ctx context.Context, f *inflicted) error {
	hub := h.opposite(f)
	f.cut = apart([]string{hub.ID()}, without(byID(h.system.Members()), hub.ID()))
	h.noteWithin(f, "isolate", hub, clock.Now())
	if err := h.links(ctx, f.cut, control.Fault{Action: control.FaultCut}); err != nil {
		return err
	}
	// What was on its way to the hub when it was cut off still arrives.
	sent, err := f.members[0].Counters(ctx)
	if err != nil {
		return err
	}
	return h.awaitBeyond(ctx, hub, sent.LastIndex)
}

// awaitBeyond waits until every living member but one holds an entry after an index.
func (h *harm) awaitBeyond(ctx context.Context, but Member, index uint64) error {
	ctx, cancel := context.WithTimeout(ctx, recoveryBound(h.setup.Raft))
	defer cancel()
	for {
		beyond, err := h.beyond(ctx, but, index)
		if beyond || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no entry after index %d came to all members but %s: nothing was written without it", index, but.ID())
		case <-time.After(leaderPoll):
		}
	}
}

func (h *harm) beyond(ctx context.Context, but Member, index uint64) (bool, error) {
	for _, m := range living(h.system) {
		if m == but {
			continue
		}
		now, err := m.Counters(ctx)
		if err != nil || now.LastIndex <= index {
			return false, err
		}
	}
	return true, nil
}

// slow changes the shape of a link, or of all links of the members.
func (h *harm) slow(ctx context.Context, f *inflicted) error {
	if from, to, ok := strings.Cut(f.Target, "->"); ok {
		f.reshaped = []results.Ends{{From: from, To: to}}
	} else {
		all := byID(h.system.Members())
		f.reshaped = oneWay(byID(f.members), all)
		for _, l := range oneWay(all, byID(f.members)) {
			if !slices.Contains(f.reshaped, l) {
				f.reshaped = append(f.reshaped, l)
			}
		}
	}
	return h.reshape(ctx, f)
}

// reshape gives a fault's links the shape that the last fault in force has for
// them, or that of the setup.
func (h *harm) reshape(ctx context.Context, f *inflicted) error {
	var errs []error
	for _, l := range f.reshaped {
		shape := h.setup.Links[l.From][l.To]
		if last := h.inForce(func(s *inflicted) bool { return slices.Contains(s.reshaped, l) }); last != nil {
			shape = last.asked.Link.Change(shape)
		}
		errs = append(errs, h.links(ctx, []results.Ends{l}, control.Fault{Action: control.FaultShape, Shape: shape}))
	}
	return errors.Join(errs...)
}
