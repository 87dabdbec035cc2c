package loadgen

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Each operation is traced in the order in which it was due, whatever order the
// answers come in; one that failed took for ever.
func TestATraceHasEachOperationInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		s := &server{service: func(context.Context) error {
			n := calls.Add(1) - 1
			time.Sleep(time.Duration(1+10*(n%2)) * time.Millisecond)
			if n == 7 {
				return errors.New("no")
			}
			return nil
		}}
		g := New([]Target{s}, someWork())
		g.newPacer = func(origin time.Time) pacer { return fakePacer{origin} }
		rec, err := g.Run(context.Background(), Window{Schedule: Constant(500), Duration: 200 * time.Millisecond})
		if err != nil || len(rec.Trace) != 100 {
			t.Fatalf("got %d samples, %v; want 100", len(rec.Trace), err)
		}
		for i, got := range rec.Trace {
			want := Sample{Intended: time.Duration(i) * 2 * time.Millisecond, Latency: time.Duration(1+10*(i%2)) * time.Millisecond}
			if i == 7 {
				want.Latency = Never
			}
			if got != want {
				t.Errorf("sample %d: got %v, want %v", i, got, want)
			}
		}
	})
}

// A trace is bounded, and what is left of it is spread evenly over the window.
func TestALongTraceIsThinned(t *testing.T) {
	long, short := newTrace(), newTrace()
	for i := range 5 * maxTrace {
		op := Op{Intended: time.Duration(i), Done: time.Duration(i + 1)}
		long.add(&op)
		if i < 100 {
			short.add(&op)
		}
	}
	if n := len(long.kept); n > maxTrace || n < maxTrace/2 || long.every != 8 {
		t.Fatalf("kept %d, one of %d; want at most %d, one of 8", n, long.every, maxTrace)
	}
	for i, s := range long.kept[1:] {
		if gap := s.Intended - long.kept[i].Intended; gap < 1 || gap > 15 {
			t.Errorf("gap of %d after sample %d, want about 8", gap, i)
		}
	}
	short.merge(long)
	if want := 13 + len(long.kept); len(short.kept) != want {
		t.Errorf("merged: got %d, want %d: traces thinned alike", len(short.kept), want)
	}
}
