package loadgen

import "sync/atomic"

// prestarted workers spare the first operations the making of a goroutine.
const prestarted = 32

// crew is the open loop's workers. One of them leads: it waits for the next
// instant, passes the lead on, and sends the operation itself. So nobody has
// to be woken between the instant and the send, which takes some 50 µs when
// the woken thread had gone to sleep; the next leader wakes up meanwhile.
// (The pattern is Schmidt's "Leader/Followers", 2000.)
type crew struct {
	run     *run
	clock   pacer
	lead    chan int64 // holds the number of the next operation
	idle    atomic.Int64
	started int // touched by the leader alone
	limit   int
}

// open offers the schedule's operations at their instants.
func (r *run) open() {
	c := &crew{run: r, clock: r.newPacer(r.origin), lead: make(chan int64, 1), limit: r.window.MaxInFlight + 1}
	for range min(prestarted, c.limit) {
		c.start()
		c.idle.Add(1)
	}
	c.pass(0)
}

// pass hands the lead to a worker that is idle, or new, and never waits. It
// fails where all workers are busy and no more are allowed.
func (c *crew) pass(next int64) bool {
	switch {
	case c.idle.Load() > 0:
		c.idle.Add(-1)
	case c.started < c.limit:
		c.start()
	default:
		return false
	}
	c.lead <- next
	return true
}

func (c *crew) start() {
	w := c.run.newWorker(c.started)
	c.started++
	c.run.workers.Go(func() {
		for next := range c.lead {
			c.turn(w, next)
			c.idle.Add(1)
		}
	})
}

// turn leads from operation seq on, until one can be sent; what must not be
// sent, because too many are outstanding, is dropped at its instant. The lead
// is passed and the operation made just before the instant, not after.
func (c *crew) turn(w *worker, seq int64) {
	r := c.run
	for ; ; seq++ {
		due := r.window.Schedule.Due(seq)
		if due >= r.window.Duration {
			break
		}
		r.pacing.Add(int64(c.clock.approach(r.ctx, due)))
		if r.ctx.Err() != nil {
			break
		}
		r.due.Add(1)
		if c.pass(seq + 1) {
			w.prepare(0, seq)
			r.pacing.Add(int64(c.clock.meet(due)))
			_ = w.send(r.targets[int(seq)%len(r.targets)], due)
			return
		}
		w.recorder.drop()
	}
	close(c.lead)
}
