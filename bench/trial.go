package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/raftbench/raftbench/check"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// trial is one fresh system from boot to audit. Its parts each have one task:
// system is what is loaded, audit judges what became of the load, links tell how
// true the network was, events what happened, and all of them add to record.
type trial struct {
	job    Job
	runner *Runner
	tell   func(Stage)

	system System
	audit  *auditor
	links  linkTruth
	events *timeline
	record *record
	// capacityFound is what the cell's other trials are to start from.
	capacityFound float64
	// clientCPU is our own CPU time when the trial began.
	clientCPU time.Duration
}

// trialBound is far above what any trial needs beside its windows and its
// audit; it exists so that nothing hangs.
const trialBound = 3 * time.Minute

func (r *Runner) newTrial(job Job, attempt int) *trial {
	rec := newRecord(job, attempt)
	if job.Kind == results.SafetyTest { // its faults are its own, and no setting of the setup's
		job.Setup = job.Setup.ForSafety(job.Seed)
		rec.MessageFaults = job.Setup.MessageFaults != nil
	}
	return &trial{
		job: job, runner: r, tell: func(Stage) {}, clientCPU: ownCPU(),
		audit: newAuditor(job), events: &timeline{}, record: rec,
	}
}

// run does the whole trial alone. Its error is the caller's interruption, or a
// fault of the host (*HostFaultError): all else that goes wrong is on record.
func (t *trial) run(ctx context.Context) error {
	err := t.start(ctx)
	if err == nil {
		err = t.load(ctx)
		if t.job.Kind != results.SafetyTest { // which ends in a judgement of its own
			err = t.finish(ctx, err)
		}
		err = errors.Join(err, t.stop(ctx))
	}
	if err := t.conclude(ctx, err); err != nil {
		return err
	}
	return t.tidy()
}

// start boots the trial's system.
func (t *trial) start(ctx context.Context) (err error) {
	if t.system, err = t.boot(ctx); err != nil {
		return err
	}
	t.describe()
	return t.killFollowers(ctx)
}

// finish audits what the load, which ended with an error or none, left behind.
func (t *trial) finish(ctx context.Context, err error) error {
	if death := t.system.Health(); death != nil {
		err = death // whatever else failed followed from it
	}
	t.tell(StageAuditing)
	var mended error
	if err != nil {
		mended = t.mend(ctx) // its faults may still stand, and a paused node answers nobody
	}
	t.meterAll(ctx)
	if t.record.found(results.Safety) {
		return err // nothing that an audit could add would be news
	}
	if err != nil {
		if mended == nil && deadDisk(err) == nil && !outOfFiles(err) {
			t.salvage(ctx)
		}
		return err
	}
	if err := t.revive(ctx); err != nil {
		return err
	}
	return t.judge(ctx)
}

// stop ends the trial's system, where it was started.
func (t *trial) stop(ctx context.Context) error {
	if t.system == nil {
		return nil
	}
	if err := t.system.Stop(ctx); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}

// conclude completes the record of a trial that is over.
func (t *trial) conclude(ctx context.Context, err error) error {
	t.record.Events = t.events.all()
	t.overhear()
	t.thin()
	t.record.Events = thinnedProgress(t.record.Events, mostProgress)
	if t.system != nil {
		err = errors.Join(err, deadDisk(t.system.Health()))
	}
	if disk := deadDisk(err); disk != nil {
		t.record.void(disk)
		return ctx.Err()
	}
	if fault := hostFault(err); fault != nil && !t.record.found(results.Safety) {
		return fault
	}
	if ctx.Err() != nil {
		t.record.keepSafety()
		if len(t.record.Findings) == 0 {
			return ctx.Err()
		}
	}
	if slow := (*stalled)(nil); errors.As(err, &slow) && ctx.Err() == nil {
		t.record.find(slow.Finding)
	}
	if err != nil {
		t.record.remark(results.Remark{Code: results.CodeFailed, Severity: results.Invalid, Detail: cluster.CauseOf(err)})
	}
	t.record.conclude()
	return nil
}

// overhear finds what no replica has to be asked for, so that it counts also of a
// trial that failed, or was interrupted. What nodes that keep nothing forgot when
// they were killed is no finding, but of a trial that is there to find it.
func (t *trial) overhear() {
	if !t.record.Durable && t.killed() && t.job.Kind != results.SafetyTest {
		return
	}
	t.record.find(t.audit.frontier.Findings()...)
	t.record.find(check.Terms(t.record.Events)...)
	t.record.find(check.Votes(t.record.Events, t.voters())...)
	t.record.remark(check.TermRaces(t.record.Events)...)
}

// voters are all members; 0 where the configuration is to change.
func (t *trial) voters() int {
	if slices.ContainsFunc(t.job.Setup.Faults, func(f configs.TimedFault) bool {
		action, _ := configs.ActionNamed(f.Action)
		return action.Removes
	}) {
		return 0
	}
	return t.job.Setup.Nodes
}

// boot makes the system that the setup asks for.
func (t *trial) boot(ctx context.Context) (System, error) {
	r := t.runner
	if len(r.Endpoints) > 0 {
		t.tell(StageConnecting)
		return attach(ctx, t.job, r.Endpoints, t.audit.prefix)
	}
	t.tell(StageBooting)
	logs := r.Writer.TrialDir(t.job.Setup.Cell, t.job.Trial)
	c, err := startCluster(ctx, t.job, r.Start(t.job.Setup), t.mounter(), dataDir(r.Writer.Dir(), t.job), logs, t.events)
	if err != nil {
		return nil, err // and no interface around a nil cluster
	}
	return c, nil
}

// mounter of disks whose power is cut, where the setup asks for them and has files on
// them whose syncs are real. That it cannot be had is on record: what survives is then
// a crash of processes alone, and a loss of power that is asked for as a fault is not
// done.
func (t *trial) mounter() cluster.Mounter {
	why := t.job.Setup.PowerUncut()
	switch {
	case !t.job.Setup.Storage.PowerLoss:
		return nil
	case why != "":
	case t.runner.Mount != nil:
		return t.runner.Mount
	case t.runner.NoMount != nil:
		why = t.runner.NoMount.Error()
	default:
		why = "nothing here mounts a disk"
	}
	if t.job.Setup.Storage.Store != control.StoreBoltNoSync { // which forgets by itself what it never synced
		t.record.powerUncut = why
	}
	t.record.remark(results.Remark{Code: results.CodePowerUncut, Severity: results.Note, Detail: why})
	return nil
}

// load offers what the trial is for, within its bound.
func (t *trial) load(ctx context.Context) error {
	proving := t.job.Kind == results.Proof
	bound := trialBound + 2*configs.TrialTime(t.job.Setup, proving)
	switch t.job.Kind {
	case results.Outages:
		bound = outagesBound(t.job)
	case results.SafetyTest:
		bound = trialBound + 2*configs.SafetyTrialTime(t.job.Setup) + check.Longest
	}
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	switch t.job.Kind {
	case results.Proof:
		return t.prove(ctx)
	case results.Outages:
		return t.timeOutages(ctx)
	case results.SafetyTest:
		return t.test(ctx)
	}
	return t.measure(ctx)
}

// describe records who leads from where, and on which disk.
func (t *trial) describe() {
	t.record.BootNS = ns(t.system.Boot())
	if len(t.system.Members()) == 0 {
		return
	}
	if leader := member(t.system, t.events.leaderAt(monotonic(time.Now()))); leader != nil {
		t.record.Leader, t.record.LeaderSite = leader.ID(), leader.Site()
	}
	s, host := t.job.Setup.Storage, t.runner.Host
	if s.Store == control.StoreBolt && s.EmulatedSync == 0 && !host.FsyncReal {
		t.record.remark(results.Remark{Code: results.CodeFsyncNotReal, Severity: results.Doubtful,
			Got: float64(host.FsyncP50NS), Unit: results.UnitNS, Detail: host.Filesystem})
	}
}

// meterAll records what each process took over the whole trial.
func (t *trial) meterAll(ctx context.Context) {
	all, err := read(ctx, t.system)
	if err != nil {
		t.record.remark(results.Remark{Code: results.CodeUsageUnread, Severity: results.Note, Detail: err.Error()})
		return
	}
	t.record.Resources = all.resources(t.clientCPU)
}

// judge holds what the trial's whole load left on every node against what was
// acknowledged. Nodes that were killed and keep nothing by design have nothing
// to be asked.
func (t *trial) judge(ctx context.Context) error {
	if !t.record.Durable && t.killed() {
		t.record.remark(results.Remark{Code: results.CodeNotDurable, Severity: results.Doubtful})
		return nil
	}
	if t.job.Setup.MessageFaults != nil {
		if err := stopMessageFaults(ctx, t.system); err != nil {
			return fmt.Errorf("end the message faults before the audit: %w", err)
		}
	}
	return t.audit.judge(ctx, t.system, t.record)
}

// killed tells whether members were, or may have been, killed.
func (t *trial) killed() bool {
	harmed := t.job.Kind == results.Proof || t.job.Kind == results.Outages
	return harmed || len(t.job.Setup.Faults) > 0 || len(t.record.Dead) > 0
}

// mendBound is how long the end of a failed trial's faults may take.
const mendBound = 10 * time.Second

// mend ends every fault that a failed trial left standing. What a node does not do
// because it is still paused, or cut off, is no finding. It has a bound of its own:
// the trial may have failed because its time was over.
func (t *trial) mend(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), mendBound)
	defer cancel()
	return errors.Join(
		mendAll(bounded, t.system),
		reshapeAll(bounded, t.system, t.job.Setup.Links),
		stopMessageFaults(bounded, t.system))
}

// salvageBound is how long a failed trial's nodes may take to agree again.
const salvageBound = 10 * time.Second

// salvage audits a trial that failed: one that could not go on is the
// likeliest to have lost something. Without a leader that all follow nobody
// knows what is committed, and nothing can be said.
func (t *trial) salvage(ctx context.Context) {
	if len(t.system.Members()) == 0 || !t.record.Durable {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, salvageBound)
	defer cancel()
	if err := restartAll(bounded, t.system, t.events, t.record); err != nil {
		return
	}
	if _, err := t.system.Leader(bounded); err == nil {
		_ = t.judge(ctx)
	}
}

// Starter is how nodes of a run are started.
type Starter = cluster.Starter
