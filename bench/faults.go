package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/loadgen"
)

// harm does an experiment's faults during the calm window. Its load goes to
// every living member in turn, as in a proof: one that is pinned to a killed
// leader would see nothing but the pin.
type harm struct {
	*trial
	router *router
	// victims remembers whom "leader" and "follower" meant when they were
	// hit, so that a later restart or heal finds them again.
	victims map[string]*cluster.Member
}

func (t *trial) newHarm(ctx context.Context) (*harm, error) {
	h := &harm{trial: t, router: &router{}, victims: map[string]*cluster.Member{}}
	for _, m := range t.rig.cluster.Members() {
		if err := h.join(ctx, m); err != nil {
			return nil, err
		}
	}
	for _, f := range t.job.Setup.Faults {
		t.record.Flags = append(t.record.Flags, fmt.Sprintf("fault: %s %s at %v of the calm window", f.Action, f.Target, f.At))
	}
	return h, nil
}

// targets spreads the load over all that lives.
func (h *harm) targets() []loadgen.Target { return []loadgen.Target{h.router} }

// during does the faults at their instants, from now on; wait returns when
// the last is done, with what could not be done.
func (h *harm) during(ctx context.Context) (wait func() error) {
	began, done := time.Now(), make(chan error, 1)
	go func() {
		var errs []error
		for _, f := range h.job.Setup.Faults {
			select {
			case <-ctx.Done():
				done <- ctx.Err()
				return
			case <-time.After(time.Until(began.Add(f.At))):
			}
			if err := h.do(ctx, f); err != nil {
				errs = append(errs, fmt.Errorf("fault %s %s: %w", f.Action, f.Target, err))
			}
		}
		done <- errors.Join(errs...)
	}()
	return func() error { return <-done }
}

func (h *harm) do(ctx context.Context, f configs.TimedFault) error {
	if from, to, isLink := strings.Cut(f.Target, "->"); isLink {
		return h.link(ctx, f.Action, from, to)
	}
	m := h.victim(f)
	if m == nil {
		return errors.New("no such member lives now")
	}
	switch f.Action {
	case "kill":
		return h.kill(ctx, m)
	case "pause":
		return m.Pause(ctx)
	case "resume":
		return m.Resume(ctx)
	case "restart":
		return h.restart(ctx, m)
	case "power-loss":
		return errors.Join(h.kill(ctx, m), h.restart(ctx, m))
	case "partition", "isolate":
		return h.isolate(ctx, m, control.FaultCut)
	case "heal":
		return h.isolate(ctx, m, control.FaultHeal)
	}
	return fmt.Errorf("unknown action %q", f.Action)
}

// victim resolves a target now; what undoes a fault finds whom it hit.
func (h *harm) victim(f configs.TimedFault) *cluster.Member {
	if m := h.rig.cluster.Member(f.Target); m != nil {
		return m
	}
	switch f.Action {
	case "resume", "restart", "heal":
		return h.victims[f.Target]
	}
	leader, _ := h.rig.cluster.Current()
	for _, m := range h.rig.cluster.Members() {
		isLeader := leader != nil && m.ID() == leader.ID()
		if m.Alive() && isLeader == (f.Target == "leader") {
			h.victims[f.Target] = m
			return m
		}
	}
	return nil
}

func (h *harm) kill(ctx context.Context, m *cluster.Member) error {
	_, err := m.Kill(ctx)
	h.router.remove(m.ID())
	return err
}

func (h *harm) restart(ctx context.Context, m *cluster.Member) error {
	if err := m.Restart(ctx); err != nil {
		return err
	}
	return h.join(ctx, m)
}

func (h *harm) join(ctx context.Context, m *cluster.Member) error {
	c, err := h.rig.dial(ctx, m)
	if err != nil {
		return err
	}
	h.router.add(m.ID(), c)
	return nil
}

// link cuts or heals one directed link.
func (h *harm) link(ctx context.Context, action, from, to string) error {
	f := control.Fault{Action: control.FaultCut, To: []string{to}}
	if action == "heal" {
		f.Action = control.FaultHeal
	}
	return h.rig.cluster.Member(from).Links(ctx, f)
}

// isolate cuts or heals every link to and from a member, between members,
// the dead included: a partition is the network's, and they may come back.
func (h *harm) isolate(ctx context.Context, m *cluster.Member, action control.FaultAction) error {
	var errs []error
	for _, other := range h.rig.cluster.Members() {
		if other.ID() == m.ID() {
			continue
		}
		errs = append(errs,
			other.Links(ctx, control.Fault{Action: action, To: []string{m.ID()}}),
			m.Links(ctx, control.Fault{Action: action, To: []string{other.ID()}}))
	}
	return errors.Join(errs...)
}

// recover undoes what still stands, so that every node can be audited.
func (h *harm) recover(ctx context.Context) error {
	var errs []error
	for _, m := range h.rig.cluster.Members() {
		if !m.Alive() {
			errs = append(errs, m.Restart(ctx))
			continue
		}
		errs = append(errs, m.Resume(ctx))
	}
	return errors.Join(append(errs, h.healAll(ctx))...)
}

// healAll ends every partition between members.
func (t *trial) healAll(ctx context.Context) error {
	var errs []error
	heal := control.Fault{Action: control.FaultHeal, Immediate: true}
	for _, m := range t.rig.cluster.Members() {
		errs = append(errs, m.Links(ctx, heal))
	}
	return errors.Join(errs...)
}
