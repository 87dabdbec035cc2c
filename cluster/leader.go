package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/raftbench/raftbench/control"
)

// raft's words for its states.
const stateLeader = "Leader"

// pollEvery is how often the members are asked for their leader while no
// event says that anything changed.
const pollEvery = 20 * time.Millisecond

// Leader waits until all live members agree on a live leader and its term, or
// ctx ends (without a deadline: until the boot timeout is over). Paused
// members cannot say anything and are not asked.
func (c *Cluster) Leader(ctx context.Context) (*Member, uint64, error) {
	ctx, cancel := c.boundWait(ctx, c.spec.bootTimeout())
	defer cancel()
	return c.agree(ctx, func() error { return nil })
}

// Current is the leader that the latest term's events (or the last agreement)
// name, without waiting; nil when none is known, or it does not run.
func (c *Cluster) Current() (*Member, uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := c.Member(c.leader); m != nil && m.Alive() {
		return m, c.term
	}
	return nil, c.term
}

// noteAgreed records the leader that all members agree on: the events that say
// so may still be on their way.
func (c *Cluster) noteAgreed(m *Member, term uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if term >= c.term {
		c.leader, c.term = m.ID(), term
	}
}

// noteLeader keeps leader and term up to date from a node's event: that it leads
// itself, or whom it follows.
func (c *Cluster) noteLeader(id string, e control.Event) {
	if e.Kind != control.EventRole && e.Kind != control.EventLeader {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.announce()
	if e.Term < c.term {
		return
	}
	if e.Term > c.term {
		c.term, c.leader = e.Term, ""
	}
	switch {
	case e.Kind == control.EventRole && e.State == stateLeader:
		c.leader = id
	case e.Kind == control.EventRole && c.leader == id:
		c.leader = ""
	case e.Kind == control.EventLeader && c.leader == "":
		// A follower may still name a leader that was killed.
		if m := c.Member(e.Leader); m != nil && m.Alive() {
			c.leader = e.Leader
		}
	}
}

// agree asks until all members agree. An error of alive ends the wait.
func (c *Cluster) agree(ctx context.Context, alive func() error) (*Member, uint64, error) {
	began := time.Now()
	var v views
	for {
		c.mu.Lock()
		changed := c.changed
		c.mu.Unlock()
		if now := c.ask(ctx); ctx.Err() == nil || v == nil {
			v = now // but keep the last full answers for the error
		}
		if m, term := v.agreed(c); m != nil {
			c.noteAgreed(m, term)
			return m, term, nil
		}
		if err := alive(); err != nil {
			return nil, 0, err
		}
		if len(v) == 0 {
			return nil, 0, errors.New("no leader: no member of the cluster is running")
		}
		select {
		case <-changed:
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return nil, 0, &WaitError{
				For:    fmt.Sprintf("leader that all %d live members of %d agree on (%s)", len(v), len(c.members), v),
				Waited: time.Since(began), Err: errors.Join(context.Cause(ctx), c.HostErr()), hint: c.spec.whyNoLeader(),
			}
		}
	}
}

// view is what one member says of the leader.
type view struct {
	member *Member
	stats  control.Stats
	err    error
}

type views []view

// ask asks all members that can answer, at the same time.
func (c *Cluster) ask(ctx context.Context) views {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	members := c.answering()
	vs := make(views, len(members))
	var wg sync.WaitGroup
	for i, m := range members {
		wg.Go(func() {
			s, err := m.Counters(ctx)
			vs[i] = view{m, s, err}
		})
	}
	wg.Wait()
	return vs
}

// agreed is the leader, and its term, that every view names, when it is among
// them and in state Leader; else nil.
func (vs views) agreed(c *Cluster) (*Member, uint64) {
	if len(vs) == 0 {
		return nil, 0
	}
	leader, term := vs[0].stats.Leader, vs[0].stats.Term
	leads := false
	for _, v := range vs {
		if v.err != nil || v.stats.Leader == "" || v.stats.Leader != leader || v.stats.Term != term {
			return nil, 0
		}
		// A heartbeat names the leader before the configuration arrives, which
		// is the log's first entry. A follower without it never stands for
		// election: were the leader killed now, nobody would.
		if v.stats.LastIndex == 0 {
			return nil, 0
		}
		leads = leads || v.member.ID() == leader && v.stats.State == stateLeader
	}
	if !leads {
		return nil, 0
	}
	return c.Member(leader), term
}

func (vs views) String() string {
	said := make([]string, len(vs))
	for i, v := range vs {
		switch {
		case v.err != nil:
			said[i] = v.member.ID() + " does not answer"
		case v.stats.LastIndex == 0:
			said[i] = v.member.ID() + " has no configuration yet"
		case v.stats.Leader == "":
			said[i] = fmt.Sprintf("%s knows none in term %d", v.member.ID(), v.stats.Term)
		default:
			said[i] = fmt.Sprintf("%s says %s in term %d", v.member.ID(), v.stats.Leader, v.stats.Term)
		}
	}
	return strings.Join(said, ", ")
}

// transferTries is how often leadership is handed over before giving up: raft
// gives up by itself when the target does not catch up within an election
// timeout.
const transferTries = 3

// Transfer hands leadership to the member called id, and verifies it.
func (c *Cluster) Transfer(ctx context.Context, id string) error {
	if c.Member(id) == nil {
		return fmt.Errorf("transfer to %q: no such member", id)
	}
	ctx, cancel := c.boundWait(ctx, c.spec.bootTimeout())
	defer cancel()
	var last error
	for range transferTries {
		leader, term, err := c.agree(ctx, func() error { return nil })
		if err != nil {
			return fmt.Errorf("transfer to %s: %w", id, errors.Join(err, last))
		}
		if leader.ID() == id {
			return nil
		}
		// Raft gives the target an election timeout to catch up and another to
		// be elected.
		most := c.spec.callTimeout() + 2*leader.options.Raft.ElectionTimeout
		_, last = leader.call(ctx, most, control.Command{Op: control.OpTransfer, To: id})
		if last == nil {
			c.awaitTerm(ctx, term+1)
		}
	}
	if leader, _, err := c.agree(ctx, func() error { return nil }); err == nil && leader.ID() == id {
		return nil
	}
	return fmt.Errorf("transfer to %s: %d tries, and it does not lead: %w", id, transferTries, last)
}

// awaitTerm waits until an event names this term, or ctx ends. Until then all
// may still agree on the former leader.
func (c *Cluster) awaitTerm(ctx context.Context, term uint64) {
	for {
		c.mu.Lock()
		reached, changed := c.term >= term, c.changed
		c.mu.Unlock()
		if reached {
			return
		}
		select {
		case <-changed:
		case <-time.After(time.Second):
			return // the next agreement decides
		case <-ctx.Done():
			return
		}
	}
}
