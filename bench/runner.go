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

// Outcome is how a run ended.
type Outcome struct {
	Trials  int // run to their end, of this run
	Invalid int // of those, not to be believed
	// Unsafe is what broke Raft's promises: an acknowledged write lost,
	// replicas that disagree, an acknowledgement without a quorum.
	Unsafe []string
	// Starved are cells without any valid measuring trial.
	Starved []string
}

// Progress is one step of a run.
type Progress struct {
	Job      Job
	Number   int // of the trial, from 1
	Of       int
	Attempt  int
	Stage    string         // what the trial does now
	Finished *results.Trial // set when it ended
	Elapsed  time.Duration  // since the run began
	Left     time.Duration  // estimated until the run's end
}

// Run runs what is left of the plan. On interruption every finished trial is
// on record and the context's error is returned.
func (r *Runner) Run(ctx context.Context) (Outcome, error) {
	defer func() { _ = os.RemoveAll(filepath.Join(r.Writer.Dir(), "data")) }()
	jobs := remaining(r.Plan, r.Done)
	r.capacities = knownCapacities(r.Done)
	clock := newEstimate(r.Plan, jobs)
	out := Outcome{}
	valid := validCells(r.Done)
	for i, job := range jobs {
		for attempt := job.Attempt; ; attempt++ {
			t := r.newTrial(job, attempt)
			step := Progress{Job: job, Number: i + 1, Of: len(jobs), Attempt: attempt}
			t.stage = func(s string) {
				step.Stage, step.Elapsed, step.Left = s, clock.elapsed(), clock.left(i)
				r.tell(step)
			}
			if err := t.run(ctx); err != nil {
				return out, err
			}
			if err := r.keep(t); err != nil {
				return out, err
			}
			clock.finished(job, time.Duration(t.record.TookNS))
			step.Stage, step.Finished = "", &t.record
			step.Elapsed, step.Left = clock.elapsed(), clock.left(i+1)
			r.tell(step)
			out.Trials++
			out.Unsafe = append(out.Unsafe, t.unsafe...)
			if t.record.Valid || len(t.unsafe) > 0 || attempt > r.Plan.Retries {
				out.count(t.record, valid)
				break
			}
		}
	}
	out.starve(r.Plan, valid)
	return out, nil
}

// keep writes the histograms first, so that a record on disk is complete.
func (r *Runner) keep(t *trial) error {
	err := r.Writer.WriteHistograms(t.record.Cell, t.record.Trial, t.histograms)
	return errors.Join(err, r.Writer.Append(t.record))
}

func (r *Runner) tell(p Progress) {
	if r.Progress != nil {
		r.Progress(p)
	}
}

// count takes a trial's last attempt into the outcome.
func (o *Outcome) count(t results.Trial, valid map[string]bool) {
	if !t.Valid {
		o.Invalid++
		return
	}
	if t.Kind == results.Measure {
		valid[t.Cell] = true
	}
}

// starve names the cells of which nothing can be said.
func (o *Outcome) starve(plan configs.Plan, valid map[string]bool) {
	if plan.Trials == 0 {
		return
	}
	for _, s := range plan.Setups {
		if !valid[s.Cell] {
			o.Starved = append(o.Starved, s.Cell)
		}
	}
}

func validCells(done []results.Trial) map[string]bool {
	valid := map[string]bool{}
	for _, t := range done {
		if t.Valid && t.Kind == results.Measure {
			valid[t.Cell] = true
		}
	}
	return valid
}
