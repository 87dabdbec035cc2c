package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// networkState is what a member's outgoing links, by the name of the other end,
// its messages and its disk have been changed to. It is the network's and the
// host's state: a process that is restarted starts with it.
type networkState struct {
	cut      map[string]bool
	shapes   map[string]netem.Shape
	messages *control.MessageFaults
	disk     control.DiskFault
}

// newNetworkState is the state at a member's first start.
func newNetworkState(o control.Options) networkState {
	s := networkState{cut: map[string]bool{}, shapes: map[string]netem.Shape{}, messages: o.MessageFaults, disk: o.Disk}
	s.add(control.Fault{Action: control.FaultCut, To: o.Cut})
	return s
}

// add records a fault. A reset leaves nothing to record.
func (s *networkState) add(f control.Fault) {
	for _, to := range f.To {
		switch f.Action {
		case control.FaultCut:
			s.cut[to] = true
		case control.FaultHeal:
			delete(s.cut, to)
		case control.FaultShape:
			s.shapes[to] = f.Shape
		}
	}
}

// handOver puts the state into the options of a process that is to start.
func (s *networkState) handOver(o control.Options) control.Options {
	if len(s.shapes) > 0 {
		links := make(map[string]netem.Shape, len(o.Links)+len(s.shapes))
		maps.Copy(links, o.Links)
		maps.Copy(links, s.shapes)
		o.Links = links
	}
	o.MessageFaults = s.messages
	o.Disk = s.disk
	o.Cut = slices.Sorted(maps.Keys(s.cut))
	return o
}

// Links does a fault to the member's outgoing links, to all other members
// where none is named. Cuts and shapes outlive the process: on a member that does
// not run they take effect with its next start, before that process sends or
// answers anything, and on a paused one as soon as it is resumed. When a running
// member did not answer in time, the fault may be in force, and will be from the
// next start on.
func (m *Member) Links(ctx context.Context, f control.Fault) error {
	if err := checkFault(f); err != nil {
		return fmt.Errorf("links of %s: %w", m.ID(), err)
	}
	if len(f.To) == 0 {
		f.To = m.others() // a node that has just started knows nobody yet
	}
	ctx, cancel := m.cluster.bound(ctx, m.cluster.spec.callTimeout())
	defer cancel()
	release, err := m.holdLinks(ctx)
	if err != nil {
		return fmt.Errorf("links of %s: %w", m.ID(), err)
	}
	defer release()
	m.network.add(f)
	if len(f.To) == 0 {
		return nil // there are no others
	}
	return m.applyNetwork(ctx, control.Command{Op: control.OpLinks, Fault: &f})
}

// MessageFaults replaces the faults done to the member's messages; nil ends
// them. As with Links, they outlive the process. Only a member whose options had
// MessageFaults, if all zero, can be given others: raft's transport is made for
// them at the start.
func (m *Member) MessageFaults(ctx context.Context, f *control.MessageFaults) error {
	if err := m.checkMessageFaults(f); err != nil {
		return fmt.Errorf("message faults of %s: %w", m.ID(), err)
	}
	if m.options.MessageFaults == nil {
		return nil // it has none
	}
	ctx, cancel := m.cluster.bound(ctx, m.cluster.spec.callTimeout())
	defer cancel()
	release, err := m.holdLinks(ctx)
	if err != nil {
		return fmt.Errorf("message faults of %s: %w", m.ID(), err)
	}
	defer release()
	if f == nil {
		f = &control.MessageFaults{}
	}
	m.network.messages = f
	return m.applyNetwork(ctx, control.Command{Op: control.OpMessageFaults, MessageFaults: f})
}

// Disk has the member's disk do what d says, in place of what it did before. As
// with Links, it outlives the process, but a process has started before its disk
// does it. A process that dies while its disk is full, or of what it could not write
// then, has not died unasked.
func (m *Member) Disk(ctx context.Context, d control.DiskFault) error {
	return m.harm(ctx, control.Command{Op: control.OpDisk, Disk: &d}, func() {
		m.network.disk = d
		if p := m.process(); p != nil {
			p.setFull(d.Full)
		}
	})
}

// Deadlock has the member's state machine hang, or go on. It is the process's and
// ends with it.
func (m *Member) Deadlock(ctx context.Context, on bool) error {
	return m.harm(ctx, control.Command{Op: control.OpDeadlock, Deadlock: on}, func() {})
}

// harm records a fault and has the current process do it.
func (m *Member) harm(ctx context.Context, c control.Command, record func()) error {
	ctx, cancel := m.cluster.bound(ctx, m.cluster.spec.callTimeout())
	defer cancel()
	release, err := m.holdLinks(ctx)
	if err != nil {
		return fmt.Errorf("%s of %s: %w", c.Op, m.ID(), err)
	}
	defer release()
	record()
	return m.applyNetwork(ctx, c)
}

// checkMessageFaults refuses what a node would, also where none runs to be
// asked.
func (m *Member) checkMessageFaults(f *control.MessageFaults) error {
	if f != nil && m.options.MessageFaults == nil {
		return errors.New("it was started without any, so it can be given none")
	}
	return f.Validate()
}

// checkFault refuses what a node would, also where none runs to be asked.
func checkFault(f control.Fault) error {
	switch f.Action {
	case control.FaultCut, control.FaultHeal, control.FaultReset:
		return nil
	case control.FaultShape:
		return f.Shape.Validate()
	}
	return fmt.Errorf("fault %q is unknown, want cut, heal, reset or shape", f.Action)
}

// others are the ids of all members but this one.
func (m *Member) others() []string {
	var ids []string
	for _, other := range m.cluster.members {
		if other != m {
			ids = append(ids, other.ID())
		}
	}
	return ids
}

// applyNetwork has the current process do what is already recorded.
func (m *Member) applyNetwork(ctx context.Context, c control.Command) error {
	p := m.process()
	if p == nil {
		return nil
	}
	m.mu.Lock()
	paused := m.paused
	m.missedAddresses = m.missedAddresses || paused // so Resume waits until it is done
	m.mu.Unlock()
	var err error
	if paused {
		err = p.post(ctx, c)
	} else {
		_, err = p.call(ctx, c)
	}
	if errors.Is(err, errEnded) {
		return nil // it died: the next process starts with it
	}
	return err
}

// holdLinks waits until nobody else changes the member's links.
func (m *Member) holdLinks(ctx context.Context) (release func(), err error) {
	began := time.Now()
	select {
	case m.links <- struct{}{}:
		return func() { <-m.links }, nil
	case <-ctx.Done():
		return nil, &WaitError{
			For: "end of what is being done to the links of " + m.ID(), Waited: time.Since(began), Err: context.Cause(ctx),
		}
	}
}
