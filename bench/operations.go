package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// Operations are what an operator does to a healthy cluster under load: hand over
// leadership, add and remove a node, bring back one that was away for long. Each is
// done as hashicorp/raft's users do it, and timed as faults are.
//
// A node that is added has the name, the place and the links of one that was removed
// and wiped just before: to its cluster it is a new one, and N is reached from N−1.

// notDone is an operation that came to its end and did not do what it was to do. It
// is told, and others may follow.
type notDone struct{ why string }

// Error implements error.
func (n *notDone) Error() string { return n.why }

// notDoneSince says why one was not done, in the words of fmt.Sprintf.
func notDoneSince(why string, with ...any) error { return &notDone{fmt.Sprintf(why, with...)} }

// stalled is a member that should have caught up and did not: a matter of liveness.
type stalled struct{ results.Finding }

// Error implements error.
func (s *stalled) Error() string { return s.Got + ", want " + s.Want }

// lagging is a member that had not caught up when its caller's time was over, of which
// other steps had taken a part.
type lagging struct {
	node          string
	applied, want uint64
	waited        time.Duration
}

// Error implements error.
func (l *lagging) Error() string {
	return fmt.Sprintf("%s had applied index %d after %v, want %d, which was committed when it came back: a lower rate leaves it less to catch up with, a longer raft.election_timeout more time",
		l.node, l.applied, l.waited, l.want)
}

// transfer has the leader hand over to whom raft picks, and waits until another
// leads. Where the same one is elected again it did not do what it is for.
func (h *harm) transfer(ctx context.Context, f *inflicted) error {
	from := f.members[0]
	if err := from.HandOver(ctx); err != nil {
		return notDoneSince("leadership of %s was not handed over: %v", from.ID(), err)
	}
	leader, err := h.awaitTerm(ctx, f.Term+1)
	if err != nil {
		return err
	}
	if leader == from.ID() {
		return notDoneSince("%s leads again after it handed over, want another", leader)
	}
	return nil
}

// awaitTerm waits for a living leader of at least this term.
func (h *harm) awaitTerm(ctx context.Context, term uint64) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, h.patience)
	defer cancel()
	for {
		leader, is := h.events.leading(clock.Now())
		if m := member(h.system, leader); is >= term && m != nil && m.Alive() {
			return leader, nil
		}
		select {
		case <-ctx.Done():
			return "", &stalled{results.Finding{Class: results.Liveness, Rule: results.RuleNoLeader,
				Got: fmt.Sprintf("nobody leads in term %d or later within %v", term, h.patience), Want: "a leader, a majority being alive"}}
		case <-time.After(leaderPoll):
			h.endMeanwhile()
		}
	}
}

// removeNode takes a member out of the configuration and stops its process. A leader
// that is removed hands over to nobody: the others elect one when their heartbeat
// timeout is over.
func (h *harm) removeNode(ctx context.Context, f *inflicted) error {
	victim := f.members[0]
	leader, err := h.leading(ctx)
	if err != nil {
		return err
	}
	if err := leader.RemoveServer(ctx, victim.ID()); err != nil {
		return notDoneSince("%v", err)
	}
	h.out[victim.ID()], f.dead = f, append(f.dead, victim)
	if h.router != nil {
		h.router.remove(victim.ID())
	}
	return victim.Shutdown(ctx)
}

// keepsQuorum refuses a removal that the others could not commit. A change of the
// configuration is counted by the new one as soon as it is in the leader's log (Ongaro's
// thesis, 4.1): where too few of the new one's members run, nothing is committed until
// others come back, and not the removal either. A member that the leader cannot reach, or
// that cannot answer it, commits nothing.
func (h *harm) keepsQuorum(ctx context.Context, victim Member) error {
	leader, err := h.leading(ctx)
	if err != nil {
		return unled(err)
	}
	now, err := leader.Counters(ctx)
	if err != nil {
		return notDoneSince("%v", err)
	}
	voters := without(now.Voters, victim.ID())
	running := 0
	for _, id := range voters {
		if m := member(h.system, id); m != nil && m.Alive() && !h.holds("pause", m) && h.linked(leader.ID(), id) {
			running++
		}
	}
	if want := quorum.Size(len(voters)).Quorum(); running < want {
		return notDoneSince("%s was not removed: %d of the other %d members run and are linked to the leader, want %d, or nothing is committed any more", victim.ID(), running, len(voters), want)
	}
	return nil
}

// linked tells whether no fault cuts a link between two members, in either direction.
func (h *harm) linked(a, b string) bool {
	return !h.isCut(results.Ends{From: a, To: b}) && !h.isCut(results.Ends{From: b, To: a})
}

// leading is the member that leads, for which it waits.
func (h *harm) leading(ctx context.Context) (Member, error) {
	id, err := h.awaitLeader(ctx)
	if err != nil {
		return nil, err
	}
	return member(h.system, id), nil
}

// leave takes a member out, and what it knows from its disk, before the instant at
// which it is added as a new one.
func (h *harm) leave(ctx context.Context, f *inflicted) error {
	at := clock.Now()
	err := h.removeNode(ctx, f)
	if refused := (*notDone)(nil); errors.As(err, &refused) {
		if again := h.rejoin(ctx, f); again != nil { // it may be out all the same
			return again
		}
	}
	if err != nil {
		return err
	}
	h.noteWithin(f, "remove-node", f.members[0], at)
	if _, err = h.leading(ctx); err != nil { // who was removed may have led
		return err
	}
	at = clock.Now()
	if err := h.wipe(f.members[0]); err != nil {
		return err
	}
	h.noteWithin(f, "wipe", f.members[0], at)
	return nil
}

// wipe removes what a member left that does not run: it comes back as a new one.
func (h *harm) wipe(m Member) error {
	h.events.add(results.Event{AtNS: clock.Now(), Kind: results.EventWiped, Node: m.ID()})
	return m.Wipe()
}

// addNode adds a new node. Where the leader refused it, as one that was just voted
// out does, it is added all the same, so that the cluster is whole, and the refusal
// told.
func (h *harm) addNode(ctx context.Context, f *inflicted) error {
	m := f.members[0]
	h.release(m)
	if err := restart(ctx, m, h.events); err != nil {
		return err
	}
	err := h.admit(ctx, m)
	if refused := (*notDone)(nil); errors.As(err, &refused) {
		if again := h.rejoin(ctx, f); again != nil {
			return again
		}
	}
	return err
}

// admit takes a node that runs into the configuration: without a vote until it has
// what was committed when it came, so that no write waits for a log that is still on
// its way, and then as a voter (raft's AddNonvoter and AddVoter; Ongaro's thesis,
// 4.2.1).
func (h *harm) admit(ctx context.Context, m Member) error {
	leader, err := h.leading(ctx)
	if err != nil {
		return err
	}
	if err := leader.AddNonvoter(ctx, m.ID()); err != nil {
		return notDoneSince("%v", err)
	}
	if err := h.awaitApplied(ctx, m, leader); err != nil {
		return err
	}
	if err := leader.AddVoter(ctx, m.ID()); err != nil {
		return notDoneSince("%v", err)
	}
	h.added(m)
	if h.router == nil {
		return nil
	}
	h.router.remove(m.ID()) // it may be there already
	return h.router.join(ctx, h.system, m.ID())
}

// added notes that a member is in the configuration, and when a removal came to its end
// that was undone before.
func (h *harm) added(m Member) {
	if removal := h.out[m.ID()]; removal != nil && removal.over && removal.action.Lasts {
		removal.EndNS = clock.Now()
	}
	delete(h.out, m.ID())
	h.release(m)
}

// readmit undoes a removal. Whom another fault keeps from running comes back when that
// one ends; where nobody leads who could add it, when all faults are over.
func (h *harm) readmit(ctx context.Context, f *inflicted) error {
	m := f.members[0]
	if h.keptDead(m) != nil {
		return nil
	}
	err := unled(h.rejoin(ctx, f))
	if later := (*notDone)(nil); errors.As(err, &later) {
		h.out[m.ID()] = f // it may be, of a removal that was refused as well
		return nil
	}
	return err
}

// rejoin undoes a removal, again while a leader refuses it that another takes the
// place of.
func (h *harm) rejoin(ctx context.Context, f *inflicted) error {
	ctx, cancel := context.WithTimeout(ctx, h.patience)
	defer cancel()
	for {
		err := h.bringBack(ctx, f.members[0])
		if refused := (*notDone)(nil); err == nil || !errors.As(err, &refused) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(leaderPoll):
		}
	}
}

// bringBack starts a member that does not run, as a new one where it is out of the
// configuration, and has it admitted. Where its removal never came about it votes, and
// must not forget for whom. One whose raft has ended, as that of a leader does that
// removed itself, answers nobody and is started again, too.
func (h *harm) bringBack(ctx context.Context, m Member) error {
	leader, err := h.leading(ctx)
	if err != nil {
		return err
	}
	now, err := leader.Counters(ctx)
	if err != nil {
		return notDoneSince("%v", err) // it died, or hangs: another will lead
	}
	votes := slices.Contains(now.Voters, m.ID())
	if votes {
		h.added(m)
	}
	if ended(ctx, m) {
		if _, err := h.stop(ctx, m); err != nil && m.Alive() {
			return err
		}
	}
	switch {
	case votes && m.Alive():
		return nil
	case votes:
		return h.start(ctx, m)
	case !m.Alive():
		if err := errors.Join(h.wipe(m), restart(ctx, m, h.events)); err != nil {
			return err
		}
	}
	return h.admit(ctx, m)
}

// ended tells whether a member's process lives, and its raft does not.
func ended(ctx context.Context, m Member) bool {
	if !m.Alive() {
		return false
	}
	now, err := m.Counters(ctx)
	return err == nil && now.State == raftEnded
}

// raftEnded is raft's word for a node that has left its main loop (hashicorp/raft
// state.go).
const raftEnded = "Shutdown"

// fallBehind kills a member and waits until the leader no longer has the entries that
// it lacks: the load writes more than stays behind a snapshot, and then one is taken.
func (h *harm) fallBehind(ctx context.Context, f *inflicted) error {
	m := f.members[0]
	last, err := m.Counters(ctx)
	if err != nil {
		return err
	}
	if err := h.killWithin(ctx, f, m); err != nil {
		return err
	}
	leader, err := h.leading(ctx)
	if err != nil {
		return err
	}
	// In flight to it as it died were some more than it told.
	wanted := last.LastIndex + h.setup.Raft.TrailingLogs + inFlightEntries
	waiting, cancel := context.WithTimeout(ctx, h.patience)
	defer cancel()
	for {
		now, err := leader.Counters(ctx)
		if err != nil {
			return err
		}
		if now.Applied >= wanted {
			return leader.Snapshot(ctx)
		}
		select {
		case <-waiting.Done():
			return errors.Join(ctx.Err(), fmt.Errorf(
				"the load wrote up to index %d in %v, want %d, so that %s needs a snapshot: raft.trailing_logs %d is more than so light a load writes",
				now.Applied, h.patience, wanted, m.ID(), h.setup.Raft.TrailingLogs))
		case <-time.After(leaderPoll):
		}
	}
}

// killWithin kills a member as a part of a fault, and notes when.
func (h *harm) killWithin(ctx context.Context, f *inflicted, m Member) error {
	part := &inflicted{members: []Member{m}}
	err := h.kill(ctx, part)
	if err == nil {
		h.noteWithin(f, "kill", m, part.AtNS)
	}
	return err
}

// noteWithin notes what was done to a member as a part of a fault, most of it before the
// fault's own instant.
func (h *harm) noteWithin(f *inflicted, action string, m Member, atNS int64) {
	h.events.add(results.Event{AtNS: atNS, Kind: results.EventFault, Action: action, Target: f.Action, Node: m.ID()})
}

// inFlightEntries are more than can be on their way to a member when it is killed
// under a light load.
const inFlightEntries = 16

// install starts the member that fell behind, and waits until the leader's snapshot
// is on its disk and it has applied what was committed.
func (h *harm) install(ctx context.Context, f *inflicted) error {
	m := f.members[0]
	if err := h.start(ctx, m); err != nil {
		return err
	}
	leader, err := h.leading(ctx)
	if err != nil {
		return err
	}
	if err := h.awaitApplied(ctx, m, leader); err != nil {
		return err
	}
	if !slices.ContainsFunc(h.events.all(), func(e results.Event) bool {
		return e.Kind == results.EventInstall && e.Node == m.ID() && e.AtNS > f.AtNS
	}) {
		return notDoneSince("%s caught up from the log, want by a snapshot", m.ID())
	}
	return nil
}

// awaitApplied waits until a member has applied what the leader had committed when it
// was called. That it never does is a matter of liveness; where only what was left of
// its caller's time was waited, nobody knows that.
func (h *harm) awaitApplied(ctx context.Context, m, leader Member) error {
	to, err := leader.Counters(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	waiting, cancel := context.WithTimeout(ctx, h.patience)
	defer cancel()
	for {
		now, err := m.Counters(ctx)
		if err != nil {
			return err
		}
		if now.Applied >= to.CommitIndex {
			return nil
		}
		select {
		case <-waiting.Done():
			switch {
			case errors.Is(ctx.Err(), context.Canceled):
				return ctx.Err()
			case ctx.Err() != nil:
				return &lagging{m.ID(), now.Applied, to.CommitIndex, time.Since(began).Round(time.Millisecond)}
			}
			return &stalled{results.Finding{Class: results.Liveness, Rule: results.RuleApplied, Node: m.ID(),
				Got:  fmt.Sprintf("index %d applied %v after it was started", now.Applied, h.patience),
				Want: fmt.Sprintf("%d, which was committed then", to.CommitIndex), Log: m.LogTail(logLines)}}
		case <-time.After(leaderPoll):
			h.endMeanwhile()
		}
	}
}
