package cluster

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// Kill sends SIGKILL, to this process only, and returns when it is reaped.
// The instant returned is just before the signal, on CLOCK_MONOTONIC in ns.
func (m *Member) Kill(ctx context.Context) (atNS int64, err error) {
	m.lifecycle.Lock()
	defer m.lifecycle.Unlock()
	p := m.process()
	if p == nil {
		return 0, fmt.Errorf("kill: %s does not run", m.ID())
	}
	ctx, cancel := m.cluster.bound(ctx, m.cluster.spec.callTimeout())
	defer cancel()
	m.sample(p)
	at := clock.Now()
	return at, p.kill(ctx)
}

// Pause sends SIGSTOP and waits until every thread of the process is stopped.
func (m *Member) Pause(ctx context.Context) error {
	m.lifecycle.Lock()
	defer m.lifecycle.Unlock()
	p := m.process()
	if p == nil {
		return fmt.Errorf("pause: %s does not run", m.ID())
	}
	ctx, cancel := m.cluster.bound(ctx, m.cluster.spec.callTimeout())
	defer cancel()
	release, err := m.holdLinks(ctx)
	if err != nil {
		return fmt.Errorf("pause of %s: %w", m.ID(), err)
	}
	defer release()
	m.setPaused(true)
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("pause of %s: %w", m.ID(), err)
	}
	for {
		if done, err := stopped(p.cmd.Process.Pid); done || err != nil {
			return err
		}
		select {
		case <-p.done:
			return fmt.Errorf("pause of %s: %w", m.ID(), errEnded)
		case <-ctx.Done():
			return &WaitError{For: "stop of " + m.ID() + " after SIGSTOP", Waited: time.Since(began), Err: context.Cause(ctx)}
		case <-time.After(time.Millisecond):
		}
	}
}

// Resume sends SIGCONT and returns when the member knows the addresses that were
// published while it was paused, and what was done to its links is in force. Resuming a member that is not paused changes nothing.
func (m *Member) Resume(ctx context.Context) error {
	m.lifecycle.Lock()
	defer m.lifecycle.Unlock()
	p := m.process()
	if p == nil {
		return fmt.Errorf("resume: %s does not run", m.ID())
	}
	ctx, cancel := m.cluster.bound(ctx, m.cluster.spec.callTimeout())
	defer cancel()
	release, err := m.holdLinks(ctx)
	if err != nil {
		return fmt.Errorf("resume of %s: %w", m.ID(), err)
	}
	defer release()
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		return fmt.Errorf("resume of %s: %w", m.ID(), err)
	}
	m.mu.Lock()
	behind := m.missedAddresses
	m.paused, m.missedAddresses = false, false
	m.mu.Unlock()
	if !behind {
		return nil
	}
	return m.cluster.publishTo(ctx, m)
}

// Restart starts the node again on its old data, and waits until it listens and
// all live members know where, for no longer than a boot may take. The node gets
// its old ports where they are free; else Listen tells the new ones. A start that
// fails is a *StartError.
func (m *Member) Restart(ctx context.Context) error {
	m.lifecycle.Lock()
	defer m.lifecycle.Unlock()
	if m.Alive() {
		return fmt.Errorf("restart: %s still runs (pid %d)", m.ID(), m.PID())
	}
	ctx, cancel := m.cluster.bound(ctx, m.cluster.spec.bootTimeout())
	defer cancel()
	if ctx.Err() != nil {
		return fmt.Errorf("restart of %s: %w", m.ID(), context.Cause(ctx))
	}
	if err := m.begin(ctx); err != nil {
		return fmt.Errorf("restart of %s: %w", m.ID(), err)
	}
	if err := m.cluster.publishAddresses(ctx); err != nil {
		return fmt.Errorf("restart of %s: %w", m.ID(), err)
	}
	return nil
}

func (m *Member) setPaused(paused bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.paused = paused
}
