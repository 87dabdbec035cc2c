package cluster

import (
	"context"
	"fmt"
	"time"

	"github.com/raftbench/raftbench/control"
)

// Stats asks the node.
func (m *Member) Stats(ctx context.Context) (control.Stats, error) {
	return m.account(ctx, control.OpStats)
}

// Counters asks for Stats without its histograms.
func (m *Member) Counters(ctx context.Context) (control.Stats, error) {
	return m.account(ctx, control.OpCounters)
}

func (m *Member) account(ctx context.Context, op control.Op) (control.Stats, error) {
	e, err := m.ask(ctx, control.Command{Op: op})
	if err != nil {
		return control.Stats{}, err
	}
	if e.Stats == nil {
		return control.Stats{}, fmt.Errorf("%s answered without stats", m.ID())
	}
	return *e.Stats, nil
}

// BeginSpans has the node note the instants of writes, Spans end that and tell them.
func (m *Member) BeginSpans(ctx context.Context) error {
	_, err := m.ask(ctx, control.Command{Op: control.OpSpansBegin})
	return err
}

// Spans are those since BeginSpans.
func (m *Member) Spans(ctx context.Context) (control.Spans, error) {
	e, err := m.ask(ctx, control.Command{Op: control.OpSpans})
	if err != nil {
		return control.Spans{}, err
	}
	if e.Spans == nil {
		return control.Spans{}, fmt.Errorf("%s answered without spans", m.ID())
	}
	return *e.Spans, nil
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
