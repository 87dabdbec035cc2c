package metamorphic

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
)

// fault is done while an operation is under way, and undone before a later one. Instants
// are counted in operations, so that the same program meets the same faults on a slow
// host, too.
type fault struct {
	at, until int
	what      string
	// ofLeader: to the leader of that moment, else to a follower.
	ofLeader bool
}

const (
	// firstFault, and each so many operations the next.
	firstFault, faultEvery = 10, 25
	// lastsUnnoticed is for how many operations those last that nobody answers for, which
	// takes long; lastsDead for how many a node is down.
	lastsUnnoticed, lastsDead = 6, 18
)

// drawFaults are of one node at a time, which a cluster of three or more survives, or of
// all, which have to be started again.
func (s setup) drawFaults(seed int64, operations int) (faults []fault) {
	rng := rand.New(rand.NewPCG(uint64(seed), 3))
	kinds := []string{"isolate", "pause", "transfer", "kill", "blackout"}
	switch memory := s.store == control.StoreMemory; {
	case memory && s.nodes == 1:
		return nil
	case memory:
		kinds = kinds[:3] // nobody survives having forgotten its vote and its log
	case s.nodes == 1:
		kinds = kinds[4:]
	}
	rng.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	for at := firstFault; at+lastsDead <= operations; at += faultEvery {
		f := fault{at, at + lastsUnnoticed, kinds[len(faults)%len(kinds)], rng.IntN(3) > 0}
		if f.what == "kill" {
			f.until = at + lastsDead
		}
		faults = append(faults, f)
	}
	return faults
}

// TestSetupsWithFaultsMeetSome: also where each of several clients has few operations.
func TestSetupsWithFaultsMeetSome(t *testing.T) {
	const of, clients = 120, 4
	for _, s := range standard() {
		if s.faults && len(s.drawFaults(1, of/clients)) == 0 {
			t.Errorf("%s meets none", s.name())
		}
	}
}

// nemesis does faults as a client's operations go by.
type nemesis struct {
	real   *real
	faults []fault
	victim *cluster.Member
	begun  chan error // of the fault that is under way; nil: of none
}

// before operation i: a fault is begun beside it, or ended.
func (n *nemesis) before(ctx context.Context, i int) error {
	if len(n.faults) == 0 {
		return nil
	}
	f := n.faults[0]
	if n.begun == nil && i >= f.at {
		if err := n.choose(ctx, f); err != nil {
			return err
		}
		n.begun = make(chan error, 1)
		go func() { n.begun <- n.harm(ctx, f) }()
		if f.what == "blackout" {
			return n.end(ctx, f) // no operation would come to its end before
		}
	}
	if n.begun != nil && i >= f.until {
		return n.end(ctx, f)
	}
	return nil
}

// finish ends what is under way.
func (n *nemesis) finish(ctx context.Context) error {
	if n.begun == nil {
		return nil
	}
	return n.end(ctx, n.faults[0])
}

func (n *nemesis) choose(ctx context.Context, f fault) error {
	leader, _, err := n.real.cluster.Leader(ctx)
	if err != nil {
		return err
	}
	n.victim = leader
	for _, m := range n.real.cluster.Members() {
		if !f.ofLeader && m != leader {
			n.victim = m
		}
	}
	return nil
}

func (n *nemesis) harm(ctx context.Context, f fault) error {
	switch f.what {
	case "kill":
		_, err := n.victim.Kill(ctx)
		return err
	case "blackout":
		for _, m := range n.real.cluster.Members() {
			if _, err := m.Kill(ctx); err != nil {
				return err
			}
		}
		return nil
	case "pause":
		return n.victim.Pause(ctx)
	case "isolate":
		return n.links(ctx, control.FaultCut)
	}
	for _, m := range n.real.cluster.Members() {
		if m != n.victim {
			// It may fail, as when the leader changes meanwhile.
			_ = n.real.cluster.Transfer(ctx, m.ID())
			break
		}
	}
	return nil
}

// end undoes the fault.
func (n *nemesis) end(ctx context.Context, f fault) error {
	err := <-n.begun
	n.begun, n.faults = nil, n.faults[1:]
	if err != nil {
		return fmt.Errorf("%s of %s: %w", f.what, n.victim.ID(), err)
	}
	switch f.what {
	case "kill":
		return n.victim.Restart(ctx)
	case "blackout":
		for _, m := range n.real.cluster.Members() {
			if err := m.Restart(ctx); err != nil {
				return err
			}
		}
	case "pause":
		return n.victim.Resume(ctx)
	case "isolate":
		return n.links(ctx, control.FaultHeal)
	}
	return nil
}

// links cuts or heals all between the victim and the others.
func (n *nemesis) links(ctx context.Context, action control.FaultAction) error {
	for _, m := range n.real.cluster.Members() {
		f := control.Fault{Action: action}
		if m != n.victim {
			f.To = []string{n.victim.ID()}
		}
		if err := m.Links(ctx, f); err != nil {
			return err
		}
	}
	return nil
}
