package loadgen

import (
	"context"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestInFlightIsTheAreaUnderTheCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newInFlight(time.Now(), 10*time.Second)
		at := func(seconds int, do func()) { time.AfterFunc(time.Duration(seconds)*time.Second, do) }
		at(1, f.enter)  // 1 s to 4 s
		at(2, f.enter)  // 2 s to the end
		at(4, f.leave)  //
		at(8, f.enter)  // 8 s to 12 s: two seconds of it count
		at(12, f.leave) //
		at(13, f.enter) // too late
		time.Sleep(5 * time.Second)
		if got, want := f.until(5*time.Second), int64(6*time.Second); got != want {
			t.Errorf("given up after 5 s: got %v, want %v", time.Duration(got), time.Duration(want))
		}
		time.Sleep(9 * time.Second)
		if got, want := f.until(10*time.Second), int64(13*time.Second); got != want {
			t.Errorf("at the end: got %v, want %v", time.Duration(got), time.Duration(want))
		}
	})
}

// little is how far the recorded service times are from what was in flight.
func little(rec Recording) float64 {
	return rec.MeanInFlight*rec.Duration.Seconds()/(float64(rec.Service.TotalCount())*rec.Service.Mean()/1e9) - 1
}

// windowOf runs one window in fake time, its parts broken as harm says.
func windowOf(t *testing.T, w Window, harm func(*run)) (rec Recording) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := New([]Target{steady(3 * time.Millisecond)}, someWork())
		g.newPacer = func(origin time.Time) pacer { return fakePacer{origin} }
		w := w.withDefaults()
		r := newRun(context.Background(), g, w)
		defer r.cancel()
		r.recorders = []*recorder{newRecorder(w), newRecorder(w)}
		r.inFlight = []*inFlight{newInFlight(r.origin, w.Duration), newInFlight(r.origin, w.Duration)}
		harm(r)
		if w.Schedule != nil {
			r.open()
		} else {
			r.closed()
		}
		if err := r.drain(); err != nil {
			t.Fatal(err)
		}
		rec = Recording{Window: w, Duration: w.Duration}
		r.collect(&rec)
	})
	return rec
}

// The law is worth asking only if the numbers on its two sides can disagree.
func TestLittlesLawSeesWhatIsMiscounted(t *testing.T) {
	for name, w := range map[string]Window{
		"open":   {Schedule: Constant(2000), Duration: 4 * time.Second},
		"closed": {Clients: 8, Duration: 4 * time.Second},
	} {
		if off := little(windowOf(t, w, func(*run) {})); math.Abs(off) > 0.01 {
			t.Errorf("%s, nothing broken: Little's law is off by %+.1f %%", name, 100*off)
		}
		lost := func(r *run) { r.recorders[1].closed = true }
		if off := little(windowOf(t, w, lost)); off < 0.1 {
			t.Errorf("%s, a recorder loses what it is given: Little's law is off by %+.1f %%, want it seen", name, 100*off)
		}
		twice := func(r *run) {
			double := r.recorders[0]
			r.observers = append(r.observers, observe(func(op *Op) { double.add(op) }))
		}
		if off := little(windowOf(t, w, twice)); off > -0.1 {
			t.Errorf("%s, operations recorded twice: Little's law is off by %+.1f %%, want it seen", name, 100*off)
		}
	}
}

// observe makes an observer of a function.
type observe func(*Op)

func (o observe) Observe(op *Op) { o(op) }

// BenchmarkInFlight is what counting adds to an operation.
func BenchmarkInFlight(b *testing.B) {
	f := newInFlight(time.Now(), time.Hour)
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			f.enter()
			f.leave()
		}
	})
	b.Run("contended", func(b *testing.B) {
		var callers sync.WaitGroup
		for range 2 {
			callers.Go(func() {
				for range b.N {
					f.enter()
					f.leave()
				}
			})
		}
		callers.Wait()
	})
}
