package loadgen

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake runs f with a generator in fake time.
func fake(t *testing.T, work Workload, targets func() []Target, f func(g *Generator)) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		g := New(targets(), work)
		g.newPacer = func(origin time.Time) pacer { return fakePacer{origin} }
		f(g)
	})
}

func one(s func() *server) func() []Target { return func() []Target { return []Target{s()} } }

// With 10 places and answers after 1 s, 10 operations a second find a place;
// the others are dropped and the schedule goes on to the instant.
func TestAFullBoundDropsAndNeverDelays(t *testing.T) {
	fake(t, someWork(), one(func() *server { return steady(time.Second) }), func(g *Generator) {
		rec, err := g.Run(context.Background(), Window{Schedule: Constant(100), Duration: 5 * time.Second, MaxInFlight: 10})
		if err != nil {
			t.Fatal(err)
		}
		if rec.Due != 500 || rec.Completed != 50 || rec.Dropped != 450 || rec.Lag.Max() != 0 {
			t.Errorf("due %d, completed %d, dropped %d, lag %d ns; want 500, 50, 450, 0", rec.Due, rec.Completed, rec.Dropped, rec.Lag.Max())
		}
	})
}

// latePacer misses every instant by as much.
type latePacer struct {
	fakePacer
	by time.Duration
}

func (p latePacer) sleepUntil(due time.Duration) time.Duration {
	return p.fakePacer.sleepUntil(due + p.by)
}

// What a starved generator sends late, it reports late: the user's latency
// counts from the plan.
func TestLatenessCounts(t *testing.T) {
	fake(t, someWork(), one(func() *server { return steady(time.Millisecond) }), func(g *Generator) {
		g.newPacer = func(origin time.Time) pacer { return latePacer{fakePacer{origin}, 5 * time.Millisecond} }
		rec, err := g.Run(context.Background(), Window{Schedule: Constant(100), Duration: time.Second})
		clean(t, rec, err)
		within(t, "latency", percentile(rec.Latency, 50), 0.006)
		within(t, "service", percentile(rec.Service, 50), 0.001)
		within(t, "lag", percentile(rec.Lag, 50), 0.005)
		within(t, "part", rec.Parts[3].P50.Seconds(), 0.006)
		if rec.PacingCPU != 100*time.Microsecond {
			t.Errorf("pacing cost %v, want the 100 µs that the pacer told", rec.PacingCPU)
		}
	})
}

func TestTimeoutsAreUnknownAndBoundTheRun(t *testing.T) {
	for name, w := range map[string]Window{
		"open":   {Schedule: Constant(10), Duration: time.Second, Timeout: 3 * time.Second},
		"closed": {Clients: 10, Duration: time.Second, Timeout: 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			fake(t, someWork(), one(hanging), func(g *Generator) {
				start := time.Now()
				rec, err := g.Run(context.Background(), w)
				if err != nil || rec.Unknown != 10 || rec.Completed != 0 || !errors.Is(rec.FirstError, context.DeadlineExceeded) {
					t.Errorf("error %v, unknown %d, completed %d, first %v", err, rec.Unknown, rec.Completed, rec.FirstError)
				}
				if took := time.Since(start); took > w.Duration+w.Timeout {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestATargetThatIgnoresItsContextIsReported(t *testing.T) {
	deaf := func() *server {
		return &server{service: func(context.Context) error { time.Sleep(time.Minute); return nil }}
	}
	fake(t, someWork(), one(deaf), func(g *Generator) {
		start := time.Now()
		_, err := g.Run(context.Background(), Window{Clients: 2, Duration: time.Second, Timeout: time.Second})
		if err == nil || !strings.Contains(err.Error(), "ignores its context") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %v, want window, timeout and grace: 3s", took)
		}
		time.Sleep(time.Minute) // until the target lets go: no goroutine stays
	})
}

func TestAnEndedContextEndsTheWindow(t *testing.T) {
	for name, w := range map[string]Window{
		"open":   {Schedule: Constant(0.01), Duration: time.Hour},
		"closed": {Clients: 3, Duration: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			rec, err := New([]Target{hanging()}, someWork()).Run(ctx, w) // on the real clock
			if !errors.Is(err, context.DeadlineExceeded) || rec.Duration >= time.Hour {
				t.Errorf("error %v, duration %v", err, rec.Duration)
			}
		})
	}
}

func TestOutcomesAreCountedApart(t *testing.T) {
	var n atomic.Int64
	thirds := func() *server {
		return &server{service: func(context.Context) error {
			time.Sleep(time.Millisecond)
			switch n.Add(1) % 3 {
			case 0:
				return fmt.Errorf("not leader: %w", ErrRejected)
			case 1:
				return errors.New("leadership lost")
			}
			return nil
		}}
	}
	fake(t, someWork(), one(thirds), func(g *Generator) {
		rec, err := g.Run(context.Background(), Window{Schedule: Constant(300), Duration: 2 * time.Second})
		if err != nil || rec.Rejected != 200 || rec.Unknown != 200 || rec.Writes != 200 || rec.Due != 600 {
			t.Errorf("error %v, rejected %d, unknown %d, writes %d of %d", err, rec.Rejected, rec.Unknown, rec.Writes, rec.Due)
		}
		if rec.Latency.TotalCount() != 200 || rec.Lag.TotalCount() != 600 {
			t.Errorf("%d latencies of acknowledged writes and %d lags, want 200 and 600", rec.Latency.TotalCount(), rec.Lag.TotalCount())
		}
		var failed int64
		for _, p := range rec.Seconds {
			failed += p.Failed
		}
		if failed != 400 {
			t.Errorf("%d failures in the series, want 400", failed)
		}
	})
}

func TestAValueThatAHistogramRefusesIsCounted(t *testing.T) {
	fake(t, someWork(), one(func() *server { return steady(2 * time.Hour) }), func(g *Generator) {
		rec, err := g.Run(context.Background(), Window{Clients: 1, Duration: time.Second, Timeout: 3 * time.Hour})
		if err != nil || rec.RecordErrors == 0 || rec.Latency.TotalCount() != 0 {
			t.Errorf("error %v, %d record errors, %d latencies", err, rec.RecordErrors, rec.Latency.TotalCount())
		}
	})
}

func TestClientsRestAfterAFailure(t *testing.T) {
	refusing := func() *server {
		return &server{service: func(context.Context) error { return ErrRejected }}
	}
	fake(t, someWork(), one(refusing), func(g *Generator) {
		rec, err := g.Run(context.Background(), Window{Clients: 4, Duration: time.Second})
		if want := 4 * int64(time.Second/afterFailure); err != nil || rec.Rejected != want {
			t.Errorf("error %v, %d rejected operations, want %d", err, rec.Rejected, want)
		}
	})
}

func TestTargetsShareTheLoad(t *testing.T) {
	for name, w := range map[string]Window{
		"open":   {Schedule: Constant(300), Duration: time.Second},
		"closed": {Clients: 6, Duration: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			var count [3]atomic.Int64
			targets := func() []Target {
				var ts []Target
				for i := range count {
					ts = append(ts, &server{service: func(context.Context) error {
						count[i].Add(1)
						time.Sleep(20 * time.Millisecond)
						return nil
					}})
				}
				return ts
			}
			fake(t, someWork(), targets, func(g *Generator) {
				if _, err := g.Run(context.Background(), w); err != nil {
					t.Fatal(err)
				}
			})
			for i := range count {
				if count[i].Load() != 100 {
					t.Errorf("target %d got %d operations, want 100", i, count[i].Load())
				}
			}
		})
	}
}

func TestSeriesAddsUp(t *testing.T) {
	work := someWork()
	work.ReadRatio = 0.5
	fake(t, work, one(func() *server { return steady(100 * time.Millisecond) }), func(g *Generator) {
		rec, err := g.Run(context.Background(), Window{Schedule: Constant(100), Duration: 2500 * time.Millisecond, Parts: 7})
		clean(t, rec, err)
		if len(rec.Seconds) != 3 || rec.Seconds[2].Length != 500*time.Millisecond || len(rec.Parts) != 7 {
			t.Fatalf("series %+v, %d parts", rec.Seconds, len(rec.Parts))
		}
		for name, series := range map[string][]Point{"seconds": rec.Seconds, "parts": rec.Parts} {
			var completed int64
			var end, inFlight time.Duration
			for _, p := range series {
				if p.At != end {
					t.Errorf("%s: a part at %v after one that ends at %v", name, p.At, end)
				}
				end = p.At + p.Length
				completed += p.Completed
				inFlight += time.Duration(p.MeanInFlight * float64(p.Length))
			}
			// What is sent in the last 100 ms is answered after the end.
			if completed != rec.Completed-10 || end != rec.Duration {
				t.Errorf("%s: completed %d until %v, want %d until %v", name, completed, end, rec.Completed-10, rec.Duration)
			}
			within(t, name+": in flight", inFlight.Seconds()/rec.Duration.Seconds(), rec.MeanInFlight)
		}
		if got := rec.Seconds[0].Completed; got != 90 {
			t.Errorf("first second completed %d, want 90", got)
		}
	})
}

func TestALongOperationIsInFlightInEachPart(t *testing.T) {
	fake(t, someWork(), one(func() *server { return steady(2500 * time.Millisecond) }), func(g *Generator) {
		rec, err := g.Run(context.Background(), Window{Clients: 2, Duration: 5 * time.Second, Parts: 10})
		clean(t, rec, err)
		for _, p := range append(rec.Seconds, rec.Parts...) {
			if p.MeanInFlight != 2 {
				t.Errorf("part at %v of %v: %v in flight, want 2", p.At, p.Length, p.MeanInFlight)
			}
		}
	})
}

func TestWindowsThatCannotRunAreRefused(t *testing.T) {
	good := Window{Name: "w", Clients: 1, Duration: time.Second}
	target := []Target{steady(0)}
	cases := map[string]struct {
		targets []Target
		window  Window
		change  func(*Workload)
	}{
		"no targets":      {targets: nil, window: good},
		"lasts":           {targets: target, window: Window{Clients: 1}},
		"neither":         {targets: target, window: Window{Duration: time.Second}},
		"keys":            {targets: target, window: good, change: func(w *Workload) { w.Keys = 0 }},
		"cannot all":      {targets: target, window: good, change: func(w *Workload) { w.ValueSize = 15 }},
		"key size of at":  {targets: target, window: good, change: func(w *Workload) { w.KeySize = 3 }},
		"read ratio":      {targets: target, window: good, change: func(w *Workload) { w.ReadRatio = 1.5 }},
		"rate 0/s":        {targets: target, window: Window{Schedule: Constant(0), Duration: time.Second}},
		"rate -1/s, want": {targets: target, window: Window{Schedule: Poisson(-1, 1), Duration: time.Second}},
	}
	for want, c := range cases {
		work := someWork()
		if c.change != nil {
			c.change(&work)
		}
		if _, err := New(c.targets, work).Run(context.Background(), c.window); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

// stamped answers with revisions that tell its answers apart.
type stamped struct{}

func (stamped) Put(context.Context, string, []byte) (int64, error) { return 7, nil }

func (stamped) Get(context.Context, string, bool) (Read, error) {
	return Read{Value: []byte("v"), Revision: 3, StoreRevision: 9}, nil
}

type seen func(op *Op)

func (s seen) Observe(op *Op) { s(op) }

// Observers see what the store as a whole had come to.
func TestObserversSeeTheStoresRevision(t *testing.T) {
	work, kinds := someWork(), map[Kind]int{}
	work.ReadRatio = 0.5
	var mu sync.Mutex
	g := New([]Target{stamped{}}, work, seen(func(op *Op) {
		mu.Lock()
		defer mu.Unlock()
		kinds[op.Kind]++
		if revision, store := op.Revision, op.StoreRevision; op.Kind == Put && (revision != 7 || store != 7) || op.Kind == Get && (revision != 3 || store != 9) {
			t.Errorf("kind %d: revision %d, of the store %d", op.Kind, revision, store)
		}
	}))
	synctest.Test(t, func(*testing.T) {
		g.newPacer = func(origin time.Time) pacer { return fakePacer{origin} }
		if _, err := g.Run(context.Background(), Window{Schedule: Constant(100), Duration: time.Second}); err != nil {
			t.Fatal(err)
		}
	})
	if kinds[Put] == 0 || kinds[Get] == 0 {
		t.Errorf("operations by kind: %v, want some of both", kinds)
	}
}
