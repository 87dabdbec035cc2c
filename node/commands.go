package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/raftbench/raftbench/control"
)

// do carries out one command; what it answers beside success goes into reply.
func (s *session) do(ctx context.Context, c control.Command, reply *control.Event) error {
	if c.Op == control.OpStart {
		return s.start(ctx, c.Start, reply)
	}
	if s.node == nil {
		return fmt.Errorf("first command is %q, want %q", c.Op, control.OpStart)
	}
	n := s.node
	switch c.Op {
	case control.OpPeers:
		n.Peers(c.Peers)
		return nil
	case control.OpBootstrap:
		return n.Bootstrap(c.Peers)
	case control.OpTransfer:
		return n.Transfer(c.To)
	case control.OpAddNonvoter, control.OpAddVoter, control.OpRemoveServer:
		if c.To == "" {
			return missing(c.Op, "to")
		}
		return n.changeMembers(c.Op, c.To)
	case control.OpLinks, control.OpMessageFaults, control.OpDisk, control.OpDeadlock:
		return n.harm(c)
	case control.OpStop:
		return n.Close()
	case control.OpStats, control.OpCounters, control.OpSpansBegin, control.OpSpans:
		return n.account(c.Op, reply)
	case control.OpCalibrate:
		if c.Calibrate == nil {
			return missing(c.Op, "calibrate")
		}
		return n.Calibrate(ctx, *c.Calibrate)
	case control.OpSnapshot:
		return n.Snapshot()
	case control.OpApply:
		if c.Apply == nil {
			return missing(c.Op, "apply")
		}
		result, err := n.Apply(ctx, *c.Apply)
		reply.Apply = result
		return err
	default:
		return fmt.Errorf("command %q is unknown to this node, which speaks version %d of the protocol", c.Op, control.Version)
	}
}

// account answers with what the node knows of itself.
func (n *Node) account(op control.Op, reply *control.Event) error {
	switch op {
	case control.OpSpansBegin:
		return n.BeginSpans()
	case control.OpSpans:
		spans, err := n.Spans()
		reply.Spans = &spans
		return err
	}
	stats := n.Stats
	if op == control.OpCounters {
		stats = n.Counters
	}
	told := stats()
	reply.Stats = &told
	return nil
}

func (s *session) start(ctx context.Context, o *control.Options, reply *control.Event) error {
	switch {
	case s.node != nil:
		return errors.New("the node is started already")
	case o == nil:
		return missing(control.OpStart, "start")
	}
	reply.Version = control.Version
	n, err := New(ctx, *o, s.log, s.events)
	if err != nil {
		return err
	}
	s.node = n
	listen, found := n.Listen(), n.OnDisk()
	reply.Listen, reply.OnDisk = &listen, &found
	return nil
}

func missing(op control.Op, field string) error {
	return fmt.Errorf("command %q has no %q", op, field)
}
