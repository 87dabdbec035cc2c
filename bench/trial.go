package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/check"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// trial is one fresh cluster from boot to audit, and its record in the making.
type trial struct {
	job        Job
	runner     *Runner
	rig        *rig
	record     results.Trial
	histograms []results.NamedHistogram
	// lastLatency is the last window's: of its writes, or of its reads where
	// it had no writes.
	lastLatency *hdrhistogram.Histogram
	// capacityFound is what the cell's other trials are to start from.
	capacityFound float64
	// harm does the experiment's faults; nil where there are none.
	harm *harm
	// links are what is known of the emulated links' truth.
	links linkTruth
	// unsafe lists what no Raft may do: it fails the run, whatever its speed.
	unsafe []string
	stage  func(string)
	// failed trials did not get to their end; others may be invalid by what
	// they measured.
	failed bool
	// clientCPU is our own CPU time when the trial began.
	clientCPU time.Duration
}

// trialBound is far above what any trial needs beside its windows; it exists
// so that nothing hangs.
const trialBound = 3 * time.Minute

func (r *Runner) newTrial(job Job, attempt int) *trial {
	s := job.Setup
	return &trial{
		job: job, runner: r, clientCPU: ownCPU(),
		record: results.Trial{
			SchemaVersion: results.SchemaVersion, Cell: s.Cell, Trial: job.Trial, Kind: job.Kind,
			Seed: job.Seed, StartedAt: time.Now().UTC(), Attempt: attempt,
			Nodes: s.Nodes, Engine: s.Engine, Profile: s.Network.Name, Load: loadName(s), Params: s.Params,
			Durable:        s.Storage.Store == control.StoreBolt,
			MessageFaults:  s.MessageFaults != nil,
			InvalidReasons: []string{}, Flags: []string{},
			Windows: []results.Window{}, Links: []results.Link{}, Resources: []results.Resource{},
		},
	}
}

// loadName is the load's mode, and what capacity was to keep.
func loadName(s configs.Setup) string {
	if s.Load == configs.ModeCapacity {
		return s.Load + " at " + s.Workload.Capacity.Limit
	}
	return s.Load
}

// run does the whole trial. Its error is the caller's interruption only: all
// else that goes wrong is a reason for which the record is not valid.
func (t *trial) run(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, trialBound+2*configs.TrialTime(t.job.Setup, t.job.Kind == results.Proof))
	defer cancel()
	err := t.live(bounded)
	t.record.TookNS = ns(time.Since(t.record.StartedAt))
	if ctx.Err() != nil && len(t.unsafe) == 0 {
		return ctx.Err()
	}
	if err != nil {
		t.failed = true
		t.record.InvalidReasons = append(t.record.InvalidReasons, err.Error())
	}
	if len(t.unsafe) > 0 {
		t.condemn()
	}
	t.record.Valid = len(t.record.InvalidReasons) == 0
	return nil
}

// flagDisk says when a real sync was asked for and the disk has none.
func (t *trial) flagDisk() {
	s := t.job.Setup.Storage
	if s.Store == control.StoreBolt && s.EmulatedSync == 0 && !t.runner.Host.FsyncReal && t.rig.cluster != nil {
		t.record.Flags = append(t.record.Flags, fmt.Sprintf("fsync is not real: %s under the data, a sync takes %v",
			t.runner.Host.Filesystem, short(t.runner.Host.FsyncP50NS)))
	}
}

// condemn records a violation where every later judge looks for one, also
// when the trial did not get as far as its audit.
func (t *trial) condemn() {
	t.record.InvalidReasons = append(t.record.InvalidReasons, t.unsafe...)
	if t.record.Audit == nil {
		t.record.Audit = &results.Audit{}
	}
	t.record.Audit.Findings = t.unsafe
}

// live boots, loads, audits and stops.
func (t *trial) live(ctx context.Context) (err error) {
	if t.rig, err = t.runner.rig(ctx, t); err != nil {
		return err
	}
	defer func() {
		if stop := t.rig.stop(ctx); stop != nil && err == nil {
			err = fmt.Errorf("stop: %w", stop)
		}
	}()
	t.describe()
	t.flagDisk()
	if t.job.Kind == results.Proof {
		err = t.prove(ctx)
	} else {
		err = t.measure(ctx)
	}
	if death := t.rig.healthy(); death != nil {
		err = death // whatever else failed followed from it
	}
	t.stage("auditing")
	t.resources(ctx)
	if err != nil {
		t.salvage(ctx)
		return err
	}
	return t.audit(ctx)
}

// salvageBound is how long a failed trial's nodes may take to agree again.
const salvageBound = 10 * time.Second

// salvage audits a trial that failed: one that could not go on is the
// likeliest to have lost something. Without a leader that all follow nobody
// knows what is committed, and nothing can be said.
func (t *trial) salvage(ctx context.Context) {
	if t.rig.cluster == nil || !t.record.Durable {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, salvageBound)
	defer cancel()
	if err := t.healAll(bounded); err != nil {
		return
	}
	for _, m := range t.rig.cluster.Members() {
		if m.Alive() {
			continue
		}
		if err := m.Restart(bounded); err != nil {
			return
		}
	}
	if _, err := t.rig.leader(bounded); err == nil {
		_ = t.audit(ctx)
	}
}

// rig is what a trial runs on: a fresh cluster, or the endpoints given.
func (r *Runner) rig(ctx context.Context, t *trial) (*rig, error) {
	if len(r.Endpoints) > 0 {
		t.stage("connecting")
		return attach(ctx, t.job, r.Endpoints)
	}
	t.stage("booting")
	logs := r.Writer.TrialDir(t.job.Setup.Cell, t.job.Trial)
	return boot(ctx, t.job, r.Start, dataDir(r.Writer.Dir(), t.job), logs)
}

// describe records who leads from where.
func (t *trial) describe() {
	t.record.BootNS = ns(t.rig.boot)
	t.record.ClientSite = t.job.Setup.Client
	if t.rig.cluster == nil {
		return
	}
	if leader, _ := t.rig.cluster.Current(); leader != nil {
		t.record.Leader, t.record.LeaderSite = leader.ID(), leader.Site()
	}
}

// audit judges what the trial's whole load left on every node. Nodes that
// were killed and keep nothing by design have nothing to be asked.
func (t *trial) audit(ctx context.Context) error {
	killed := t.job.Kind == results.Proof || len(t.job.Setup.Faults) > 0
	if !t.record.Durable && killed {
		t.record.Flags = append(t.record.Flags, "the restart and the audit are not proven: the store keeps nothing")
		return nil
	}
	// What was found counts, also where a replica could not be asked.
	report, err := t.rig.audit(ctx)
	t.record.Audit = auditRecord(report, len(t.rig.places()))
	if t.record.Proof != nil {
		t.record.Proof.Lost = report.Lost
	}
	for _, f := range report.Findings {
		t.unsafe = append(t.unsafe, f.String())
	}
	if report.Unjudged > 0 {
		t.record.Flags = append(t.record.Flags, fmt.Sprintf("audit: the values of %d keys with too many unknown writes were not judged", report.Unjudged))
	}
	t.linearizable()
	return err
}

// searchBound is how long the search for a linear order may take.
const searchBound = 5 * time.Second

// linearizable judges the sampled keys, where any were read.
func (t *trial) linearizable() {
	if t.rig.history == nil {
		return
	}
	found := t.rig.history.Linearizable(searchBound)
	t.record.Audit.Linearizable = string(found.Answer)
	t.record.Audit.LinearizableOps = found.Operations
	if found.Answer == check.Undecided {
		t.record.Flags = append(t.record.Flags, fmt.Sprintf("linearizability of %d keys was not decided within %v", found.UndecidedKeys, searchBound))
	}
	for _, f := range found.Findings {
		t.unsafe = append(t.unsafe, f.String())
	}
}

func auditRecord(r check.Report, nodes int) *results.Audit {
	a := &results.Audit{
		Nodes: nodes, Keys: r.Keys, Acked: r.Acked, Unknown: r.Unknown,
		Lost: r.Lost, Revision: r.Revision, Findings: []string{},
	}
	return a
}

// Starter is how nodes of a run are started.
type Starter = cluster.Starter
