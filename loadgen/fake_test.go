package loadgen

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fakePacer waits in fake time, to the instant.
type fakePacer struct{ origin time.Time }

func (p fakePacer) sleepNear(_ context.Context, due time.Duration) time.Duration {
	time.Sleep(due - time.Since(p.origin))
	return 0
}

func (p fakePacer) sleepUntil(due time.Duration) time.Duration {
	time.Sleep(due - time.Since(p.origin))
	return time.Microsecond
}

// server answers each operation when service returns, which is how a fake says
// what its service times are.
type server struct {
	service func(ctx context.Context) error
	puts    sync.Map // value → key
}

func (s *server) Put(ctx context.Context, key string, value []byte) (int64, error) {
	s.puts.Store(string(value), key)
	return 1, s.service(ctx)
}

func (s *server) Get(ctx context.Context, _ string, _ bool) (Read, error) {
	return Read{}, s.service(ctx)
}

// steady serves any number of operations at once, each in d.
func steady(d time.Duration) *server {
	return &server{service: func(context.Context) error { time.Sleep(d); return nil }}
}

// exponential serves any number at once, each in an independent exponential
// time of this mean.
func exponential(mean time.Duration, seed uint64) *server {
	draw := exponentials(mean, seed)
	return &server{service: func(context.Context) error { time.Sleep(draw()); return nil }}
}

func exponentials(mean time.Duration, seed uint64) func() time.Duration {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 2))
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(rng.ExpFloat64() * float64(mean))
	}
}

// queue serves one operation at a time in order of arrival.
func queue(service func() time.Duration) *server {
	var mu sync.Mutex
	free := time.Now()
	return &server{service: func(context.Context) error {
		mu.Lock()
		if now := time.Now(); free.Before(now) {
			free = now
		}
		free = free.Add(service())
		done := free
		mu.Unlock()
		time.Sleep(time.Until(done))
		return nil
	}}
}

// stalling serves in d, but nothing is answered from one instant to another.
func stalling(d, from, to time.Duration) *server {
	origin := time.Now()
	return &server{service: func(context.Context) error {
		time.Sleep(d)
		if now := time.Since(origin); now >= from && now < to {
			time.Sleep(to - now)
		}
		return nil
	}}
}

// hanging answers nothing until its context ends.
func hanging() *server {
	return &server{service: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
}

func someWork() Workload {
	return Workload{KeyPrefix: "t/", Keys: 100, KeySize: 8, ValueSize: 32, Seed: 1}
}

// inFakeTime runs a window over one server made inside the bubble.
func inFakeTime(t *testing.T, work Workload, w Window, make func() *server, judge func(Recording, error)) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		g := New([]Target{make()}, work)
		g.newPacer = func(origin time.Time) pacer { return fakePacer{origin} }
		judge(g.Run(context.Background(), w))
	})
}

// countdown answers at once and ends its context after so many operations.
type countdown struct {
	left   atomic.Int64
	ctx    context.Context
	cancel context.CancelFunc
}

func newCountdown(operations int64) *countdown {
	c := &countdown{}
	c.left.Store(operations)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

func (c *countdown) Put(context.Context, string, []byte) (int64, error) {
	if c.left.Add(-1) == 0 {
		c.cancel()
	}
	return 1, nil
}

func (c *countdown) Get(context.Context, string, bool) (Read, error) { return Read{Revision: 1}, nil }
