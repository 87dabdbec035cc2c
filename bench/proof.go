package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

const (
	// provingWrites that must be acknowledged before a cluster counts as
	// going on: one could be luck, twenty are a working quorum.
	provingWrites = 20
	// standingWrites are to be there before the first kill: what nobody wrote
	// cannot be lost.
	standingWrites = 200
	// proofRate is offered throughout a proof, per second, to every member
	// that lives, in turn: whoever leads is found without being told.
	proofRate = 400
	// proofReads is the share of linearizable reads in that load: agreement
	// is also that nobody reads what was never, or is no longer, so.
	proofReads = 0.3
	// proofTimeout of one write, so that those caught by a kill end soon.
	proofTimeout = 2 * time.Second
	// minBlocked is the least time in which nothing may be acknowledged.
	minBlocked = 3 * time.Second
)

// prove kills members up to the tolerance and one beyond it, and records what
// was acknowledged after each kill.
func (t *trial) prove(ctx context.Context) error {
	leader, _, err := t.rig.cluster.Leader(ctx)
	if err != nil {
		return err
	}
	p := &proof{trial: t, acks: &acknowledgements{}, router: &router{}}
	t.record.Proof = &p.fault
	for _, m := range t.rig.cluster.Members() {
		if err := p.join(ctx, m); err != nil {
			return err
		}
	}
	if err := t.calibrate(ctx); err != nil {
		return err
	}
	t.record.Links = t.links.withBefore(t.record.Links)
	t.flagUnmeasured()
	load := p.offer(ctx)
	err = p.harm(ctx, leader)
	rec, loadErr := load.stop()
	p.fault.Acked, p.fault.Unknown = rec.Writes, rec.Unknown
	if loadErr != nil && !errors.Is(loadErr, context.Canceled) {
		return fmt.Errorf("the proof's load: %w", loadErr) // nothing else means anything without it
	}
	return err
}

// proof is one proof trial in progress.
type proof struct {
	*trial
	fault  results.Fault
	acks   *acknowledgements
	router *router
}

// harm is the sequence of kills and what each has to show.
func (p *proof) harm(ctx context.Context, leader *cluster.Member) error {
	if err := p.goesOn(ctx, clock.Now(), standingWrites, "before any kill"); err != nil {
		return err
	}
	tolerates := quorum.Size(p.job.Setup.Nodes).Tolerates()
	followers := p.others(leader)
	if tolerates > 0 {
		for _, m := range followers[:tolerates-1] {
			if _, err := p.kill(ctx, m); err != nil {
				return err
			}
		}
		if err := p.killLeader(ctx, leader, tolerates); err != nil {
			return err
		}
	}
	if err := p.blocks(ctx, tolerates+1); err != nil {
		return err
	}
	return p.recovers(ctx)
}

// killLeader kills the last member that may be missed, the leader itself, and
// times how long writes were unavailable.
func (p *proof) killLeader(ctx context.Context, leader *cluster.Member, tolerates int) error {
	p.stage(fmt.Sprintf("killing the leader, failure %d of %d tolerated", tolerates, tolerates))
	at, err := p.kill(ctx, leader)
	if err != nil {
		return err
	}
	first := p.acks.mark(at)
	if err := p.goesOn(ctx, at, provingWrites, fmt.Sprintf("after %d kills", tolerates)); err != nil {
		return err
	}
	p.fault.Survived = tolerates
	if at0 := first.first(); at0 > 0 {
		p.fault.UnavailabilityNS = at0 - at
	}
	if elected := p.rig.events.firstLeaderAfter(at); elected > 0 {
		p.fault.ElectionNS = elected - at
	}
	return nil
}

// blocks kills one member more than is tolerated and watches that no write
// sent after its death is acknowledged. It kills a follower where one lives:
// a leader that lost its quorum must not acknowledge either.
func (p *proof) blocks(ctx context.Context, failures int) error {
	leader, _ := p.rig.cluster.Current()
	victim := p.living()[0]
	for _, m := range p.living() {
		if leader != nil && m.ID() != leader.ID() {
			victim = m
			break
		}
	}
	watch := max(minBlocked, 3*p.job.Setup.Raft.ElectionTimeout)
	p.stage(fmt.Sprintf("killing one more (%d of %d dead): nothing may be acknowledged for %v",
		failures, p.job.Setup.Nodes, watch))
	if _, err := p.kill(ctx, victim); err != nil {
		return err
	}
	mark := p.acks.mark(clock.Now()) // the victim is reaped
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(watch):
	}
	if n := mark.count(); n > 0 {
		p.unsafe = append(p.unsafe, fmt.Sprintf("%d writes were acknowledged with %d of %d nodes dead", n, failures, p.job.Setup.Nodes))
		return nil
	}
	p.fault.BlockedAt = failures
	return nil
}

// recovers restarts every dead member on its old data: writes must go on.
func (p *proof) recovers(ctx context.Context) error {
	if !p.record.Durable {
		return nil
	}
	p.stage("restarting all")
	var restarts sync.WaitGroup
	errs := make([]error, len(p.fault.Killed))
	for i, id := range p.fault.Killed {
		restarts.Go(func() { errs[i] = p.rig.cluster.Member(id).Restart(ctx) })
	}
	restarts.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, id := range p.fault.Killed {
		if err := p.join(ctx, p.rig.cluster.Member(id)); err != nil {
			return err
		}
	}
	if err := p.goesOn(ctx, clock.Now(), provingWrites, "after all were restarted"); err != nil {
		return err
	}
	p.fault.Restarted = true
	return nil
}

// recoveryBound is how long writes may take to go on: elections that split
// their votes are repeated, each within twice the timeout.
func recoveryBound(r control.Raft) time.Duration {
	return 10*time.Second + 10*max(r.ElectionTimeout, r.HeartbeatTimeout)
}

// goesOn waits until enough writes sent after an instant are acknowledged.
func (p *proof) goesOn(ctx context.Context, afterNS int64, writes int, when string) error {
	mark := p.acks.mark(afterNS)
	bound := recoveryBound(p.job.Setup.Raft)
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for mark.count() < writes {
		select {
		case <-tick.C:
			if err := p.rig.healthy(); err != nil {
				return err
			}
		case <-ctx.Done():
			if ctx.Err() == context.DeadlineExceeded {
				return fmt.Errorf("%s: %d writes acknowledged within %v, wanted %d", when, mark.count(), bound, writes)
			}
			return ctx.Err()
		}
	}
	return nil
}

// kill takes a member out of the load's way only when it is dead, as a client
// would learn of it.
func (p *proof) kill(ctx context.Context, m *cluster.Member) (int64, error) {
	at, err := m.Kill(ctx)
	if err != nil {
		return 0, fmt.Errorf("kill %s: %w", m.ID(), err)
	}
	p.router.remove(m.ID())
	p.fault.Killed = append(p.fault.Killed, m.ID())
	return at, nil
}

// join sends load to a member.
func (p *proof) join(ctx context.Context, m *cluster.Member) error {
	c, err := p.rig.dial(ctx, m)
	if err != nil {
		return err
	}
	p.router.add(m.ID(), c)
	return nil
}

func (p *proof) living() []*cluster.Member {
	return slices.DeleteFunc(slices.Clone(p.rig.cluster.Members()), func(m *cluster.Member) bool { return !m.Alive() })
}

func (p *proof) others(than *cluster.Member) []*cluster.Member {
	return slices.DeleteFunc(p.living(), func(m *cluster.Member) bool { return m.ID() == than.ID() })
}

// load is the writing and reading that goes on throughout a proof.
type load struct {
	cancel context.CancelFunc
	done   chan struct{}
	rec    loadgen.Recording
	err    error
}

// offer starts the load. Its window is far longer than any proof may take;
// it is cut off when the proof ends.
func (p *proof) offer(ctx context.Context) *load {
	ctx, cancel := context.WithCancel(ctx)
	l := &load{cancel: cancel, done: make(chan struct{})}
	work := p.rig.workload()
	work.ReadRatio, work.Serializable = proofReads, false
	gen := loadgen.New([]loadgen.Target{p.acks.watch(p.router)}, work, p.rig.observers()...)
	window := loadgen.Window{
		Name: "proof", Schedule: loadgen.Constant(proofRate), Timeout: proofTimeout, MaxInFlight: maxInFlight,
		Duration: trialBound + 10*recoveryBound(p.job.Setup.Raft),
	}
	go func() {
		defer close(l.done)
		l.rec, l.err = gen.Run(ctx, window)
	}()
	return l
}

// stop ends the load and waits for what is in flight.
func (l *load) stop() (loadgen.Recording, error) {
	l.cancel()
	<-l.done
	return l.rec, l.err
}
