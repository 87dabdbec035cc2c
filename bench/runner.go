// Package bench runs an experiment: trials on fresh clusters, in shuffled
// blocks, each recorded durably when it ends. It knows nothing of tables,
// charts or gates; they read the record.
package bench

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// Runner runs a plan into a folder of results.
type Runner struct {
	Plan   configs.Plan
	Writer *results.Writer
	// Done are the trials that an earlier, interrupted run has on record.
	Done []results.Trial
	// Start says how the nodes of a setup are started: arms may have builds of
	// their own.
	Start func(configs.Setup) Starter
	// Mount makes disks whose power can be cut; nil where this host cannot, for the
	// reason NoMount.
	Mount   cluster.Mounter
	NoMount error
	// Endpoints, when there are any, are those of a running etcd-API cluster:
	// nothing is started and nothing is harmed, only loaded and audited.
	Endpoints []string
	Host      results.Environment
	// Outlook tells of the trials on record how far they are from the plan's
	// precision; wanted where it has one. What is of the plan, and of time, is filled in by the run.
	Outlook func([]results.Trial) (Outlook, error)
	// MeasureOn adds blocks also where the proofs at a run's end are on record, for a
	// run whose precision or budget was changed.
	MeasureOn bool
	// Spinner is a command that runs host.Spin; nil where cores are left to halt.
	Spinner func() *exec.Cmd
	// Progress hears of every step; calls come one at a time.
	Progress func(Progress)

	telling sync.Mutex
	// capacities by cell, as confirmed last: trials of a cell build on the
	// search of its first.
	capacities map[string]float64
}

// Outcome is how a run ended, over all its trials, those of an earlier,
// interrupted part included.
type Outcome struct {
	Settled int // trials that will not be repeated
	Failed  int // of those, did not get to their end
	// Unread are the trials, of those, of which nobody knows whether they lost anything:
	// their replicas were not read, or what was read was not judged.
	Unread int
	// Findings are what Raft does not allow, of all trials.
	Findings []results.Finding
	// Starved are the cells that the plan wanted measured or proven and that
	// no valid trial measured or proved.
	Starved []string
	// Evidence are the folders, by their paths in the run's, of trials in which safety
	// was violated.
	Evidence []string
	// Undecided are the histories, by their paths in the run's folder, of the safety
	// trials that nobody could judge, and of attempts at them that did not come to an end.
	Undecided []string
	// Unsafe and Stuck are the safety trials that are worth doing again: those in which
	// safety was violated, and those in which nothing worse than liveness was.
	Unsafe, Stuck []configs.Replay
	// Unjudged are those that came to no answer at all, such as where the history could
	// not be read back.
	Unjudged []configs.Replay
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
	StageWatching       Stage = "watching"
	StageKillingSites   Stage = "killing site by site"
	StageAwaitingWhole  Stage = "waiting for a whole cluster"
	StageAuditing       Stage = "auditing"
	StageTesting        Stage = "reading and writing"
	StageHealing        Stage = "healing all"
	StageJudging        Stage = "judging the history"
)

// Progress is one step of a run.
type Progress struct {
	Job     Job
	Number  int // of the trial, from 1
	Of      int // 0 where nobody knows: blocks are added until a precision is reached
	Attempt int
	// Outlook is set, and nothing else but the times, when a block is over and a
	// precision is asked for.
	Outlook  *Outlook
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
	p := &pass{Runner: r, done: slices.Clone(r.Done), tally: newTally(r.Plan, r.Done), pace: newPace(r.Plan, r.Done)}
	p.lay(planned(p.Plan, p.done))
	p.clock = newEstimate(p.Plan, p.jobs)
	r.capacities = knownCapacities(r.Done)
	for {
		more, err := p.goesOn(ctx)
		if !more || err != nil {
			return p.tally.outcome(), cmp.Or(err, ctx.Err())
		}
		if beside := p.sideBySide(); len(beside) > 1 || len(beside) == 1 && beside[0].Kind == results.Watch {
			err = p.together(ctx, beside)
		} else if living := p.atOnce(); len(living) > 1 {
			err = p.independently(ctx, living)
		} else {
			err = p.alone(ctx, p.jobs[p.next])
		}
		if err != nil {
			return p.tally.outcome(), err
		}
	}
}

// pass is one going through what is left of a plan.
type pass struct {
	*Runner
	jobs  []Job
	next  int // of jobs
	tally *tally
	clock *estimate
	pace  *pace
	// done are the trials on record, and earlier how many jobs were over when the
	// present ones were laid out.
	done    []results.Trial
	earlier int
	outlook Outlook // after the last block, where a precision is asked for
	// counting is held while what a trial adds to the above is added, or read by one
	// that goes on meanwhile.
	counting sync.Mutex
}

// lay out what is left of a plan.
func (p *pass) lay(plan configs.Plan) {
	p.earlier += p.next
	p.jobs, p.next = remaining(plan, p.done), 0
	if p.clock != nil {
		p.clock.jobs = p.jobs
	}
}

// goesOn tells whether there is another job, after a block more where the
// precision asks for one.
func (p *pass) goesOn(ctx context.Context) (bool, error) {
	if p.next < len(p.jobs) && p.jobs[p.next].Kind == results.Measure {
		return true, nil
	}
	more, err := p.another(ctx)
	if more {
		plan := planned(p.Plan, p.done)
		plan.Trials++
		p.lay(plan)
	}
	return p.next < len(p.jobs), err
}

// number of a job and of how many.
func (p *pass) number(next int) (number, of int) {
	if adaptive(p.Plan) {
		return p.earlier + next + 1, 0
	}
	return next + 1, len(p.jobs)
}

// left is about how long the run goes on when the job at next begins.
func (p *pass) left(next int) time.Duration {
	if p.measuring() {
		return p.pace.left(p.outlook)
	}
	return p.clock.left(next)
}

// sideBySide are the next jobs, as many as are measured at once.
func (p *pass) sideBySide() []Job {
	var out []Job
	for _, j := range p.jobs[p.next:] {
		if p.Plan.Apart || len(p.Endpoints) > 0 || !together(j, p.jobs[p.next]) {
			break
		}
		out = append(out, j)
	}
	return out
}

// together runs jobs as one block.
func (p *pass) together(ctx context.Context, jobs []Job) error {
	var trials []*trial
	for i, job := range jobs {
		t := p.newTrial(job, job.Attempt)
		for _, other := range jobs {
			if other.Setup.Cell != job.Setup.Cell {
				t.record.Beside = append(t.record.Beside, other.Setup.Cell)
			}
		}
		t.tell = p.teller(job, p.next+i, job.Attempt)
		trials = append(trials, t)
	}
	b, began := newBlock(trials), time.Now()
	run := b.run
	if jobs[0].Kind == results.Watch {
		run = b.watch
	}
	stopped := run(ctx)
	for i, s := range b.sides {
		// An interrupted block is repeated whole, but what one of its systems broke
		// is told whatever stopped the others.
		if stopped != nil && (s.unfinished != nil || !s.record.found(results.Safety)) {
			continue
		}
		if err := p.finish(s.trial, jobs[i], p.next); err != nil {
			return err
		}
		p.next++
	}
	if jobs[0].Kind == results.Measure {
		p.pace.took[jobs[0].Block] += time.Since(began)
	}
	return stopped
}

// alone runs one job, again while it is invalid and may be repeated.
func (p *pass) alone(ctx context.Context, job Job) error {
	for attempt := job.Attempt; ; attempt++ {
		t := p.newTrial(job, attempt)
		t.tell = p.teller(job, p.next, attempt)
		if err := t.run(ctx); err != nil {
			return err
		}
		if err := p.finish(t, job, p.next); err != nil {
			return err
		}
		if settled(p.Plan, t.record.Trial) {
			p.next++
			return nil
		}
	}
}

// atOnce are the next jobs, where those are outage or safety trials that live together.
func (p *pass) atOnce() []Job {
	var out []Job
	for _, j := range p.jobs[p.next:] {
		if !atOnce(j, p.jobs[p.next]) {
			break
		}
		out = append(out, j)
	}
	return out
}

// independently runs jobs that live at once and have nothing to do with each other.
// What ends one of them for a fault of the host, or an interruption, ends all; those
// that are over are kept.
func (p *pass) independently(ctx context.Context, jobs []Job) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs, over := make(chan error), 0
	for i, job := range jobs {
		t := p.newTrial(job, job.Attempt)
		for _, other := range jobs {
			if other.Setup.Cell != job.Setup.Cell {
				t.record.Beside = append(t.record.Beside, other.Setup.Cell)
			}
		}
		t.tell = p.teller(job, p.next+i, job.Attempt)
		go func() {
			err := t.run(ctx)
			if err == nil {
				err = p.finishNext(t, job, &over)
			}
			errs <- err
		}()
	}
	var first error
	for range jobs {
		if err := <-errs; err != nil && first == nil {
			first = err
			cancel()
		}
	}
	p.next += len(jobs)
	return first
}

// finishNext is finish of one of several that live at once: they are counted as they
// end.
func (p *pass) finishNext(t *trial, job Job, over *int) error {
	p.counting.Lock()
	defer p.counting.Unlock()
	*over++
	return p.finish(t, job, p.next+*over-1)
}

// finish records a trial that is over.
func (p *pass) finish(t *trial, job Job, at int) error {
	if err := p.keep(t); err != nil {
		return err
	}
	// Trials side by side share the time that they took.
	p.clock.finished(job, time.Duration(t.record.TookNS)/time.Duration(1+len(t.record.Beside)))
	p.tally.add(t.record.Trial)
	p.done = append(p.done, t.record.Trial)
	number, of := p.number(at)
	p.tell(Progress{
		Job: job, Number: number, Of: of, Attempt: t.record.Attempt, Finished: &t.record.Trial,
		Elapsed: p.clock.elapsed(), Left: p.left(at + 1),
	})
	return nil
}

// teller passes a trial's stages on.
func (p *pass) teller(job Job, number, attempt int) func(Stage) {
	return func(s Stage) {
		p.counting.Lock()
		defer p.counting.Unlock()
		n, of := p.number(number)
		p.tell(Progress{
			Job: job, Number: n, Of: of, Attempt: attempt, Stage: s,
			Elapsed: p.clock.elapsed(), Left: p.left(number),
		})
	}
}

// keep writes the histograms first, so that a record on disk is complete. A
// capacity counts for the cell's other trials only when its trial is valid.
func (r *Runner) keep(t *trial) error {
	rec := t.record
	if rec.Valid && t.capacityFound > 0 {
		r.capacities[rec.Cell] = t.capacityFound
	}
	var err error
	if len(rec.histograms) > 0 || rec.Kind != results.SafetyTest {
		err = r.Writer.WriteHistograms(rec.Cell, rec.Trial.Trial, rec.histograms)
	}
	err = errors.Join(err, r.Writer.Append(rec.Trial))
	if fault := hostFault(err); fault != nil {
		return fault
	}
	return err
}

func (r *Runner) tell(p Progress) {
	r.telling.Lock()
	defer r.telling.Unlock()
	if r.Progress != nil {
		r.Progress(p)
	}
}

// Left is how many trials of a plan an interrupted run has still to do, and
// about how long they take when none is repeated; where a precision is asked
// for, at least so many, and at most so long.
func Left(plan configs.Plan, done []results.Trial) (trials int, takes time.Duration) {
	jobs := remaining(planned(plan, done), done)
	if adaptive(plan) && !proving(done) {
		return len(jobs), max(0, plan.Budget-newPace(plan, done).spent())
	}
	return len(jobs), newEstimate(plan, jobs).left(0)
}
