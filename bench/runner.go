// Package bench runs an experiment: trials on fresh clusters, in shuffled
// blocks, each recorded durably when it ends. It knows nothing of tables,
// charts or gates; they read the record.
package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// Runner runs a plan into a folder of results.
type Runner struct {
	Plan   configs.Plan
	Writer *results.Writer
	// Done are the trials that an earlier, interrupted run has on record.
	Done  []results.Trial
	Start Starter
	// Endpoints, when there are any, are those of a running etcd-API cluster:
	// nothing is started and nothing is harmed, only loaded and audited.
	Endpoints []string
	Host      results.Environment
	// Progress hears of every step; calls come one at a time.
	Progress func(Progress)

	// capacities by cell, as confirmed last: trials of a cell build on the
	// search of its first.
	capacities map[string]float64
}

// Outcome is how a run ended, over all its trials, those of an earlier,
// interrupted part included.
type Outcome struct {
	Settled int // trials that will not be repeated
	Failed  int // of those, did not get to their end
	// Findings are what Raft does not allow, of all trials.
	Findings []results.Finding
	// Starved are the cells that the plan wanted measured or proven and that
	// no valid trial measured or proved.
	Starved []string
}

// Stage is what a trial does now; a window's is its name.
type Stage string

// The stages of a trial beside its windows.
const (
	StageBooting        Stage = "booting"
	StageConnecting     Stage = "connecting"
	StageCalibrating    Stage = "calibrating"
	StageWarmingUp      Stage = "warming up"
	StageSearching      Stage = "searching"
	StageKillingLeader  Stage = "killing the leader"
	StageKillingOneMore Stage = "killing one more"
	StageBlackout       Stage = "killing the rest"
	StageRestarting     Stage = "restarting all"
	StageAuditing       Stage = "auditing"
)

// Progress is one step of a run.
type Progress struct {
	Job      Job
	Number   int // of the trial, from 1
	Of       int
	Attempt  int
	Stage    Stage
	Finished *results.Trial // set when it ended
	Elapsed  time.Duration  // since the run began
	Left     time.Duration  // estimated until the run's end
}

// Run runs what is left of the plan. On interruption, and on a fault of the host
// (*HostFaultError), every finished trial is on record, and the error comes with
// what was seen so far.
func (r *Runner) Run(ctx context.Context) (Outcome, error) {
	defer func() { _ = os.RemoveAll(filepath.Join(r.Writer.Dir(), "data")) }()
	jobs := remaining(r.Plan, r.Done)
	r.capacities = knownCapacities(r.Done)
	clock := newEstimate(jobs)
	tally := newTally(r.Plan, r.Done)
	for i, job := range jobs {
		for attempt := job.Attempt; ; attempt++ {
			t := r.newTrial(job, attempt)
			step := Progress{Job: job, Number: i + 1, Of: len(jobs), Attempt: attempt}
			t.tell = func(s Stage) {
				step.Stage, step.Elapsed, step.Left = s, clock.elapsed(), clock.left(i)
				r.tell(step)
			}
			if err := t.run(ctx); err != nil {
				return tally.outcome(), err
			}
			if err := r.keep(t); err != nil {
				return tally.outcome(), err
			}
			clock.finished(job, time.Duration(t.record.TookNS))
			step.Stage, step.Finished = "", &t.record.Trial
			step.Elapsed, step.Left = clock.elapsed(), clock.left(i+1)
			r.tell(step)
			tally.add(t.record.Trial)
			if settled(r.Plan, t.record.Trial) {
				break
			}
		}
	}
	return tally.outcome(), ctx.Err()
}

// keep writes the histograms first, so that a record on disk is complete. A
// capacity counts for the cell's other trials only when its trial is valid.
func (r *Runner) keep(t *trial) error {
	rec := t.record
	if rec.Valid && t.capacityFound > 0 {
		r.capacities[rec.Cell] = t.capacityFound
	}
	err := errors.Join(r.Writer.WriteHistograms(rec.Cell, rec.Trial.Trial, rec.histograms), r.Writer.Append(rec.Trial))
	if fault := hostFault(err); fault != nil {
		return fault
	}
	return err
}

func (r *Runner) tell(p Progress) {
	if r.Progress != nil {
		r.Progress(p)
	}
}

// Left is how many trials of a plan an interrupted run has still to do, and
// about how long they take when none is repeated.
func Left(plan configs.Plan, done []results.Trial) (trials int, takes time.Duration) {
	jobs := remaining(plan, done)
	return len(jobs), newEstimate(jobs).left(0)
}
