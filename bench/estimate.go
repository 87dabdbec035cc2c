package bench

import (
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// estimate tells when a run will end, from its plan and from the trials that
// have already ended.
type estimate struct {
	began time.Time
	jobs  []Job
	apart bool
	took  map[results.TrialKind][]time.Duration
}

func newEstimate(plan configs.Plan, jobs []Job) *estimate {
	return &estimate{began: time.Now(), jobs: jobs, apart: plan.Apart, took: map[results.TrialKind][]time.Duration{}}
}

func (e *estimate) elapsed() time.Duration { return time.Since(e.began) }

func (e *estimate) finished(job Job, took time.Duration) {
	e.took[job.Kind] = append(e.took[job.Kind], took)
}

// left sums what the jobs from index i on will take.
func (e *estimate) left(i int) time.Duration {
	var sum time.Duration
	for _, job := range e.jobs[i:] {
		sum += e.each(job)
	}
	return sum
}

// each is the mean of the trials of the same kind, or the plan's own guess.
func (e *estimate) each(job Job) time.Duration {
	seen := e.took[job.Kind]
	if len(seen) == 0 && job.Kind == results.Outages {
		return configs.OutageTrialTime(job.Setup, job.Faults) / time.Duration(e.atOnce(job))
	}
	if len(seen) == 0 && job.Kind == results.SafetyTest {
		return configs.SafetyTrialTime(job.Setup) / time.Duration(e.atOnce(job))
	}
	if len(seen) == 0 && sideBySide(job) && !e.apart {
		return e.share(job)
	}
	if len(seen) == 0 {
		return configs.TrialTime(job.Setup, job.Kind == results.Proof)
	}
	var sum time.Duration
	for _, d := range seen {
		sum += d
	}
	return sum / time.Duration(len(seen))
}

// atOnce is how many outage or safety trials live together with a job, itself among them.
func (e *estimate) atOnce(job Job) (n int) {
	for _, j := range e.jobs {
		if atOnce(j, job) {
			n++
		}
	}
	return max(1, n)
}

// share of a block's time that is one job's.
func (e *estimate) share(job Job) time.Duration {
	var beside []configs.Setup
	for _, j := range e.jobs {
		if together(j, job) {
			beside = append(beside, j.Setup)
		}
	}
	if job.Kind == results.Watch {
		return configs.WatchTime(beside) / time.Duration(len(beside))
	}
	return configs.BlockTime(beside) / time.Duration(len(beside))
}
