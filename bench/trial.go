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
	// harm does the experiment's faults; nil where there are none.
	harm *harm
	// unsafe lists what no Raft may do: it fails the run, whatever its speed.
	unsafe []string
	stage  func(string)
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
			Nodes: s.Nodes, Engine: s.Engine, Profile: s.Network.Name, Load: s.Load, Params: s.Params,
			Durable:        s.Storage.Store == control.StoreBolt,
			MessageFaults:  s.MessageFaults != nil,
			InvalidReasons: []string{}, Flags: []string{},
			Windows: []results.Window{}, Links: []results.Link{}, Resources: []results.Resource{},
		},
	}
}

// run does the whole trial. Its error is the caller's interruption only: all
// else that goes wrong is a reason for which the record is not valid.
func (t *trial) run(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, trialBound+2*configs.TrialTime(t.job.Setup, t.job.Kind == results.Proof))
	defer cancel()
	err := t.live(bounded)
	t.record.TookNS = ns(time.Since(t.record.StartedAt))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
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
	if err != nil {
		return err
	}
	t.stage("auditing")
	t.resources(ctx)
	return t.audit(ctx)
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

// audit judges what the trial's whole load left on every node.
func (t *trial) audit(ctx context.Context) error {
	report, err := t.rig.audit(ctx)
	if err != nil {
		return err
	}
	t.record.Audit = auditRecord(report, len(t.rig.places()))
	t.linearizable()
	if !t.record.Durable && t.job.Kind == results.Proof {
		return nil // nodes that lost their memory by design prove nothing
	}
	if t.record.Proof != nil {
		t.record.Proof.Lost = report.Lost
	}
	for _, f := range report.Findings {
		t.unsafe = append(t.unsafe, f.String())
	}
	return nil
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
