package report

import "testing"

// TestAnAxisHoldsWholeIntervals: a whisker that were cut off at the axis would look as
// if the interval ended there.
func TestAnAxisHoldsWholeIntervals(t *testing.T) {
	var e estimates
	for _, f := range []figure{{median: 2.1e6, low: 1.8e6, high: 2.9e6, interval: true}, {median: 15e6, low: 11e6, high: 37e6, interval: true}} {
		e.point(0, f)
	}
	if a := latencyAxis("write latency", "p50", e.span); !a.Log || a.Min > 1.8e6 || a.Max < 37e6 {
		t.Errorf("the axis goes from %g to %g, want 1.8e6 to 37e6 on it, logarithmic", a.Min, a.Max)
	}
}
