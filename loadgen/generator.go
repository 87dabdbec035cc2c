package loadgen

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// The defaults of a Window.
const (
	DefaultParts       = 10
	DefaultTimeout     = 5 * time.Second
	DefaultMaxInFlight = 10_000
)

// grace is how long a target may take to notice that its time is up.
const grace = time.Second

// Generator offers a workload to targets, one window after another.
type Generator struct {
	targets   []Target
	work      Workload
	observers []Observer
	identity  uint32
	windows   uint32
	newPacer  func(origin time.Time) pacer
}

// New returns a generator over targets: an open loop takes them in turn, a
// closed loop gives each client one. Every finished operation is shown to the
// observers, from many goroutines at once.
func New(targets []Target, w Workload, observers ...Observer) *Generator {
	return &Generator{
		targets: targets, work: w, observers: observers,
		identity: generators.Add(1), newPacer: newPacer,
	}
}

// Run offers load for one window and waits for what is outstanding at its end
// for at most the window's Timeout. An error of the context comes with what
// was recorded until then; any other error means that nothing can be said.
// Windows of one generator run one at a time.
func (g *Generator) Run(ctx context.Context, w Window) (Recording, error) {
	w = w.withDefaults()
	if err := g.validate(w); err != nil {
		return Recording{}, err
	}
	g.windows++
	r := newRun(ctx, g, w)
	defer r.cancel()
	rec := Recording{Window: w, Started: r.origin, Duration: w.Duration}
	if w.Schedule != nil {
		r.open()
	} else {
		r.closed()
	}
	err := r.drain()
	if ctx.Err() != nil {
		rec.Duration = min(rec.Duration, time.Since(r.origin))
		err = ctx.Err()
	}
	r.collect(&rec)
	return rec, err
}

func (w Window) withDefaults() Window {
	if w.Parts <= 0 {
		w.Parts = DefaultParts
	}
	if w.Timeout <= 0 {
		w.Timeout = DefaultTimeout
	}
	if w.MaxInFlight <= 0 {
		w.MaxInFlight = DefaultMaxInFlight
	}
	return w
}

func (g *Generator) validate(w Window) error {
	work := g.work
	switch {
	case len(g.targets) == 0:
		return errors.New("loadgen: no targets to send to")
	case w.Duration <= 0:
		return fmt.Errorf("loadgen: window %q lasts %v, want more than 0", w.Name, w.Duration)
	case w.Schedule == nil && w.Clients <= 0:
		return fmt.Errorf("loadgen: window %q has neither a schedule nor clients", w.Name)
	case w.Schedule != nil && w.Ramp != 0 || w.Ramp < 0:
		return fmt.Errorf("loadgen: window %q has a ramp of %v, want one of a closed loop, 0 or more", w.Name, w.Ramp)
	case work.Keys < 1:
		return fmt.Errorf("loadgen: %d keys, want at least 1", work.Keys)
	case work.ValueSize < header:
		return fmt.Errorf("loadgen: values of %d bytes cannot all differ, want at least %d", work.ValueSize, header)
	case len(keyName(work.KeyPrefix, work.Keys-1, 0)) > work.KeySize:
		return fmt.Errorf("loadgen: %d keys of prefix %q do not fit in %d bytes, want a key size of at least %d",
			work.Keys, work.KeyPrefix, work.KeySize, len(keyName(work.KeyPrefix, work.Keys-1, 0)))
	case work.ReadRatio < 0 || work.ReadRatio > 1:
		return fmt.Errorf("loadgen: read ratio %v, want 0 to 1", work.ReadRatio)
	}
	if s, ok := w.Schedule.(interface{ Rate() float64 }); ok && !(s.Rate() > 0) {
		return fmt.Errorf("loadgen: rate %v/s, want more than 0", s.Rate())
	}
	return nil
}

// run is one window in progress.
type run struct {
	*Generator
	window    Window
	payload   *payload
	origin    time.Time
	ctx       context.Context
	cancel    context.CancelFunc
	recorders []*recorder
	inFlight  []*inFlight // as many as recorders, and for the same reason
	workers   sync.WaitGroup
	sends     sends // of an open loop

	// Of an open loop: operations scheduled, and the processor time in
	// nanoseconds that waiting for their instants took.
	due, pacing atomic.Int64
}

func newRun(ctx context.Context, g *Generator, w Window) *run {
	r := &run{Generator: g, window: w, payload: newPayload(g.work, g.identity, g.windows)}
	for range min(runtime.GOMAXPROCS(0), maxRecorders) {
		r.recorders = append(r.recorders, newRecorder(w))
	}
	r.ctx, r.cancel = context.WithCancel(ctx)
	r.origin = w.Origin
	if r.origin.IsZero() {
		r.origin = time.Now().Add(w.Ramp)
	}
	for range r.recorders {
		r.inFlight = append(r.inFlight, newInFlight(r.origin, w.Duration))
	}
	return r
}

// drain waits for what is outstanding.
func (r *run) drain() error {
	done := make(chan struct{})
	go func() { r.workers.Wait(); close(done) }()
	end := r.window.Duration + r.window.Timeout - time.Since(r.origin)
	timer := time.NewTimer(max(end, 0))
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
	case <-r.ctx.Done():
	}
	r.cancel()
	timer.Reset(grace)
	select {
	case <-done:
		return nil
	case <-timer.C:
		return fmt.Errorf("loadgen: operations of window %q are outstanding %v past their timeout of %v: the target ignores its context",
			r.window.Name, grace, r.window.Timeout)
	}
}

func (r *run) collect(rec *Recording) {
	total := newRecorder(r.window)
	for _, s := range r.recorders {
		total.merge(s)
	}
	total.fill(rec)
	var area int64
	for _, f := range r.inFlight {
		area += f.until(rec.Duration)
	}
	rec.MeanInFlight = float64(area) / float64(max(rec.Duration, 1))
	rec.PacingCPU = time.Duration(r.pacing.Load())
	rec.Due = r.due.Load()
	rec.Sends = r.sends.unbroken()
	if r.window.Schedule == nil {
		rec.Due = rec.Lag.TotalCount()
	}
}
