package loadgen

import (
	"sync/atomic"
	"time"
)

const (
	// prestarted workers spare the first operations the making of a goroutine.
	prestarted = 32
	// ahead of an operation's instant its worker wakes up, passes the lead and
	// makes the operation. On a machine gone cold this takes 100 µs and more.
	ahead = 250 * time.Microsecond
)

// workerPool is the open loop's workers. One of them leads: it sleeps until the
// next instant is near, passes the lead on, and sends the operation itself. So
// nobody has to be woken between the instant and the send. (The pattern is
// that of Schmidt and others, "Leader/Followers", 2000.)
type workerPool struct {
	run   *run
	pacer pacer
	lead  chan int64 // holds the number of the next operation
	idle  atomic.Int64
	limit int

	// Of the leader alone: workers started, and the instant led to before.
	started int
	last    time.Duration
}

// open offers the schedule's operations at their instants.
func (r *run) open() {
	p := &workerPool{run: r, pacer: r.newPacer(r.origin), lead: make(chan int64, 1), limit: r.window.MaxInFlight + 1}
	for range min(prestarted, p.limit) {
		p.start()
		p.idle.Add(1)
	}
	p.pass(0)
}

// pass hands the lead to a worker that is idle, or new, and never waits. It
// fails where all workers are busy and no more are allowed.
func (p *workerPool) pass(next int64) bool {
	switch {
	case p.idle.Load() > 0:
		p.idle.Add(-1)
	case p.started < p.limit:
		p.start()
	default:
		return false
	}
	p.lead <- next
	return true
}

func (p *workerPool) start() {
	w := p.run.newWorker(p.started)
	p.started++
	p.run.workers.Go(func() {
		for next := range p.lead {
			p.leadFrom(w, next)
			p.idle.Add(1)
		}
	})
}

// leadFrom leads from operation seq on, until one can be sent; what must not be
// sent, because too many are outstanding, is dropped.
func (p *workerPool) leadFrom(w *worker, seq int64) {
	r := p.run
	for ; ; seq++ {
		due := r.window.Schedule.Due(seq)
		if due >= r.window.Duration {
			break
		}
		early := min((due-p.last)/2, ahead)
		p.last = due
		r.pacing.Add(int64(p.pacer.sleepNear(r.ctx, due-early)))
		if r.ctx.Err() != nil {
			break
		}
		r.due.Add(1)
		if p.pass(seq + 1) {
			w.prepare(0, seq)
			r.pacing.Add(int64(p.pacer.sleepUntil(due)))
			_ = w.send(r.targets[int(seq)%len(r.targets)], due)
			r.sends.note(seq, w.op.Sent)
			return
		}
		w.recorder.drop(r.payload.kind(r.payload.draw(0, seq)))
	}
	close(p.lead)
}
