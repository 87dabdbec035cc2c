package bench

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/results"
)

// actionKill is the fault that a proof does.
const actionKill = "kill"

// blow is members that a proof killed at once, with the mark that counts what
// became of the writes sent since.
type blow struct {
	fault results.Fault
	mark  *mark
}

// deadNS is when all of them were known to be dead.
func (b *blow) deadNS() int64 { return b.fault.DoneNS }

// strike kills members at once, and takes each out of the load's way when it is
// dead. target is whom they were to be: leader, follower, or a site.
func (p *proof) strike(ctx context.Context, target string, victims ...Member) (*blow, error) {
	b := &blow{fault: results.Fault{Action: actionKill, Target: target, Alive: len(living(p.system)), AtNS: clock.Now()}}
	b.fault.Leader, b.fault.Term = p.events.ledAt(b.fault.AtNS)
	for _, earlier := range p.blows {
		earlier.mark.close(b.fault.AtNS)
	}
	b.mark = p.acks.begin()
	p.blows = append(p.blows, b)
	errs, signalled := make([]error, len(victims)), make([]int64, len(victims))
	var all sync.WaitGroup
	for i, m := range victims {
		b.fault.Nodes = append(b.fault.Nodes, m.ID())
		all.Go(func() {
			at, err := m.Kill(ctx)
			p.router.remove(m.ID())
			p.events.add(results.Event{AtNS: at, Kind: results.EventFault, Node: m.ID(), Action: actionKill, Target: target})
			errs[i], signalled[i] = err, at
		})
	}
	all.Wait()
	b.fault.DoneNS = clock.Now()
	if len(victims) > 0 {
		b.fault.AtNS = max(b.fault.AtNS, slices.Min(signalled))
	}
	b.mark.settle(instants{b.fault.AtNS, b.deadNS()})
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return nil, fmt.Errorf("kill %s: %w", victims[i].ID(), errs[i])
	}
	return b, nil
}

// faults are what was done, with what the clients saw of it.
func (p *proof) faults() []results.Fault {
	var out []results.Fault
	for _, b := range p.blows {
		b.fault.Probes = b.mark.seen(p.system.Members())
		out = append(out, b.fault)
	}
	return out
}
