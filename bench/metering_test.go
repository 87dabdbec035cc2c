package bench

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// asked is a system that counts how often its counters are read.
type asked struct {
	System
	reads atomic.Int64
}

func (a *asked) Read(ctx context.Context) (usage, error) {
	a.reads.Add(1)
	return a.System.Read(ctx)
}

func (a *asked) ReadCounters(ctx context.Context) (usage, error) {
	a.reads.Add(1)
	return a.System.ReadCounters(ctx)
}

// bootedLoad is a load on a booted cluster of a setup.
func bootedLoad(tb testing.TB, text string) *load {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	tb.Cleanup(cancel)
	runner := testRunner(tb, text, nil)
	t := runner.newTrial(Job{Setup: setups(tb, text)[0], Kind: results.Measure, Trial: 1, Seed: 1}, 1)
	if err := t.start(ctx); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := t.stop(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	l, _, err := t.prepare(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// However long a window is, nodes hear nothing of it but its operations: they
// are asked what they used before it and after it.
func TestNobodyIsMeteredWithinAWindow(t *testing.T) {
	l := bootedLoad(t, "nodes: 1\nnetwork: {profile: none}\nworkload: {warmup: 0s, load: {mode: calm}, calm: {rate: 20/s, duration: 2500ms}}")
	a := &asked{System: l.system}
	l.system = a
	if _, err := l.run(t.Context(), l.windows()[0]); err != nil {
		t.Fatal(err)
	}
	if got := a.reads.Load(); got != 2 {
		t.Errorf("the nodes were asked %d times for a window of 2.5 s, want twice: before it and after it", got)
	}
}

// Windows that are metered, as the tool meters them, and windows that are not,
// in turn on one cluster, the first of each pair by turns too: the ratio of
// their percentiles, with its 95 % interval. (-benchtime 20x makes 20 pairs.)
func BenchmarkMetering(b *testing.B) {
	l := bootedLoad(b, "nodes: 7\nnetwork: {profile: none}\nworkload: {load: {mode: calm}, calm: {rate: 100/s, duration: 2s}}")
	if err := l.warmUp(b.Context()); err != nil {
		b.Fatal(err)
	}
	percentiles := []float64{50, 90, 99}
	pairs := make([][]stats.Pair, len(percentiles))
	for i := 0; b.Loop(); i++ {
		var got [2][]float64
		for turn := range 2 {
			which := (i + turn) % 2
			got[which] = lightWindow(b, l, which == 1, percentiles)
		}
		for j := range percentiles {
			pairs[j] = append(pairs[j], stats.Pair{A: got[0][j], B: got[1][j]})
		}
	}
	for j, p := range percentiles {
		c, err := stats.ComparePairs(pairs[j], 0.95)
		if err != nil {
			b.Fatal(err)
		}
		b.Logf("p%v, metered over not: %.4f [%.4f, %.4f] of %d pairs", p, c.Ratio.Center, c.Ratio.Low, c.Ratio.High, c.Ratio.N)
	}
}

// lightWindow gives the percentiles of one light window, metered or not.
func lightWindow(b *testing.B, l *load, metered bool, percentiles []float64) (out []float64) {
	b.Helper()
	o := l.windows()[0]
	if metered {
		if _, err := read(b.Context(), l.system); err != nil {
			b.Fatal(err)
		}
	}
	rec, err := l.gen.Run(b.Context(), o.Window)
	if err == nil && metered {
		_, err = read(b.Context(), l.system)
	}
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range percentiles {
		out = append(out, float64(rec.Latency.ValueAtPercentile(p)))
	}
	return out
}
