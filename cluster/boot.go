package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/raftbench/raftbench/control"
)

// boot starts every process, publishes their addresses, bootstraps one member,
// which stands for election at once, and waits until all agree on a leader.
func (c *Cluster) boot(ctx context.Context) error {
	ctx, cancel := c.bound(ctx, c.spec.bootTimeout())
	defer cancel()
	// When a node dies the boot fails at once, for the reason that it died of.
	ctx, give := context.WithCancelCause(ctx)
	defer give(nil)
	go func() {
		select {
		case <-c.died:
			give(c.Err())
		case <-ctx.Done():
		}
	}()

	if err := c.spawnAll(ctx); err != nil {
		return err
	}
	if err := c.publishAddresses(ctx); err != nil {
		return err
	}
	first := c.Member(c.spec.first())
	if _, err := first.call(ctx, c.spec.bootTimeout(), control.Command{Op: control.OpBootstrap, Peers: c.peers()}); err != nil {
		return err
	}
	leader, _, err := c.agree(ctx, c.Err)
	if err != nil {
		return fmt.Errorf("cluster of %d: %w", len(c.members), err)
	}
	if c.spec.Leader != "" && leader != first {
		return c.Transfer(ctx, c.spec.Leader)
	}
	return nil
}

func (c *Cluster) spawnAll(ctx context.Context) error {
	all, ctx := errgroup.WithContext(ctx) // the first start that fails ends the others
	for _, m := range c.members {
		all.Go(func() error { return m.begin(ctx) })
	}
	return all.Wait()
}

func (c *Cluster) peers() []control.Peer {
	ps := make([]control.Peer, len(c.members))
	for i, m := range c.members {
		ps[i] = m.peer()
	}
	return ps
}

// publishAddresses sends every member's current addresses to all members that
// have started and are not paused. One that is still starting is sent them when
// it has started. One that dies meanwhile is no error.
func (c *Cluster) publishAddresses(ctx context.Context) error {
	c.publish.Lock()
	defer c.publish.Unlock()
	peers := c.peers()
	var all errgroup.Group
	for _, m := range c.members {
		all.Go(func() error { return m.sendAddresses(ctx, peers) })
	}
	return all.Wait()
}

// publishTo sends one member what was published while it was paused.
func (c *Cluster) publishTo(ctx context.Context, m *Member) error {
	c.publish.Lock()
	defer c.publish.Unlock()
	return m.sendAddresses(ctx, c.peers())
}

// sendAddresses sends addresses to the member, if it answers. The caller holds
// the cluster's publish.
func (m *Member) sendAddresses(ctx context.Context, peers []control.Peer) error {
	m.mu.Lock()
	p, answers := m.proc, m.answersLocked()
	m.missedAddresses = m.paused
	m.mu.Unlock()
	if !answers {
		return nil
	}
	ctx, cancel := m.cluster.bound(ctx, m.cluster.spec.callTimeout())
	defer cancel()
	_, err := p.call(ctx, control.Command{Op: control.OpPeers, Peers: peers})
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil && (!m.answersLocked() || errors.Is(err, errEnded)) {
		m.missedAddresses = m.paused // perhaps it got them; twice does no harm
		return nil
	}
	return err
}

// whyNoLeader compares the timeouts with the links.
func (s *Spec) whyNoLeader() string {
	for _, o := range s.Nodes {
		rtt := s.quorumRoundTrip(o)
		if e := o.Raft.ElectionTimeout; e > 0 && rtt > 0 && e <= 2*rtt {
			return fmt.Sprintf("election timeout %v of %s leaves no time for two round trips of %v to a quorum", e, o.ID, rtt)
		}
		if l := o.Raft.LeaderLeaseTimeout; l > 0 && rtt > 0 && l <= rtt+o.Raft.HeartbeatTimeout/5 {
			return fmt.Sprintf("lease timeout %v of %s is not above the round trip of %v to a quorum plus a fifth of the heartbeat timeout %v", l, o.ID, rtt, o.Raft.HeartbeatTimeout)
		}
	}
	return fmt.Sprintf("the nodes' logs in %s say what raft did", s.LogDir)
}

// quorumRoundTrip is the emulated round trip from a node to the follower that
// completes its majority.
func (s *Spec) quorumRoundTrip(from control.Options) time.Duration {
	var rtts []time.Duration
	for _, to := range s.Nodes {
		if to.ID != from.ID {
			rtts = append(rtts, from.Links[to.ID].Delay+to.Links[from.ID].Delay)
		}
	}
	if len(rtts) == 0 {
		return 0
	}
	slices.Sort(rtts)
	return rtts[len(s.Nodes)/2-1]
}
