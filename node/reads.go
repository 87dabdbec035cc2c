package node

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// readGate lets linearizable reads pass on the leader (Raft thesis §6.4): the
// commit index is noted, leadership is verified by a round of heartbeats, and
// the read waits until the machine has applied that far. Reads that arrive
// during one round share the next.
//
// A new leader's commit index may lag behind what an earlier leader
// acknowledged, so the first round of each term sends a barrier through the
// log before it trusts the index.
//
// Our assumption: raft's VerifyLeader. It counts any heartbeat answer that
// arrives after the call, also one sent just before.
type readGate struct {
	node *Node

	mu      sync.Mutex
	next    *round
	running bool

	// Of the one goroutine that runs rounds:
	barrierTerm, barrierIndex uint64
}

// round is one verification and those who wait for it.
type round struct {
	done chan struct{}
	err  error
}

// roundTimeout bounds a round's waits; raft itself ends them sooner when it
// loses its lease.
const roundTimeout = 10 * time.Second

func newReadGate(n *Node) *readGate { return &readGate{node: n} }

// pass returns when a read may be answered from the machine.
func (g *readGate) pass(ctx context.Context) error {
	if mutant == localReads {
		return nil
	}
	r := g.join()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return errTimeout
	case <-g.node.closing.Done():
		return errStopped
	}
}

func (g *readGate) join() *round {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.next == nil {
		g.next = &round{done: make(chan struct{})}
	}
	if !g.running {
		g.running = true
		go g.run()
	}
	return g.next
}

func (g *readGate) run() {
	for {
		g.mu.Lock()
		r := g.next
		g.next = nil
		if r == nil {
			g.running = false
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		r.err = g.verify()
		close(r.done)
	}
}

func (g *readGate) verify() error {
	r := g.node.raft
	term := r.CurrentTerm()
	if err := g.barrier(term); err != nil {
		return err
	}
	commit := r.CommitIndex()
	if mutant != noVerifyLeader {
		if err := r.VerifyLeader().Error(); err != nil {
			return applyError(err)
		}
	}
	// The commit index is this term's only if the term is still this one.
	if r.CurrentTerm() != term {
		return errNotLeader
	}
	if commit <= g.barrierIndex {
		return nil // applied before the barrier returned
	}
	// Between the barrier and here the term's log holds commands and
	// configurations only, which the machine counts.
	ctx, cancel := context.WithTimeout(g.node.closing, roundTimeout)
	defer cancel()
	if err := g.node.machine.wait(ctx, commit); err != nil {
		return errTimeout
	}
	return nil
}

// barrier makes sure, once a term, that all earlier entries are applied here.
func (g *readGate) barrier(term uint64) error {
	if g.barrierTerm == term || mutant == noBarrier {
		return nil
	}
	if !g.node.leads() {
		return errNotLeader
	}
	f := g.node.raft.Barrier(roundTimeout)
	if err := f.Error(); err != nil {
		return applyError(err)
	}
	indexed, ok := f.(raft.IndexFuture)
	if !ok {
		return fmt.Errorf("raft's barrier gives no index: %T", f)
	}
	if g.node.raft.CurrentTerm() != term {
		return errNotLeader
	}
	g.barrierTerm, g.barrierIndex = term, indexed.Index()
	return nil
}
