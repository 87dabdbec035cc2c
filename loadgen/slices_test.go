package loadgen

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// sleeper answers each write after the same time.
type sleeper struct{ takes time.Duration }

func (s sleeper) Put(ctx context.Context, _ string, _ []byte) (int64, error) {
	select {
	case <-time.After(s.takes):
		return 1, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (s sleeper) Get(context.Context, string, bool) (Read, error) { return Read{}, nil }

// What a closed loop does before its window begins counts nowhere, and slices
// add up to what one window would have seen.
func TestARampCountsNowhereAndSlicesAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New([]Target{sleeper{10 * time.Millisecond}}, Workload{KeyPrefix: "k/", Keys: 10, KeySize: 16, ValueSize: 64})
		g.newPacer = func(time.Time) pacer { return nil }
		var parts []Recording
		for range 3 {
			rec, err := g.Run(t.Context(), Window{Name: "slice", Clients: 2, Duration: 200 * time.Millisecond, Ramp: 55 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			// Two clients, each answered at −45, −35, … −5 and then at 5, 15, … ms.
			if rec.Early != 10 || rec.Writes < 42 || rec.Writes > 44 {
				t.Errorf("got %d early and %d writes, want 10 and 2 · 21 or so", rec.Early, rec.Writes)
			}
			if got := rec.Throughput(); got < 199 || got > 201 {
				t.Errorf("got %.1f/s, want 200", got)
			}
			if rec.MeanInFlight < 1.99 || rec.MeanInFlight > 2.01 {
				t.Errorf("got %.3f in flight, want 2", rec.MeanInFlight)
			}
			parts = append(parts, rec)
			time.Sleep(time.Second)
		}
		all := Join(parts)
		if all.Early != 30 || all.Duration != 600*time.Millisecond || len(all.Parts) != 3 || all.Latency.TotalCount() != all.Writes {
			t.Errorf("joined: %+v", all)
		}
		if got := all.Throughput(); got < 199 || got > 201 {
			t.Errorf("joined: got %.1f/s, want 200", got)
		}
	})
}
