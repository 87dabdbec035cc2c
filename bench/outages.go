package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// outages does one fault to a cluster again and again, and records what clients at
// each member see. Each time it is the first failure of a whole cluster: every member
// lives and has what the leader has, and a client at each of them is answered. What
// was done is undone before the next.
//
// It is done once the cluster has forgotten the last election: see settling.
type outages struct {
	job     Job
	system  System
	events  *timeline
	record  *record
	tell    func(Stage)
	rng     *rand.Rand
	probers *probers
	harm    *harm
	// patience is how long writes may take to go on, and a cluster to be whole.
	patience time.Duration
}

// settling is how long a whole cluster is left alone before a fault, in heartbeat
// timeouts: uniformly from these two. A follower draws its timer, of one to two
// timeouts, anew only when it fires (raft.go, runFollower). Just after an election all
// of them were drawn together: by a simulation of the timers alone a kill of the
// leader 0.2 to 0.5 timeouts later leads to another within 1.68 timeouts at the median
// of 3 nodes and 1.54 of 5, where a cluster that has run for long takes 2.00 and 1.85.
// By these bounds every timer has been drawn anew and the instant is spread over one
// mean timer, 1.5 timeouts: 1.97 and 1.83. They also spread it over several heartbeat
// intervals, of at most a fifth of the timeout: how long ago the followers last heard
// of the leader is part of how long they wait for it.
const (
	settlingLeast = 1.5
	settlingMost  = 3
)

// settling is a draw of it.
func settling(rng *rand.Rand, r control.Raft) time.Duration {
	share := settlingLeast + rng.Float64()*(settlingMost-settlingLeast)
	return time.Duration(share * float64(r.HeartbeatTimeout))
}

// outagesBound is far above what an outage trial needs: it exists so that nothing
// hangs. Each of its waits has a bound of its own.
func outagesBound(job Job) time.Duration {
	return trialBound + 2*configs.OutageTrialTime(job.Setup, job.Faults) + time.Duration(2*job.Faults)*recoveryBound(job.Setup.Raft)
}

// timeOutages runs an outage trial on a booted system.
func (t *trial) timeOutages(ctx context.Context) error {
	if len(t.system.Members()) == 0 {
		return fmt.Errorf("outages: got a cluster that is not raftbench's own, want one whose members may be harmed")
	}
	t.tell(StageCalibrating)
	if err := t.links.calibrate(ctx, t.system, t.record); err != nil {
		return err
	}
	t.record.Links = t.links.withBefore(t.record.Links)
	work := workload(t.job.Setup, t.audit.prefix, t.job.Seed)
	work.ReadRatio = 0
	p, err := startProbers(ctx, t.system, t.job.Setup, work, outagesBound(t.job), t.audit.observers())
	if err != nil {
		return err
	}
	o := newOutages(t.job, t.system, t.events, t.record, p)
	o.tell = t.tell
	since := clock.Now()
	err = o.run(ctx)
	t.record.remark(t.links.doubts(&t.record.Trial)...)
	seen, loadErr := p.end()
	for i := range t.record.Faults {
		t.record.Faults[i].Probes = seen[i]
	}
	spells(t.record.Faults, p.writes, since)
	t.record.Writes = writesOf(p.witnessed())
	if loadErr != nil {
		return fmt.Errorf("the load beside the outages: %w", loadErr) // nothing else means anything without it
	}
	return err
}

func newOutages(job Job, s System, events *timeline, rec *record, p *probers) *outages {
	h := newHarm(job.Setup, s, events, nil)
	h.powerUncut = rec.powerUncut
	return &outages{
		job: job, system: s, events: events, record: rec, probers: p, tell: func(Stage) {},
		rng:      rand.New(rand.NewPCG(uint64(job.Seed), 0x6f757461676573)), //nolint:gosec // a recorded seed, no secret
		harm:     h,
		patience: recoveryBound(job.Setup.Raft),
	}
}

// run does all faults.
func (o *outages) run(ctx context.Context) error {
	since := clock.Now()
	for i := range o.job.Faults {
		o.tell(Stage(fmt.Sprintf("%s %d of %d", o.job.Setup.Outage.Action, o.job.Before+i+1, o.job.Before+o.job.Faults)))
		undone, err := o.once(ctx, i+1, since)
		if err != nil {
			return err
		}
		since = undone
	}
	// The last fault is followed by as much as the others.
	o.tell(StageAwaitingWhole)
	_, err := o.whole(ctx, since)
	return err
}

// once does the fault, waits until writes go on, and undoes it. Writes have to be
// answered that were sent after an instant, when the fault before was undone.
func (o *outages) once(ctx context.Context, repeat int, sinceNS int64) (undoneNS int64, err error) {
	if err := o.wholeAtSomeInstant(ctx, sinceNS); err != nil {
		return 0, err
	}
	f, err := o.do(ctx, repeat)
	if f != nil {
		defer func() { o.record.Faults = append(o.record.Faults, f.Fault) }()
	}
	if err != nil {
		return 0, err
	}
	if err := o.goesOn(ctx, f); err != nil {
		return 0, err
	}
	err = o.undo(ctx, f)
	return f.EndNS, err
}

// leadership is who leads in which term.
type leadership struct {
	id   string
	term uint64
}

// wholeAtSomeInstant waits until the cluster is whole, and then until it has settled.
// Where another was elected meanwhile it begins anew.
func (o *outages) wholeAtSomeInstant(ctx context.Context, sinceNS int64) error {
	for {
		l, err := o.whole(ctx, sinceNS)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(settling(o.rng, o.job.Setup.Raft)):
		}
		if err := o.system.Health(); err != nil {
			return err
		}
		if leader, term := o.events.leading(clock.Now()); leader == l.id && term == l.term {
			return nil
		}
	}
}

// whole waits until every member lives, all agree on the leader and hold what it
// holds, and a write sent after an instant was acknowledged at each. That it does not
// come to that is a matter of liveness.
func (o *outages) whole(ctx context.Context, sinceNS int64) (leadership, error) {
	wait, cancel := context.WithTimeout(ctx, o.patience)
	defer cancel()
	for {
		l, missing := o.missing(wait, sinceNS)
		if missing == "" {
			return l, nil
		}
		select {
		case <-time.After(wholeEvery):
			if err := o.system.Health(); err != nil {
				return l, err
			}
		case <-wait.Done():
			if ctx.Err() != nil {
				return l, ctx.Err()
			}
			o.record.find(stuck(ctx, o.system, fmt.Sprintf("after %v %s", o.patience, missing),
				"a whole cluster: every member alive and caught up, and writes acknowledged at each"))
			return l, fmt.Errorf("the cluster was not whole within %v: %s", o.patience, missing)
		}
	}
}

const (
	// wholeEvery is how often the members are asked whether they are whole.
	wholeEvery = 20 * time.Millisecond
	// behind is how many entries a member may lack of the leader's log, which grows
	// while it is asked.
	behind = 10
)

// missing is what keeps the cluster from being whole; empty where nothing does.
func (o *outages) missing(ctx context.Context, sinceNS int64) (leadership, string) {
	for _, m := range o.system.Members() {
		if !m.Alive() {
			return leadership{}, m.ID() + " does not run"
		}
	}
	used, err := o.system.ReadCounters(ctx)
	if err != nil {
		return leadership{}, err.Error()
	}
	l, logs := leadership{}, map[string]uint64{}
	for id, n := range used.nodes {
		logs[id] = n.stats.LastIndex
		if strings.EqualFold(n.stats.State, results.StateLeader) && n.stats.Term > l.term {
			l = leadership{id, n.stats.Term}
		}
	}
	if l.id == "" {
		return l, "no member leads"
	}
	for id, n := range used.nodes {
		switch {
		case n.stats.Leader != l.id || n.stats.Term != l.term:
			return l, fmt.Sprintf("%s says %q leads in term %d, and %s leads in term %d", id, n.stats.Leader, n.stats.Term, l.id, l.term)
		case logs[id]+behind < logs[l.id]:
			return l, fmt.Sprintf("%s has entries up to %d, and %s, the leader, up to %d", id, logs[id], l.id, logs[l.id])
		}
	}
	if nodes := o.probers.unanswered(sinceNS); len(nodes) > 0 {
		return l, "no write is acknowledged at " + strings.Join(nodes, ", ")
	}
	return l, ""
}

// do does the fault. Whoever dies of it, and is back at once, is dialled anew.
func (o *outages) do(ctx context.Context, repeat int) (*inflicted, error) {
	setup := o.job.Setup.Outage
	o.probers.begin()
	f, err := o.harm.do(ctx, configs.TimedFault{Action: setup.Action, Target: setup.Target})
	if err == nil && f.unbegun {
		err = fmt.Errorf("fault %s: %s", describe(f.asked), f.Failed)
	}
	if err != nil {
		return nil, err
	}
	f.Repeat = repeat
	o.probers.settle(instants{f.AtNS, takesEffect(f)})
	return f, o.redial(ctx, f.AtNS)
}

// takesEffect is when a fault is known to be in force. A process is dead, and none of its
// threads answers any more, when it was reaped, which is after its signal; the links of a
// partition, or the threads of a paused process, are cut or stopped one after another.
// What is over at once is a stretch in itself, and a restart one from that death on.
func takesEffect(f *inflicted) int64 {
	switch {
	case f.effectNS > 0:
		return f.effectNS
	case !f.action.Lasts:
		return f.AtNS
	}
	return f.DoneNS
}

// redial connects to the members that were started again since an instant.
func (o *outages) redial(ctx context.Context, sinceNS int64) error {
	var nodes []string
	for _, e := range o.events.all() {
		if e.Kind == results.EventRestart && e.AtNS >= sinceNS {
			nodes = append(nodes, e.Node)
		}
	}
	if len(nodes) == 0 {
		return nil
	}
	return o.probers.dial(ctx, o.system, nodes)
}

// promised are the faults after which Raft promises that a majority goes on: those of
// whole processes, and of a network that keeps them from everybody. A leader whose disk
// stalls may send its heartbeats for ever, and no election comes of it.
var promised = []string{"kill", "pause", "isolate"}

// expected are the members at which writes are waited for while a fault stands, and
// how many of them at least: all that it leaves alone, where those are a majority. Of
// an arrangement of cut links nobody is named that it leaves alone: as many as a quorum.
func (o *outages) expected(f *inflicted) (nodes []string, atLeast int) {
	size := quorum.Size(o.job.Setup.Nodes)
	all := byID(living(o.system))
	switch others := without(all, f.Nodes...); {
	case !f.action.Lasts:
		return all, len(all)
	case !f.action.Members:
		return all, size.Quorum()
	case len(others) >= size.Quorum():
		return others, len(others)
	}
	return nil, 0
}

// goesOn waits until writes sent after the fault are acknowledged at those members
// where that is to be expected. Where it was promised that they are, it is a matter of
// liveness if they are not.
func (o *outages) goesOn(ctx context.Context, f *inflicted) error {
	nodes, atLeast := o.expected(f)
	wait, cancel := context.WithTimeout(ctx, o.patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		silent := o.probers.silent(nodes)
		if len(nodes)-len(silent) >= atLeast {
			return nil
		}
		select {
		case <-tick.C:
			if err := o.system.Health(); err != nil {
				return err
			}
		case <-wait.Done():
			if ctx.Err() != nil || f.action.Lasts && !slices.Contains(promised, f.Action) {
				return ctx.Err()
			}
			at := strings.Join(silent, ", ")
			o.record.find(stuck(ctx, o.system, fmt.Sprintf("no write acknowledged at %s within %v after %s %s", at, o.patience, f.Action, strings.Join(f.Nodes, ", ")),
				"some, a majority being alive"))
			return fmt.Errorf("after %s %d: no write was acknowledged at %s within %v", f.Action, f.Repeat, at, o.patience)
		}
	}
}

// undo undoes the fault. A member that cannot open its own data after that has lost it.
func (o *outages) undo(ctx context.Context, f *inflicted) error {
	if err := o.harm.undo(ctx, f); err != nil {
		var start *cluster.StartError
		if errors.As(err, &start) {
			if lost := unreadable(member(o.system, start.ID), err); lost != nil {
				o.record.find(*lost)
			}
		}
		return err
	}
	if o.harm.awaited(f) {
		return fmt.Errorf("end of %s %d: %s was not added again within %v", f.Action, f.Repeat, strings.Join(f.Nodes, ", "), o.harm.patience)
	}
	return o.redial(ctx, f.DoneNS)
}
