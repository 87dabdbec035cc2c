package cluster

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// Kill sends SIGKILL, to this process only, and returns when it is reaped.
// The instant returned is just before the signal, on CLOCK_MONOTONIC in ns.
func (m *Member) Kill(ctx context.Context) (atNS int64, err error) {
	m.harm.Lock()
	defer m.harm.Unlock()
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
	m.harm.Lock()
	defer m.harm.Unlock()
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

// Resume sends SIGCONT, tells the member what it missed of the others'
// addresses, and returns when what was done to its links meanwhile is in
// force. Resuming a member that is not paused changes nothing.
func (m *Member) Resume(ctx context.Context) error {
	m.harm.Lock()
	defer m.harm.Unlock()
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
	behind := m.uninformed
	m.paused, m.uninformed = false, false
	m.mu.Unlock()
	if !behind {
		return nil
	}
	return m.cluster.tellMissed(ctx, m)
}

// Restart starts the node again on its old data, and waits until it listens
// and all live members know where, for no longer than a boot may take. It wants its old ports; where it could not
// have them, Listen says the new ones.
func (m *Member) Restart(ctx context.Context) error {
	m.harm.Lock()
	defer m.harm.Unlock()
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
	if err := m.cluster.tellAddresses(ctx); err != nil {
		return fmt.Errorf("restart of %s: %w", m.ID(), err)
	}
	return nil
}

func (m *Member) setPaused(paused bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.paused = paused
}

// Stats asks the node.
func (m *Member) Stats(ctx context.Context) (control.Stats, error) {
	e, err := m.ask(ctx, control.Command{Op: control.OpStats})
	if err != nil {
		return control.Stats{}, err
	}
	if e.Stats == nil {
		return control.Stats{}, fmt.Errorf("%s answered without stats", m.ID())
	}
	return *e.Stats, nil
}

// calibrationWaits is how often a calibration may wait for Patience: three
// times to connect, and for its last probe (netem.Endpoint.Calibrate).
const calibrationWaits = 4

// Calibrate has the node probe outgoing links, and returns when the probes
// have arrived; the receivers' Stats tell what they found.
func (m *Member) Calibrate(ctx context.Context, c control.Calibrate) error {
	probing := time.Duration(c.Probes+1) * c.Every
	most := probing + calibrationWaits*c.Patience + m.cluster.spec.callTimeout()
	_, err := m.call(ctx, most, control.Command{Op: control.OpCalibrate, Calibrate: &c})
	return err
}

// Snapshot has the node take a snapshot now.
func (m *Member) Snapshot(ctx context.Context) error {
	_, err := m.ask(ctx, control.Command{Op: control.OpSnapshot})
	return err
}

// Apply has the node write from inside itself.
func (m *Member) Apply(ctx context.Context, a control.Apply) (control.ApplyResult, error) {
	e, err := m.call(ctx, a.Duration+m.cluster.spec.callTimeout(), control.Command{Op: control.OpApply, Apply: &a})
	if err != nil {
		return control.ApplyResult{}, err
	}
	if e.Apply == nil {
		return control.ApplyResult{}, fmt.Errorf("%s answered without what it applied", m.ID())
	}
	return *e.Apply, nil
}
