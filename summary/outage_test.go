package summary

import (
	"errors"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// outage makes a trial in which the leader was killed: 525 of 1,200 operations
// failed, and the rest took 1.73 ms at the median.
func outage(number int) results.Trial {
	t := trial(number, 1730*time.Microsecond, 675)
	w := &t.Windows[0]
	w.Harmed, w.Attempted, w.FailedWrites, w.Unknown = true, 1200, 525, 525
	w.Latency = results.Latency{
		P50NS: 1_900_000, P90NS: results.Never, P99NS: results.Never, P999NS: results.Never, MaxNS: results.Never, Count: 675, Failed: 525, EffectiveN: 1200,
	}
	w.Service = w.Latency
	return t
}

// What failed is slower than anything that was answered, and it is counted.
func TestAnOutageIsNotHidden(t *testing.T) {
	c := cellOf(t, outage(1))
	for name, want := range map[string]float64{
		"write_latency_p50_ns": 1_900_000, "write_latency_p90_ns": math.Inf(1), "write_latency_p99_ns": math.Inf(1),
		"write_latency_max_ns": math.Inf(1), "availability": 0.5625, "error_ratio": 0.4375,
	} {
		m, there := c.Metrics[name]
		if got := value(m.Median); !there || got != want {
			t.Errorf("%s: got %v (%v), want %v", name, got, there, want)
		}
	}
	if want := (Operations{Attempted: 1200, Completed: 675, Failed: 525, Harmed: true}); c.Operations != want {
		t.Errorf("got %+v, want %+v", c.Operations, want)
	}
}

// Half of six trials with a p99 that never came: so is their median, and the
// interval has no upper end.
func TestAnIntervalMayReachBeyondEveryNumber(t *testing.T) {
	trials := []results.Trial{outage(1), outage(2), outage(3)}
	for n := 4; n <= 6; n++ {
		trials = append(trials, trial(n, time.Millisecond, 1200))
	}
	m := cellOf(t, trials...).Metrics["write_latency_p99_ns"]
	if !m.Interval || m.Median != nil || m.CIHigh != nil || m.CILow == nil || *m.CILow != 2e6 {
		t.Errorf("got %+v, want an interval from 2 ms to never", m)
	}
	if e := m.Estimate(); e.Low != 2e6 || !math.IsInf(e.High, 1) || !e.Bounded() {
		t.Errorf("got the estimate %+v", e)
	}
}

// Pooled over trials the failures count too: of 1,200 writes 18 failed, so that
// the 99th in a hundred is one of them, and the 98th is not.
func TestPooledTailsCountFailures(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := results.Create(dir, results.Environment{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		h := histogram(t, map[time.Duration]int64{time.Millisecond: 591})
		tr := trial(n, time.Millisecond, 591)
		tr.Windows[0].Latency.Failed, tr.Windows[0].FailedWrites, tr.Windows[0].Attempted = 9, 9, 600
		tr.Windows[0].Latency.MaxNS = results.Never
		err = errors.Join(err, w.WriteHistograms("n3-x", n, []results.NamedHistogram{{Name: "calm.latency", Histogram: h}}), w.Append(tr))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Analyse(run)
	if err != nil {
		t.Fatal(err)
	}
	p99 := a.Summary.Cells[0].Metrics["write_latency_p99_ns"]
	if !p99.Pooled || p99.Median != nil || p99.N != 2 || p99.Samples != 1200 {
		t.Errorf("p99: got %+v, want never, pooled of 1,200 operations", p99)
	}
	pool := a.Writes("n3-x", results.RoleLight)
	if pool.Total() != 1200 || pool.Failed != 18 || pool.At(99) != results.Never {
		t.Errorf("got %d operations, %d failed, p99 %v", pool.Total(), pool.Failed, pool.At(99))
	}
	if p98 := pool.At(98); p98 == results.Never || p98 < 990_000 || p98 > 1_010_000 {
		t.Errorf("p98: got %v, want 1 ms", p98)
	}
	if a.Writes("n3-x", results.RoleFull) != nil || a.Writes("n9-x", results.RoleLight) != nil {
		t.Error("got a pool of what was not measured, want none")
	}
}
