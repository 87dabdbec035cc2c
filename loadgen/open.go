package loadgen

import (
	"sync/atomic"
	"time"
)

// prestarted workers spare the first operations the making of a goroutine.
const prestarted = 32

// job is one operation that is due.
type job struct {
	seq      int64
	intended time.Duration
}

// pool hands jobs to workers and never waits: where all workers are busy and
// no more are allowed, the job is refused.
type pool struct {
	run     *run
	jobs    chan job
	idle    atomic.Int64
	started int
	limit   int
}

func (r *run) newPool() *pool {
	p := &pool{run: r, jobs: make(chan job, r.window.MaxInFlight), limit: r.window.MaxInFlight}
	for range min(prestarted, p.limit) {
		p.start()
		p.idle.Add(1)
	}
	return p
}

// give hands j to an idle worker. A worker is idle before it waits for its
// next job, and the channel has a place for each worker, so give never blocks.
func (p *pool) give(j job) bool {
	switch {
	case p.idle.Load() > 0:
		p.idle.Add(-1)
	case p.started < p.limit:
		p.start()
	default:
		return false
	}
	p.jobs <- j
	return true
}

func (p *pool) start() {
	w := p.run.newWorker(p.started)
	p.started++
	p.run.workers.Go(func() { p.work(w) })
}

func (p *pool) work(w *worker) {
	r := p.run
	for j := range p.jobs {
		if r.ctx.Err() != nil {
			w.recorder.drop()
		} else {
			_ = w.do(r.targets[int(j.seq)%len(r.targets)], j.intended, 0, j.seq)
		}
		p.idle.Add(1)
	}
}

// open offers the schedule's operations at their instants.
func (r *run) open() {
	p := r.newPool()
	defer close(p.jobs)
	clock := r.newPacer(r.origin)
	defer clock.stop()
	for i := int64(0); ; i++ {
		due := r.window.Schedule.Due(i)
		if due >= r.window.Duration || !clock.until(r.ctx, due) {
			break
		}
		r.due++
		if !p.give(job{seq: i, intended: due}) {
			r.recorders[0].drop()
		}
	}
	r.pacing = clock.cpu()
}
