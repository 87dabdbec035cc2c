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

// standing is what was done to a member's outgoing links and not undone, by
// the name of the other end, and to its messages. It is the network's state, so
// it outlives the processes between which it stands.
type standing struct {
	cut      map[string]bool
	shapes   map[string]netem.Shape
	messages *control.MessageFaults
}

// newStanding is what a member is started with for the first time.
func newStanding(o control.Options) standing {
	s := standing{cut: map[string]bool{}, shapes: map[string]netem.Shape{}, messages: o.MessageFaults}
	s.add(control.Fault{Action: control.FaultCut, To: o.Cut})
	return s
}

// add takes a fault in. A reset is over as soon as it is done.
func (s *standing) add(f control.Fault) {
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

// handOver is what a process of the member is to start with.
func (s *standing) handOver(o control.Options) control.Options {
	if len(s.shapes) > 0 {
		links := make(map[string]netem.Shape, len(o.Links)+len(s.shapes))
		maps.Copy(links, o.Links)
		maps.Copy(links, s.shapes)
		o.Links = links
	}
	o.MessageFaults = s.messages
	o.Cut = slices.Sorted(maps.Keys(s.cut))
	return o
}

// Links does a fault to the member's outgoing links, to all other members
// where none is named. What it leaves standing stands across restarts: on a
// member that does not run it takes effect with the next start, before that
// process sends or answers anything, and on a paused one as soon as it goes on.
// Where the error is that a running member did not answer in time, the fault
// may be in force, and will be from the next start on.
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
	m.standing.add(f)
	if len(f.To) == 0 {
		return nil // there are no others
	}
	return m.doStanding(ctx, control.Command{Op: control.OpLinks, Fault: &f})
}

// MessageFaults replaces the faults that the member's messages to others
// suffer, nil by none. It stands across restarts, as what is done to the links
// does. Only a member that was started with message faults, if all zero, can be
// given others: its transport is another.
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
	m.standing.messages = f
	return m.doStanding(ctx, control.Command{Op: control.OpMessageFaults, MessageFaults: f})
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

// doStanding has the current process do what is recorded already.
func (m *Member) doStanding(ctx context.Context, c control.Command) error {
	p := m.process()
	if p == nil {
		return nil
	}
	m.mu.Lock()
	paused := m.paused
	m.uninformed = m.uninformed || paused // its Resume waits until this is done
	m.mu.Unlock()
	var err error
	if paused {
		err = p.post(ctx, c)
	} else {
		_, err = p.call(ctx, c)
	}
	if errors.Is(err, errEnded) {
		return nil // it died meanwhile: the next one starts with it
	}
	return err
}

// holdLinks waits for its turn with what is done to the member's links.
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
