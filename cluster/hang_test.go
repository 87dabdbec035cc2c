package cluster

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/control"
)

// A node that hangs holds up whoever asks something of it for the cluster's
// own bound, however much time the caller has.
func TestHangingNodeHoldsNothingUp(t *testing.T) {
	spec := quickSpec(t, 2)
	spec.Start = fake(map[string]string{"n1": sound, "n2": sound}, nil)
	spec.CallTimeout = 50 * time.Millisecond
	c := start(t, spec)
	n1, n2 := c.Members()[0], c.Members()[1]
	hang(t, n2)
	if _, err := n1.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	quick := control.Calibrate{Slots: map[string]int{"n1": 0}, SlotCount: 1, Probes: 1, Every: time.Millisecond, Patience: time.Millisecond}
	for name, ask := range map[string]func(ctx context.Context) error{
		"stats":          func(ctx context.Context) error { _, err := n2.Stats(ctx); return err },
		"snapshot":       n2.Snapshot,
		"links":          func(ctx context.Context) error { return n2.Links(ctx, control.Fault{Action: control.FaultCut}) },
		"calibrate":      func(ctx context.Context) error { return n2.Calibrate(ctx, quick) },
		"apply":          func(ctx context.Context) error { _, err := n2.Apply(ctx, control.Apply{Writers: 1}); return err },
		"another's part": n1.Restart, // n2 is to be told where n1 listens now
	} {
		ctx := within(t, time.Minute)
		err := ask(ctx)
		var wait *WaitError
		if !errors.As(err, &wait) || ctx.Err() != nil {
			t.Errorf("%s: got %v, and the caller's minute ended with %v; wanted a WaitError long before", name, err, ctx.Err())
		}
	}
}

// hang stops the process behind the cluster's back, until the test ends.
func hang(t *testing.T, m *Member) {
	t.Helper()
	pid := m.PID()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
}
