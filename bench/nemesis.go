package bench

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// nemesis does a timeline of faults to a cluster that is tested for safety. It differs
// from the faults of a measuring trial in that nothing has to work out: whom a fault is
// meant for may be dead by then, and nobody may lead. What could not be done is told,
// and the timeline goes on.
type nemesis struct{ *faults }

func newNemesis(setup configs.Setup, s System, events *timeline, rec *record) *nemesis {
	h := newHarm(setup, s, events, nil)
	h.patience, h.powerUncut = strikeBound, rec.powerUncut
	return &nemesis{&faults{harm: h, asked: setup.Faults, record: rec}}
}

const (
	// strikeBound is how long a fault may take to be done, and the others wait for it:
	// what takes longer is given up.
	strikeBound = 3 * time.Second
	// relieveBound is how long one may take to be undone; a member is started in it.
	relieveBound = 15 * time.Second
)

// follow goes through the timeline from now on, until it is over or working is: what
// was begun by then is done to its end. Its error is the caller's interruption, or a
// fault of the host.
func (n *nemesis) follow(ctx, working context.Context) error {
	began := time.Now()
	for left := n.asked; ; {
		ending, wait := n.nextEnd()
		if len(left) > 0 {
			if at := time.Until(began.Add(left[0].At)); ending == nil || at < wait {
				ending, wait = nil, at
			}
		} else if ending == nil {
			return nil
		}
		select {
		case <-working.Done():
			n.leave(left)
			return ctx.Err()
		case <-time.After(wait):
		}
		var err error
		if ending != nil {
			err = n.relieve(ctx, ending)
		} else {
			err, left = n.strike(ctx, left[0]), left[1:]
		}
		if err := cmp.Or(ctx.Err(), err); err != nil {
			return err
		}
	}
}

// leave puts on record what was to be done and was not begun, since the load was over.
func (n *nemesis) leave(left []configs.TimedFault) {
	for _, asked := range left {
		n.done = append(n.done, n.undone(asked, errors.New(loadEnded)))
	}
}

// undone is a fault that was not done, of now.
func (n *nemesis) undone(asked configs.TimedFault, why error) *inflicted {
	at := clock.Now()
	action, _ := configs.ActionNamed(asked.Action)
	return &inflicted{asked: asked, action: action, over: true, Fault: results.Fault{
		Action: asked.Action, Target: asked.Target, Alive: len(living(n.system)), AtNS: at, DoneNS: at, EndNS: at, Failed: why.Error(),
	}}
}

// strike does one fault, or tells why it was not done.
func (n *nemesis) strike(ctx context.Context, asked configs.TimedFault) error {
	bounded, cancel := context.WithTimeout(ctx, strikeBound)
	defer cancel()
	one, err := n.do(bounded, asked)
	if one == nil {
		one = n.undone(asked, err)
	}
	n.done = append(n.done, one)
	if err == nil {
		return nil
	}
	one.Failed = cmp.Or(one.Failed, err.Error())
	return cmp.Or(n.fatal(err), n.startStray(ctx))
}

// relieve undoes one. What cannot be undone now is healed with all else at the end.
func (n *nemesis) relieve(ctx context.Context, f *inflicted) error {
	ctx, cancel := context.WithTimeout(ctx, relieveBound)
	defer cancel()
	return n.fatal(n.undo(ctx, f))
}

// fatal is the fault of the host, or of an emulated disk, in an error; nil where there
// is none. A member that cannot open its own data is a finding.
func (n *nemesis) fatal(err error) error {
	if disk := deadDisk(err); disk != nil {
		return disk
	}
	if fault := hostFault(err); fault != nil {
		return fault
	}
	if start := (*cluster.StartError)(nil); errors.As(err, &start) {
		if lost := unreadable(member(n.system, start.ID), err); lost != nil {
			n.record.find(*lost)
		}
	}
	return nil
}

// startStray starts who is dead and was left so by a fault that was given up in the
// middle.
func (n *nemesis) startStray(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, relieveBound)
	defer cancel()
	for _, m := range n.system.Members() {
		if m.Alive() || n.inForce(func(f *inflicted) bool { return takesOut(f.action) && slices.Contains(f.members, m) }) != nil {
			continue
		}
		if err := n.fatal(n.start(ctx, m)); err != nil {
			return err
		}
	}
	return nil
}

// takesOut tells of actions while which stand a member is not running on purpose, or
// for want of room.
func takesOut(a configs.Action) bool {
	return a.Name == "kill" || a.Name == "disk-full" || reconfigures(a)
}

// reconfigures tells of actions that change who votes.
func reconfigures(a configs.Action) bool {
	return a.Name == "remove-node" || a.Name == "remove-leader"
}

// heal ends all that still stands, the last first, and starts everybody: from then on
// nothing keeps the cluster from being whole but itself.
func (n *nemesis) heal(ctx context.Context) error {
	for _, f := range slices.Backward(slices.Clone(n.standing)) {
		if !reconfigures(f.action) { // who was taken out is admitted when somebody leads
			if err := n.relieve(ctx, f); err != nil {
				return err
			}
			continue
		}
		n.end(f)
		f.UndoNS = clock.Now()
	}
	var err error
	for range healTries {
		err = errors.Join(
			restartAll(ctx, n.system, n.events, n.record),
			mendAll(ctx, n.system),
			reshapeAll(ctx, n.system, n.setup.Links),
			stopMessageFaults(ctx, n.system))
		if err == nil || n.record.found(results.Safety) {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(healPause):
		}
	}
	return cmp.Or(ctx.Err(), err)
}

// healTries: a member that hangs, or is still dying, while one fault is undone is well
// when the next try comes.
const (
	healTries = 5
	healPause = 200 * time.Millisecond
)

// admitAll takes those into the configuration whom a fault took out.
func (n *nemesis) admitAll(ctx context.Context) error {
	leader, err := n.leading(ctx)
	if err != nil {
		return err
	}
	now, err := leader.Counters(ctx)
	if err != nil {
		return err
	}
	n.patience = recoveryBound(n.setup.Raft)
	for _, m := range n.system.Members() {
		if slices.Contains(now.Voters, m.ID()) {
			continue
		}
		if err := n.rejoin(ctx, &inflicted{members: []Member{m}}); err != nil {
			return err
		}
	}
	return nil
}

// keep puts on record what was done and what could not be.
func (n *nemesis) keep() {
	ended := clock.Now()
	for _, one := range n.done {
		if one.undid || undoing(one.action) {
			continue
		}
		if reconfigures(one.action) && one.UndoNS > 0 {
			one.EndNS = ended
		}
		n.record.Faults = append(n.record.Faults, one.Fault)
	}
}
