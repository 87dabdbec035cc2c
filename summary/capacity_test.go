package summary

import (
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/results"
)

// window makes one of a role and a rate.
func window(name string, role results.Role, rate float64, p50 time.Duration, writes int64) results.Window {
	w := light(p50, writes)
	w.Name, w.Role, w.OfferedOps = name, role, rate
	if rate == 0 {
		w.Mode = results.ModeClosed
	}
	return w
}

func TestCurveOfASweep(t *testing.T) {
	tr := trial(1, time.Millisecond, 2000)
	held, lost, share := window("c", results.RoleConfirm, 800, 5, 10), window("b", results.RoleConfirm, 840, 7, 10), window("d", results.RoleShare, 400, 3, 10)
	held.Held, lost.Held, share.LoadShare = ptr(true), ptr(false), 0.5
	tr.Windows = append(tr.Windows,
		window("fast", results.RoleStep, 500, 2*time.Millisecond, 1000), window("slow", results.RoleStep, 100, time.Millisecond, 1000),
		window("a", results.RoleGuess, 0, 1, 10), lost, held, share)
	c := cellOf(t, tr)
	var rates []float64
	for _, p := range c.Curve {
		rates = append(rates, p.OfferedOps)
	}
	if diff := cmp.Diff([]float64{100, 500, 800, 840}, rates); diff != "" {
		t.Fatal(diff)
	}
	if p := c.Curve[1]; *p.P50.Median != 2e6 || p.P99 == nil || *p.P99.Median != 4e6 {
		t.Errorf("at 500/s: got %+v", p)
	}
	if p := c.Curve[2]; p.P99 != nil {
		t.Errorf("p99 of ten writes: got %+v, want null", p.P99)
	}
	if h := []*bool{c.Curve[0].Held, c.Curve[2].Held, c.Curve[3].Held}; h[0] != nil || !*h[1] || *h[2] {
		t.Errorf("held: got %v at 100/s, %v at 800/s, %v at 840/s, want nothing, true and false", h[0], *h[1], *h[2])
	}
	if got := *c.Metrics["capacity_ops"].Median; got != 800 {
		t.Errorf("capacity: got %v, want the 800 that were confirmed", got)
	}
	if got := *c.Metrics["capacity_at_50_write_latency_p50_ns"].Median; got != 3 {
		t.Errorf("latency at half the capacity: got %v, want 3", got)
	}
	for name := range c.Metrics {
		if !slices.Contains(MetricNames(), name) {
			t.Errorf("%s is not among MetricNames", name)
		}
	}
}

// tried makes a trial of a capacity load: rates tried in a role, the negative
// ones not held.
func tried(number int, role results.Role, rates ...float64) results.Trial {
	t := trial(number, 1, 1)
	t.Windows = nil
	for i, rate := range rates {
		w := window(strconv.Itoa(i+1), role, math.Abs(rate), 5, 10)
		w.Held = ptr(rate > 0)
		t.Windows = append(t.Windows, w)
	}
	return t
}

func TestCapacityIsWhatFreshClustersConfirm(t *testing.T) {
	search := tried(1, results.RoleSearch, 500, 1000, -2000, 1500, -1700)
	var six []results.Trial
	for i, rate := range []float64{1400, 1350, 1450, 1400, 1300, 1500} {
		six = append(six, tried(i+2, results.RoleConfirm, -1600, rate))
	}
	for name, c := range map[string]struct {
		trials   []results.Trial
		want     float64
		n, fresh int
		bounded  bool
	}{
		"searched only":         {[]results.Trial{search}, 1500, 1, 0, false},
		"confirmed lower":       {[]results.Trial{search, six[0]}, 1400, 1, 1, false},
		"stepped up, then lost": {[]results.Trial{search, tried(2, results.RoleConfirm, 1500, 1600, -1700)}, 1600, 1, 1, false},
		"six of them":           {append([]results.Trial{search}, six...), 1400, 6, 6, true},
		"none valid":            {[]results.Trial{search, invalid(six[0])}, 1500, 1, 0, false},
	} {
		cell := cellOf(t, c.trials...)
		m := cell.Metrics["capacity_ops"]
		if *m.Median != c.want || m.N != c.n || m.Interval != c.bounded || cell.CapacityConfirmed != c.fresh {
			t.Errorf("%s: got %+v, %d confirmed", name, m, cell.CapacityConfirmed)
		}
	}
	if m, ok := cellOf(t, tried(1, results.RoleSearch, -500)).Metrics["capacity_ops"]; ok {
		t.Errorf("no rate held: got %+v, want none", m)
	}
}
