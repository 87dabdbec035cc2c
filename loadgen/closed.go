package loadgen

import "time"

// afterFailure is how long a client of a closed loop rests after an error:
// without it, clients of a cluster that has no leader would take from the
// election the very cores that it needs.
const afterFailure = 5 * time.Millisecond

// closed keeps each client busy: the next operation follows the last answer.
// It finds the throughput of that many clients and says nothing of latency at
// any rate but its own.
func (r *run) closed() {
	for c := range r.window.Clients {
		w := r.newWorker(c)
		r.workers.Go(func() { w.loop(c) })
	}
}

// loop runs client c until the window ends.
func (w *worker) loop(c int) {
	r := w.run
	target := r.targets[c%len(r.targets)]
	for seq := int64(0); time.Since(r.origin) < r.window.Duration && r.ctx.Err() == nil; seq++ {
		w.prepare(uint32(c+1), seq)
		if w.send(target, -1) != nil {
			r.rest(afterFailure)
		}
	}
}

// rest pauses for d, or until the window is given up.
func (r *run) rest(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.ctx.Done():
	}
}
