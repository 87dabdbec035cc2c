package loadgen

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// longest duration that a histogram holds; a longer one is refused and
// counted as a record error.
const longest = time.Hour

// maxRecorders of a window, on a machine with however many cores.
const maxRecorders = 8

// recorder takes the operations of a few workers. Workers outnumber cores by
// far, so they share about as many recorders as there are cores: a histogram
// is a quarter of a megabyte, and a lock that few contend for costs little.
type recorder struct {
	mu      sync.Mutex
	closed  bool
	seconds *series
	parts   *series
	trace   *trace

	latency, service         *hdrhistogram.Histogram
	readLatency, readService *hdrhistogram.Histogram
	lag                      *hdrhistogram.Histogram

	writes, reads, failedWrites, failedReads int64
	early                                    int64
	rejected, unknown, dropped, recordErrors int64
	firstError                               error
}

func newRecorder(w Window) *recorder {
	return &recorder{
		seconds:     newSeries(w.Duration, time.Second),
		parts:       newSeries(w.Duration, (w.Duration+time.Duration(w.Parts)-1)/time.Duration(w.Parts)),
		trace:       newTrace(),
		latency:     newHistogram(),
		service:     newHistogram(),
		readLatency: newHistogram(),
		readService: newHistogram(),
		lag:         newHistogram(),
	}
}

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, int64(longest), 3) }

// add records one finished operation; one that ends after the window was
// closed comes too late.
func (r *recorder) add(op *Op) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return
	case op.Done < 0: // within the ramp
		if op.Err == nil {
			r.early++
		}
		return
	}
	r.record(r.lag, op.Sent-op.Intended)
	r.trace.add(op)
	switch op.Outcome() {
	case Acknowledged:
		r.acknowledge(op)
	case Rejected:
		r.rejected++
		r.fail(op.Kind, op.Err)
	case Unknown:
		r.unknown++
		r.fail(op.Kind, op.Err)
	}
	if r.seconds.add(op) || r.parts.add(op) {
		r.recordErrors++
	}
}

func (r *recorder) acknowledge(op *Op) {
	if op.Kind == Get {
		r.reads++
		r.record(r.readLatency, op.Done-op.Intended)
		r.record(r.readService, op.Done-op.Sent)
		return
	}
	r.writes++
	r.record(r.latency, op.Done-op.Intended)
	r.record(r.service, op.Done-op.Sent)
}

func (r *recorder) record(h *hdrhistogram.Histogram, d time.Duration) {
	if h.RecordValue(int64(d)) != nil {
		r.recordErrors++
	}
}

// fail counts an operation that was not acknowledged.
func (r *recorder) fail(k Kind, err error) {
	if k == Get {
		r.failedReads++
	} else {
		r.failedWrites++
	}
	if r.firstError == nil {
		r.firstError = err
	}
}

// drop counts an operation that was never sent.
func (r *recorder) drop(k Kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dropped++
	r.fail(k, nil)
}

// merge closes the recorder from and adds what it holds.
func (r *recorder) merge(from *recorder) {
	from.mu.Lock()
	defer from.mu.Unlock()
	from.closed = true
	r.writes += from.writes
	r.reads += from.reads
	r.early += from.early
	r.failedWrites += from.failedWrites
	r.failedReads += from.failedReads
	r.rejected += from.rejected
	r.unknown += from.unknown
	r.dropped += from.dropped
	r.recordErrors += from.recordErrors
	r.recordErrors += r.latency.Merge(from.latency) + r.service.Merge(from.service) +
		r.readLatency.Merge(from.readLatency) + r.readService.Merge(from.readService) +
		r.lag.Merge(from.lag)
	r.recordErrors += r.seconds.merge(from.seconds) + r.parts.merge(from.parts)
	r.trace.merge(from.trace)
	if r.firstError == nil {
		r.firstError = from.firstError
	}
}

// fill writes the result into rec.
func (r *recorder) fill(rec *Recording) {
	rec.Latency, rec.Service = r.latency, r.service
	rec.ReadLatency, rec.ReadService = r.readLatency, r.readService
	rec.Lag = r.lag
	rec.Writes, rec.Reads, rec.Completed = r.writes, r.reads, r.writes+r.reads
	rec.Early = r.early
	rec.FailedWrites, rec.FailedReads = r.failedWrites, r.failedReads
	rec.Rejected, rec.Unknown, rec.Dropped = r.rejected, r.unknown, r.dropped
	rec.RecordErrors, rec.FirstError = r.recordErrors, r.firstError
	rec.Seconds, rec.Parts = r.seconds.points(), r.parts.points()
	rec.Trace = r.trace.samples()
}
