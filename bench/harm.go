package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// harm does faults to a system, any number of them at a time, and undoes them. It
// is used from one goroutine.
//
// What a link, a disk or a state machine does is always what the faults that stand
// make of it, in the order in which they were done: to undo one of two that overlap
// leaves the other's work in place.
type harm struct {
	setup  configs.Setup
	system System
	events *timeline
	// router, where there is one, sends load to the members that live.
	router *router
	// patience is how long an operation waits for what should come about.
	patience time.Duration
	// loadOver, where there is one, is closed when the load ends: no fault is begun then.
	loadOver <-chan struct{}
	// powerUncut, where it is not empty, is why no member's power can be cut.
	powerUncut string
	// meanwhile, where it is set, is called again and again while a fault waits for a
	// leader, or for a member to catch up. It may end faults that stand.
	meanwhile func()

	standing []*inflicted
	// out are the members that are not in the cluster's configuration, with what took
	// each out of it.
	out map[string]*inflicted
}

func newHarm(setup configs.Setup, s System, events *timeline, r *router) *harm {
	return &harm{setup: setup, system: s, events: events, router: r, patience: recoveryBound(setup.Raft), out: map[string]*inflicted{}}
}

// inflicted is a fault that was done, with what it takes to undo it.
type inflicted struct {
	results.Fault
	asked   configs.TimedFault
	action  configs.Action
	members []Member
	// cut are the links that it cut; reshaped those that it changed.
	cut, reshaped []results.Ends
	// dead are the members that it keeps from running, for as long as it stands.
	dead []Member
	deed deed
	// undid: all it did was to end other faults. unbegun: it did nothing at all.
	undid, over, unbegun bool
	// effectNS is when it was known to be in force, where that is neither its instant
	// nor when all of it was done.
	effectNS int64
}

// hits tells whether a fault was done to a target: as it was written, or to a
// member of that name. Everything was done to the empty target.
func (f *inflicted) hits(target string) bool {
	return target == "" || f.Target == target || slices.ContainsFunc(f.members, func(m Member) bool { return m.ID() == target })
}

// do does one fault now and tells what was done. A role is looked up at that
// instant; where nobody leads, it waits for a leader.
func (h *harm) do(ctx context.Context, asked configs.TimedFault) (*inflicted, error) {
	f, err := h.inflict(ctx, asked)
	if err != nil {
		return f, fmt.Errorf("fault %s: %w", describe(asked), err)
	}
	return f, nil
}

// describe is a fault as it was asked for.
func describe(asked configs.TimedFault) string {
	if asked.Target == "" {
		return asked.Action
	}
	return asked.Action + " " + asked.Target
}

func (h *harm) inflict(ctx context.Context, asked configs.TimedFault) (*inflicted, error) {
	action, _ := configs.ActionNamed(asked.Action)
	deed, known := deeds[asked.Action]
	if !known {
		return nil, fmt.Errorf("unknown action %q", asked.Action)
	}
	f := &inflicted{asked: asked, action: action, deed: deed, Fault: results.Fault{Action: asked.Action, Target: asked.Target, Groups: asked.Groups}}
	if err := failing(f, h.choose(ctx, f)); err != nil {
		return nil, err
	}
	if f.Failed != "" {
		h.leaveUndone(f)
		return f, nil
	}
	if deed.prepare != nil {
		f.PrepareNS = clock.Now()
		if err := failing(f, deed.prepare(h, ctx, f)); err != nil {
			return nil, err
		}
	}
	h.stamp(f)
	for _, m := range f.members {
		f.Nodes = append(f.Nodes, m.ID())
	}
	h.standing = append(h.standing, f)
	var err error
	if f.Failed == "" {
		err = failing(f, deed.do(h, ctx, f))
	}
	f.DoneNS, f.Cut = clock.Now(), f.cut
	h.note(f)
	if !action.Lasts {
		h.end(f)
	}
	return f, err
}

// loadEnded is why a fault is left undone that was late.
const loadEnded = "the load had ended"

// choose finds to whom a fault is done, and whether it can be, for as long as there is
// load to see it.
func (h *harm) choose(parent context.Context, f *inflicted) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	go func() {
		select {
		case <-h.loadOver: // never, where there is none
			cancel()
		case <-ctx.Done():
		}
	}()
	members, err := h.whom(ctx, f)
	if f.members = members; err == nil {
		err = h.possible(ctx, f)
	}
	select {
	case <-h.loadOver:
		return notDoneSince(loadEnded)
	default:
		return err
	}
}

// stamp notes the instant of a fault, and what the cluster was then.
func (h *harm) stamp(f *inflicted) {
	f.AtNS = clock.Now()
	f.Leader, f.Term = h.events.leading(f.AtNS)
	if m := member(h.system, f.Leader); m == nil || !m.Alive() {
		f.Leader = "" // it died leading, and nobody was elected since
	}
	f.Alive = len(living(h.system))
}

// leaveUndone closes the record of a fault that was done to nobody: it stands for
// nothing, and nothing of it is to be undone.
func (h *harm) leaveUndone(f *inflicted) {
	h.stamp(f)
	f.members, f.unbegun, f.over, f.DoneNS, f.EndNS = nil, true, true, f.AtNS, f.AtNS
}

// failing notes in a fault that it came to its end without doing what it was to do;
// any other error remains one.
func failing(f *inflicted, err error) error {
	if failed := (*notDone)(nil); errors.As(err, &failed) {
		f.Failed = failed.why
		return nil
	}
	return err
}

// possible is an error of type *notDone where a fault's members are not such as it can
// be done to: power is cut only where there is a disk for it, a process that does not run
// cannot be killed again, one that is out of the
// configuration is not started before it is added, and none is removed whom the others
// need for a quorum.
//
// What is asked of a role never finds its members dead, but may find nobody.
func (h *harm) possible(ctx context.Context, f *inflicted) error {
	if f.Action == configs.PowerLoss && h.powerUncut != "" {
		return notDoneSince("no power was cut: %s", h.powerUncut)
	}
	for _, m := range f.members {
		by := h.out[m.ID()]
		switch {
		case by != nil && f.Action != "add-node" && (f.action.Process || f.action.Starts || f.action.Removes):
			return notDoneSince("%s is out of the configuration since %s", m.ID(), describe(by.asked))
		case f.action.Process && !m.Alive():
			return notDoneSince("%s does not run%s", m.ID(), h.since(m))
		case f.action.Removes:
			return h.keepsQuorum(ctx, m)
		}
	}
	return nil
}

// since tells which fault keeps a member from running, where one does.
func (h *harm) since(m Member) string {
	if by := h.keptDead(m); by != nil {
		return " since " + describe(by.asked)
	}
	return ""
}

// undo ends a fault; to end it twice changes nothing.
func (h *harm) undo(ctx context.Context, f *inflicted) error {
	if f.over {
		return nil
	}
	h.end(f)
	f.UndoNS = clock.Now()
	if f.deed.undo != nil {
		if err := f.deed.undo(h, ctx, f); err != nil {
			return fmt.Errorf("end of fault %s: %w", describe(f.asked), err)
		}
	}
	if !h.awaited(f) {
		f.EndNS = clock.Now()
	}
	return nil
}

// awaited tells whether a removal is undone only when its member is added again, which
// another fault keeps from running, or for which nobody leads.
func (h *harm) awaited(f *inflicted) bool {
	return slices.ContainsFunc(f.members, func(m Member) bool { return h.out[m.ID()] == f })
}

// end takes a fault from those that stand.
func (h *harm) end(f *inflicted) {
	f.over = true
	h.standing = slices.DeleteFunc(h.standing, func(s *inflicted) bool { return s == f })
	if !f.action.Lasts {
		f.EndNS = f.DoneNS
	}
}

// undoAll ends whatever still stands, the last first, and starts whoever died of
// it, so that every node can be audited.
func (h *harm) undoAll(ctx context.Context) error {
	var errs []error
	for _, f := range slices.Backward(slices.Clone(h.standing)) {
		errs = append(errs, h.undo(ctx, f))
	}
	for _, m := range h.system.Members() {
		if !m.Alive() || h.out[m.ID()] != nil {
			errs = append(errs, h.revive(ctx, m))
		}
	}
	return errors.Join(append(errs, mendAll(ctx, h.system))...)
}

// note records when a fault was done and to whom: an event for each member, or for
// each end of a link.
func (h *harm) note(f *inflicted) {
	e := results.Event{AtNS: f.AtNS, Kind: results.EventFault, Action: f.Action, Target: f.Target, Term: f.Term}
	switch {
	case len(f.members) > 0:
		for _, m := range f.members {
			e.Node = m.ID()
			h.events.add(e)
		}
	case len(f.cut)+len(f.reshaped) > 0:
		for _, l := range append(slices.Clone(f.cut), f.reshaped...) {
			e.Node, e.Peer = l.From, l.To
			h.events.add(e)
		}
	default:
		h.events.add(e)
	}
}

// whom resolves a fault's target to the members that it is done to; none where it
// is done to links or to groups.
func (h *harm) whom(ctx context.Context, f *inflicted) ([]Member, error) {
	target := f.Target
	if target == "" && f.action.Leader {
		target = configs.Leader
	}
	if target == "" || isLink(target) || undoing(f.action) {
		return nil, nil
	}
	if f.Action == "restart" && len(h.done("kill", target)) > 0 {
		return nil, nil // they are started again
	}
	if m := member(h.system, target); m != nil {
		return []Member{m}, nil
	}
	found, err := h.role(ctx, target)
	if err == nil && len(found) == 0 {
		err = notDoneSince("no member of %s runs", target)
	}
	return found, err
}

// undoing actions are done to faults, and to members only through them.
func undoing(a configs.Action) bool { return a.Name == configs.Heal || len(a.Undoes) > 0 }

// role resolves a role or a site to those that live.
func (h *harm) role(ctx context.Context, target string) ([]Member, error) {
	of := func(want func(Member) bool) (out []Member) { // of those that live now
		for _, m := range living(h.system) {
			if want(m) {
				out = append(out, m)
			}
		}
		return out
	}
	switch target {
	case configs.Everybody:
		return living(h.system), nil
	case configs.Leader, configs.Follower, configs.Followers, configs.Minority, configs.Majority:
	default:
		return of(func(m Member) bool { return m.Site() == target }), nil
	}
	leader, err := h.awaitLeader(ctx)
	if err != nil {
		return nil, unled(err)
	}
	leads := of(func(m Member) bool { return m.ID() == leader })
	followers := of(func(m Member) bool { return m.ID() != leader })
	first := func(n int) []Member { return append(followers, leads...)[:min(n, len(followers)+len(leads))] }
	tolerated := quorum.Size(h.setup.Nodes).Tolerates()
	switch target {
	case configs.Leader:
		return leads, nil
	case configs.Follower:
		return followers[:min(1, len(followers))], nil
	case configs.Followers:
		return followers, nil
	case configs.Minority:
		return first(tolerated), nil
	}
	return first(tolerated + 1), nil
}

// leaderless is a cluster that nobody led for as long as an election may take, or as
// its caller could wait.
type leaderless struct{ within time.Duration }

// Error implements error.
func (l *leaderless) Error() string { return fmt.Sprintf("nobody led within %v", l.within) }

// unled has a fault that nothing was done of yet be told as not done for want of a
// leader.
func unled(err error) error {
	if none := (*leaderless)(nil); errors.As(err, &none) {
		return notDoneSince("%v", none)
	}
	return err
}

// leaderPoll is how often the events are asked for a leader.
const leaderPoll = 2 * time.Millisecond

// awaitLeader is the living member that leads, for which it waits as long as an
// election may take. That its caller's time is over first is a want of a leader as well;
// only an interruption is none.
func (h *harm) awaitLeader(parent context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(parent, recoveryBound(h.setup.Raft))
	defer cancel()
	began := time.Now()
	for {
		if leader, _ := h.events.leading(clock.Now()); leader != "" {
			if m := member(h.system, leader); m != nil && m.Alive() {
				return leader, nil
			}
		}
		select {
		case <-ctx.Done():
			if errors.Is(parent.Err(), context.Canceled) {
				return "", parent.Err()
			}
			return "", &leaderless{time.Since(began).Round(time.Millisecond)}
		case <-time.After(leaderPoll):
			h.endMeanwhile()
		}
	}
}

func (h *harm) endMeanwhile() {
	if h.meanwhile != nil {
		h.meanwhile()
	}
}

// done are the standing faults of an action that hit a target.
func (h *harm) done(action, target string) []*inflicted {
	var out []*inflicted
	for _, f := range h.standing {
		if f.Action == action && f.hits(target) {
			out = append(out, f)
		}
	}
	return out
}

// keptDead is the fault that stands and keeps a member from running; nil where none
// does.
func (h *harm) keptDead(m Member) *inflicted {
	return h.inForce(func(f *inflicted) bool { return slices.Contains(f.dead, m) })
}

// release has no fault keep a member from running any longer: somebody starts it.
func (h *harm) release(m Member) {
	for _, f := range h.standing {
		f.dead = slices.DeleteFunc(f.dead, func(d Member) bool { return d == m })
	}
}

// revive starts a member that does not run, unless a fault that stands keeps it from
// running; one that was removed is added as well.
func (h *harm) revive(ctx context.Context, m Member) error {
	switch {
	case h.keptDead(m) != nil:
		return nil
	case h.out[m.ID()] != nil:
		return h.rejoin(ctx, &inflicted{members: []Member{m}})
	case m.Alive():
		return nil
	}
	return h.start(ctx, m)
}

// stop and start keep the load off a member that does not live.
func (h *harm) stop(ctx context.Context, m Member) (atNS int64, err error) {
	atNS, err = m.Kill(ctx)
	if h.router != nil {
		h.router.remove(m.ID())
	}
	return atNS, err
}

func (h *harm) start(ctx context.Context, m Member) error {
	if err := restart(ctx, m, h.events); err != nil || h.router == nil {
		return err
	}
	h.router.remove(m.ID()) // one that died unasked is still there
	return h.router.join(ctx, h.system, m.ID())
}

// state of what a fault may have changed: that of the faults that stand, in their
// order.

func (h *harm) isCut(l results.Ends) bool {
	return slices.ContainsFunc(h.standing, func(f *inflicted) bool { return slices.Contains(f.cut, l) })
}

// holds tells whether a standing fault of an action was done to a member.
func (h *harm) holds(action string, m Member) bool {
	return h.inForce(func(f *inflicted) bool { return f.Action == action && slices.Contains(f.members, m) }) != nil
}

func (h *harm) diskOf(m Member) control.DiskFault {
	var d control.DiskFault
	for _, f := range h.standing {
		if !slices.Contains(f.members, m) {
			continue
		}
		switch f.Action {
		case "disk-stall":
			d.Stall = true
		case "disk-slow":
			d.Slow = f.asked.Sync
		case "disk-full":
			d.Full = true
		}
	}
	return d
}

// inForce is the last of the standing faults that match, nil where none does.
func (h *harm) inForce(matches func(*inflicted) bool) *inflicted {
	for _, f := range slices.Backward(h.standing) {
		if matches(f) {
			return f
		}
	}
	return nil
}

// healAll ends every partition between members.
func healAll(ctx context.Context, s System) error {
	var errs []error
	heal := control.Fault{Action: control.FaultHeal, Immediate: true}
	for _, m := range s.Members() {
		errs = append(errs, m.Links(ctx, heal))
	}
	return errors.Join(errs...)
}

// mendAll ends whatever keeps a living member from working.
func mendAll(ctx context.Context, s System) error {
	var errs []error
	for _, m := range s.Members() {
		if m.Alive() {
			errs = append(errs, m.Resume(ctx), m.Deadlock(ctx, false))
		}
		errs = append(errs, m.Disk(ctx, control.DiskFault{}))
	}
	return errors.Join(append(errs, healAll(ctx, s))...)
}

// reshapeAll gives all links between members the shape that the setup has for them.
func reshapeAll(ctx context.Context, s System, links map[string]map[string]netem.Shape) error {
	var errs []error
	for _, m := range s.Members() {
		for _, to := range without(byID(s.Members()), m.ID()) {
			shape := control.Fault{Action: control.FaultShape, To: []string{to}, Shape: links[m.ID()][to]}
			errs = append(errs, m.Links(ctx, shape))
		}
	}
	return errors.Join(errs...)
}

// restart starts a member again, and notes what it found on its disk.
func restart(ctx context.Context, m Member, events *timeline) error {
	durable, promised := m.Durable()
	if err := m.Restart(ctx); err != nil {
		return err
	}
	e := results.Event{AtNS: clock.Now(), Kind: results.EventRestart, Node: m.ID()}
	if found, ok := m.OnDisk(); ok {
		if e.Index, e.Term = found.Last(), found.Term; promised && e.Index < durable {
			e.Durable = durable
		}
	}
	events.add(e)
	return nil
}

// byID are members in the order of the system's.
func byID(members []Member) []string {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.ID()
	}
	return ids
}
