package loadgen

import (
	"context"
	"time"
)

// worker executes operations one after another.
type worker struct {
	run      *run
	recorder *recorder
	inFlight *inFlight
	value    []byte
	op       Op
	ctx      context.Context
	cancel   context.CancelFunc
}

func (r *run) newWorker(i int) *worker {
	w := &worker{
		run: r, value: make([]byte, r.work.ValueSize),
		recorder: r.recorders[i%len(r.recorders)], inFlight: r.inFlight[i%len(r.inFlight)],
	}
	copy(w.value, r.payload.filler)
	return w
}

// prepare makes operation seq of a stream, ready to be sent.
func (w *worker) prepare(stream uint32, seq int64) {
	r := w.run
	u := r.payload.draw(stream, seq)
	w.op = Op{Kind: r.payload.kind(u), Key: r.payload.key(u), Origin: r.origin}
	if w.op.Kind == Put {
		r.payload.fill(w.value, stream, seq)
		w.op.Value = w.value
	} else {
		w.op.Serializable = r.work.Serializable
	}
	w.ctx, w.cancel = context.WithTimeout(r.ctx, r.window.Timeout)
}

// send executes the prepared operation, which was due at the instant intended,
// and records it. A negative instant means: now, the closed loop.
func (w *worker) send(target Target, intended time.Duration) error {
	r, op := w.run, &w.op
	w.inFlight.enter()
	op.Sent = time.Since(r.origin)
	op.Intended = intended
	if intended < 0 {
		op.Intended = op.Sent
	}
	if op.Kind == Put {
		op.Revision, op.Err = target.Put(w.ctx, op.Key, op.Value)
		op.StoreRevision = op.Revision
	} else {
		var read Read
		read, op.Err = target.Get(w.ctx, op.Key, op.Serializable)
		op.Value, op.Revision, op.StoreRevision = read.Value, read.Revision, read.StoreRevision
	}
	op.Done = time.Since(r.origin)
	w.inFlight.leave()
	w.cancel()
	for _, o := range r.observers {
		o.Observe(op)
	}
	w.recorder.add(op)
	return op.Err
}
