package cluster

import (
	"context"
	"fmt"

	"github.com/raftbench/raftbench/control"
)

// HandOver has the member, which leads, give up leadership to whom raft picks. It
// returns when it no longer leads; that another has been elected it does not tell.
func (m *Member) HandOver(ctx context.Context) error {
	// Raft gives the other an election timeout to catch up and another to be elected.
	most := m.cluster.spec.callTimeout() + 2*m.options.Raft.ElectionTimeout
	_, err := m.call(ctx, most, control.Command{Op: control.OpTransfer})
	return err
}

// AddNonvoter has the member, which leads, take another into the configuration
// without a vote, so that it gets the log and nobody waits for it.
func (m *Member) AddNonvoter(ctx context.Context, id string) error {
	return m.changeMembers(ctx, control.OpAddNonvoter, id)
}

// AddVoter has the member, which leads, give another a vote.
func (m *Member) AddVoter(ctx context.Context, id string) error {
	return m.changeMembers(ctx, control.OpAddVoter, id)
}

// RemoveServer has the member, which leads, take another, or itself, out of the
// configuration. The process of the one that is removed runs on.
func (m *Member) RemoveServer(ctx context.Context, id string) error {
	return m.changeMembers(ctx, control.OpRemoveServer, id)
}

func (m *Member) changeMembers(ctx context.Context, op control.Op, id string) error {
	_, err := m.ask(ctx, control.Command{Op: op, To: id})
	return err
}

// Shutdown stops the process cleanly; one that does not stop within two seconds is
// killed.
func (m *Member) Shutdown(ctx context.Context) error {
	ctx, cancel := m.cluster.bound(ctx, m.cluster.spec.callTimeout())
	defer cancel()
	return m.end(ctx)
}

// Wipe removes the member's data: its next start is that of a new node under the old
// name. Raft allows that only of a member that was taken out of the configuration,
// since it forgets whom it has voted for. The process must not run.
func (m *Member) Wipe() error {
	m.lifecycle.Lock()
	defer m.lifecycle.Unlock()
	if m.Alive() {
		return fmt.Errorf("wipe: %s still runs (pid %d)", m.ID(), m.PID())
	}
	if err := empty(m.DataDir()); err != nil {
		return fmt.Errorf("wipe %s: %w", m.ID(), err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.durable, m.onDisk = nil, nil
	return nil
}
