package node

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/raftbench/raftbench/control"
)

// Calibrate probes the outgoing links asked for, all at the same time. Between
// members the probes go to raft's own listener, the one that every member
// has: raft reads from a connection that says nothing until it ends, and takes
// that for no error (net_transport.go, handleConn).
func (n *Node) Calibrate(ctx context.Context, c control.Calibrate) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(n.closing, cancel)()
	var mu sync.Mutex
	var errs []error
	var all sync.WaitGroup
	for to := range c.Slots {
		all.Go(func() {
			if err := n.calibrateLink(ctx, to, c); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, fmt.Errorf("link to %s: %w", to, err))
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (n *Node) calibrateLink(ctx context.Context, to string, c control.Calibrate) error {
	if to == control.ClientLink {
		return n.endpoint.Calibrate(ctx, to, "", c.Link(to))
	}
	m, found := n.peers.member(to)
	if !found {
		return fmt.Errorf("member %q is not published", to)
	}
	return n.endpoint.Calibrate(ctx, to, m.Raft, c.Link(to))
}
