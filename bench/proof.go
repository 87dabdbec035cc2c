package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
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
	// proofKeys are few, so that each is written every 60 ms: who is behind by no
	// more than an election shows it on whatever key it is asked for, and writes to
	// one key overlap. They are not fewer still, since an audit tells apart 1024
	// writes of unknown outcome on a key, and a cluster without a majority may leave
	// 280 a second behind.
	proofKeys = 16
	// proofTimeout of one write, so that those caught by a kill end soon.
	proofTimeout = 2 * time.Second
	// minBlocked is the least time in which nothing may be acknowledged.
	minBlocked = 3 * time.Second
	// minSiteBlocked is the same without a site: that a cluster of this size can stop
	// was watched for longer already, and in a second some hundred writes are sent.
	minSiteBlocked = time.Second
)

// proof kills members up to the tolerance and one beyond it, then all that are
// left, then site by site, and records what each step showed.
//
// A survivor that was never killed proves nothing of durability: it holds every
// write in memory. So nobody is started again before everybody is dead, and what
// each store then holds is compared with what it had reported durable before
// anybody waits for a leader: nodes that lost everything elect nobody, and that
// is a loss, not a wait.
type proof struct {
	setup  configs.Setup
	system System
	events *timeline
	record *record
	tell   func(Stage)
	result *results.ProofResult
	acks   *acknowledgements
	router *router
	// blows are the faults so far, in order.
	blows []*blow
	// patience is how long writes may take to go on.
	patience time.Duration
}

func (t *trial) newProof() *proof {
	p := &proof{
		setup: t.job.Setup, system: t.system, events: t.events, record: t.record, tell: t.tell,
		result: &results.ProofResult{Killed: []string{}}, acks: &acknowledgements{},
	}
	p.router = &router{watch: p.acks.watch}
	p.patience = recoveryBound(p.setup.Raft)
	return p
}

// prove runs a proof trial on a booted system.
func (t *trial) prove(ctx context.Context) error {
	p := t.newProof()
	t.record.Proof = p.result
	if err := p.router.joinAll(ctx, t.system); err != nil {
		return err
	}
	// A proof stands, whatever its links: what it times are elections.
	t.tell(StageCalibrating)
	if err := t.links.calibrate(ctx, t.system, t.record); err != nil {
		return err
	}
	t.record.Links = t.links.withBefore(t.record.Links)
	load := t.offerToProof(ctx, p)
	err := p.run(ctx)
	t.record.remark(t.links.doubts(&t.record.Trial)...)
	rec, loadErr := load.stop()
	t.record.Faults, t.record.Writes = p.faults(), writesOf(p.acks.all.all())
	p.result.Acked, p.result.Unknown = rec.Writes, rec.Unknown
	if loadErr != nil && !errors.Is(loadErr, context.Canceled) {
		return fmt.Errorf("the proof's load: %w", loadErr) // nothing else means anything without it
	}
	return err
}

// offerToProof starts the load of a proof.
func (t *trial) offerToProof(ctx context.Context, p *proof) *offered {
	work := workload(p.setup, t.audit.prefix, t.job.Seed)
	work.ReadRatio, work.Serializable = proofReads, false
	work.Keys = min(work.Keys, proofKeys)
	return offerUntilStopped(ctx, loadgen.New([]loadgen.Target{p.router}, work, t.audit.observers()...), p.setup)
}

// run is the sequence of kills and what each has to show.
func (p *proof) run(ctx context.Context) error {
	if err := p.goesOn(ctx, clock.Now(), standingWrites, "before any kill"); err != nil {
		return err
	}
	tolerates := quorum.Size(p.setup.Nodes).Tolerates()
	if tolerates > 0 {
		if err := p.survives(ctx, tolerates); err != nil {
			return err
		}
	}
	if err := p.blocks(ctx, tolerates+1); err != nil {
		return err
	}
	if !p.record.Durable {
		return nil
	}
	if err := p.recovers(ctx); err != nil || len(p.record.Findings) > 0 {
		return err
	}
	return p.siteBySite(ctx)
}

// survives kills as many as are tolerated, one after another and the leader last,
// with writes going on after each, and times how long they were out.
func (p *proof) survives(ctx context.Context, tolerates int) error {
	for n := 1; n < tolerates; n++ {
		leader, err := p.system.Leader(ctx)
		if err != nil {
			return err
		}
		b, err := p.kill(ctx, targetFollower, p.other(leader))
		if err != nil {
			return err
		}
		if err := p.goesOn(ctx, b.deadNS(), provingWrites, fmt.Sprintf("after %s", units.Plural(n, "kill"))); err != nil {
			return err
		}
	}
	p.tell(StageKillingLeader)
	// Who leads now may be another than led before calibration and load began.
	leader, err := p.system.Leader(ctx)
	if err != nil {
		return err
	}
	b, err := p.kill(ctx, targetLeader, member(p.system, leader))
	if err != nil {
		return err
	}
	at := b.fault.AtNS
	if err := p.goesOn(ctx, b.deadNS(), provingWrites, fmt.Sprintf("after %s", units.Plural(tolerates, "kill"))); err != nil {
		return err
	}
	p.result.Survived = tolerates
	if p.events.leaderAt(at) == leader { // none was elected between question and kill
		p.result.Leader = leader
		p.result.OutageNS = b.mark.first() - at
		p.result.ElectionNS = max(0, p.events.firstLeaderAfter(at)-at)
	}
	return nil
}

// blocks kills one member more than is tolerated and watches that no write
// sent after its death is acknowledged. It kills a follower where one lives:
// a leader that lost its quorum must not acknowledge either.
func (p *proof) blocks(ctx context.Context, failures int) error {
	p.tell(StageKillingOneMore)
	if _, err := p.kill(ctx, targetFollower, p.other(p.events.leaderAt(clock.Now()))); err != nil {
		return err
	}
	silent, err := p.silent(ctx, minBlocked, fmt.Sprintf("%d of %d nodes dead", failures, p.setup.Nodes))
	if silent {
		p.result.BlockedAt = failures
	}
	return err
}

// silent watches, for so long or three elections, that no write sent from now on,
// with no majority alive, is acknowledged; that one is, is a matter of safety.
func (p *proof) silent(ctx context.Context, least time.Duration, dead string) (bool, error) {
	mark := p.acks.mark(clock.Now()) // the victims are reaped
	for over := time.Now().Add(max(least, 3*p.setup.Raft.ElectionTimeout)); mark.count() == 0 && time.Now().Before(over); {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	n := mark.count()
	if n > 0 {
		p.record.find(results.Finding{Class: results.Safety, Rule: results.RuleQuorum,
			Got: fmt.Sprintf("%d writes acknowledged with %s", n, dead), Want: "none: no majority was alive"})
	}
	return n == 0, nil
}

// recovers kills all that are left and starts everybody again, each on its own
// disk: nothing may be missing there, and writes must go on.
func (p *proof) recovers(ctx context.Context) error {
	p.tell(StageBlackout)
	b, err := p.strike(ctx, targetAll, living(p.system)...)
	if err != nil {
		return err
	}
	durable := durableOn(p.system.Members())
	p.tell(StageRestarting)
	if err := restartAll(ctx, p.system, p.events, p.record); err != nil {
		return err
	}
	b.fault.EndNS = clock.Now()
	p.result.Disks = p.compare(durable)
	if p.record.found(results.Safety) {
		return nil // that nobody leads them would be no news
	}
	if err := p.rejoin(ctx, p.system.Members()); err != nil {
		return err
	}
	if err := p.goesOn(ctx, clock.Now(), provingWrites, "after all were restarted"); err != nil {
		return err
	}
	p.result.Recovered = !p.record.found(results.Liveness)
	return nil
}

// rejoin sends load to members that run again.
func (p *proof) rejoin(ctx context.Context, members []Member) error {
	for _, m := range members {
		if err := p.router.join(ctx, p.system, m.ID()); err != nil {
			return err
		}
	}
	return nil
}

// durableOn is what each of these members has reported durable.
func durableOn(members []Member) map[string]uint64 {
	durable := map[string]uint64{}
	for _, m := range members {
		if index, ok := m.Durable(); ok {
			durable[m.ID()] = index
		}
	}
	return durable
}

// restartAll starts every member that is dead.
func restartAll(ctx context.Context, s System, events *timeline, rec *record) error {
	members := s.Members()
	errs := make([]error, len(members))
	var all sync.WaitGroup
	for i, m := range members {
		if !m.Alive() {
			all.Go(func() { errs[i] = restart(ctx, m, events) })
		}
	}
	all.Wait()
	for i, err := range errs {
		if f := unreadable(members[i], err); f != nil {
			rec.find(*f)
			errs[i] = nil
		}
	}
	return errors.Join(errs...)
}

// unreadable is the finding on a member that could not be started for its own data: one
// that cannot open it after SIGKILL has lost it. nil where the error tells of none.
func unreadable(m Member, err error) *results.Finding {
	var start *cluster.StartError
	if m == nil || !errors.As(err, &start) || start.Code != control.CodeData {
		return nil
	}
	return &results.Finding{Class: results.Safety, Rule: results.RuleUnreadable, Node: m.ID(),
		Got: strings.TrimPrefix(start.Error(), m.ID()+" "), Want: "its own data, as it was when it was killed", Log: m.LogTail(logLines)}
}

// compare holds what each store was opened with against what it had reported
// durable before it was killed.
func (p *proof) compare(durable map[string]uint64) (disks []results.Disk) {
	for _, m := range p.system.Members() {
		found, opened := m.OnDisk()
		want, promised := durable[m.ID()]
		if !opened || !promised || !m.Alive() {
			continue
		}
		disks = append(disks, results.Disk{Node: m.ID(), Durable: want, Found: found.Last()})
		if found.Last() < want {
			p.record.find(results.Finding{Class: results.Safety, Rule: results.RuleDisk, Node: m.ID(),
				Got:  fmt.Sprintf("a log up to index %d after its restart", found.Last()),
				Want: fmt.Sprintf("at least index %d, which it had reported durable", want)})
		}
	}
	return disks
}

// recoveryBound is how long writes may take to go on.
func recoveryBound(r control.Raft) time.Duration { return configs.RecoveryBound(r) }

// goesOn waits until enough writes sent after an instant are acknowledged. That
// they are not is a matter of liveness.
func (p *proof) goesOn(ctx context.Context, afterNS int64, writes int, when string) error {
	mark := p.acks.mark(afterNS)
	wait, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for mark.count() < writes {
		select {
		case <-tick.C:
			if err := p.system.Health(); err != nil {
				return err
			}
		case <-wait.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			p.record.find(stuck(ctx, p.system, fmt.Sprintf("%d writes acknowledged within %v %s", mark.count(), p.patience, when),
				fmt.Sprintf("%d, a majority being alive", writes)))
			return fmt.Errorf("%s: %d writes acknowledged within %v, wanted %d", when, mark.count(), p.patience, writes)
		}
	}
	return nil
}

// stuck tells a cluster that elects nobody from one whose leader commits
// nothing.
func stuck(ctx context.Context, s System, got, want string) results.Finding {
	f := results.Finding{Class: results.Liveness, Rule: results.RuleStuck, Got: got, Want: want}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	leader, err := s.Leader(ctx)
	if err != nil {
		f.Rule, f.Got = results.RuleNoLeader, f.Got+": "+err.Error()
	}
	if m := member(s, leader); m != nil {
		f.Node = leader
		f.Log = m.LogTail(logLines)
	} else if alive := living(s); len(alive) > 0 {
		f.Log = alive[0].LogTail(logLines)
	}
	return f
}

// kill takes a member out of the load's way only when it is dead, as a client
// would learn of it.
func (p *proof) kill(ctx context.Context, target string, m Member) (*blow, error) {
	if m == nil {
		return nil, errors.New("no member to kill is left alive")
	}
	b, err := p.strike(ctx, target, m)
	if err == nil {
		p.result.Killed = append(p.result.Killed, m.ID())
	}
	return b, err
}

// other is a living member that is not the one called id, or that one where it
// is alone; nil where nobody lives.
func (p *proof) other(id string) Member {
	alive := living(p.system)
	if len(alive) == 0 {
		return nil
	}
	return alive[max(0, slices.IndexFunc(alive, func(m Member) bool { return m.ID() != id }))]
}

// offered is the writing and reading that goes on throughout a proof.
type offered struct {
	cancel context.CancelFunc
	done   chan struct{}
	rec    loadgen.Recording
	err    error
}

// offerUntilStopped starts the load. Its window is far longer than any proof may
// take; it is cut off when the proof ends.
func offerUntilStopped(ctx context.Context, gen *loadgen.Generator, s configs.Setup) *offered {
	ctx, cancel := context.WithCancel(ctx)
	l := &offered{cancel: cancel, done: make(chan struct{})}
	window := loadgen.Window{
		Name: "proof", Schedule: loadgen.Constant(proofRate), Timeout: proofTimeout, MaxInFlight: maxInFlight,
		Duration: trialBound + 10*recoveryBound(s.Raft),
	}
	go func() {
		defer close(l.done)
		l.rec, l.err = gen.Run(ctx, window)
	}()
	return l
}

// stop ends the load and waits for what is in flight.
func (l *offered) stop() (loadgen.Recording, error) {
	l.cancel()
	<-l.done
	return l.rec, l.err
}
