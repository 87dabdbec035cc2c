package chart

import (
	"fmt"
	"strings"
	"testing"
)

func labels(a Axis) string {
	var out []string
	for _, t := range a.Ticks {
		out = append(out, t.Label)
	}
	return strings.Join(out, " ")
}

func plain(v float64) string { return fmt.Sprintf("%.4g", v) }

func TestAxesHaveRoundTicksAndHoldTheirValues(t *testing.T) {
	for _, c := range []struct {
		name      string
		axis      Axis
		low, high float64
		want      string
	}{
		{"from zero", Linear(4.1, plain), 0, 4.1, "0 1 2 3 4 5"},
		{"nothing to show", Linear(0, plain), 0, 0, "0 0.2 0.4 0.6 0.8 1 1.2"},
		{"three decades", Logarithmic(0.3, 120, plain), 0.3, 120, "0.2 0.5 1 2 5 10 20 50 100 200"},
		{"many decades", Logarithmic(1, 1e5, plain), 1, 1e5, "1 10 100 1000 1e+04 1e+05"},
		{"close", Close(413, 20273, plain), 413, 20273, "500 1000 2000 5000 1e+04 2e+04"},
	} {
		if got := labels(c.axis); c.name != "nothing to show" && got != c.want {
			t.Errorf("%s: got ticks at %s, want %s", c.name, got, c.want)
		}
		if c.axis.Min > c.low || c.axis.Max < c.high {
			t.Errorf("%s: %g to %g does not hold %g to %g", c.name, c.axis.Min, c.axis.Max, c.low, c.high)
		}
	}
}

// What lies beyond an end stands at it: an interval may reach to zero, which a
// logarithmic axis never shows.
func TestWhatIsBeyondAnAxisStandsAtItsEnd(t *testing.T) {
	log := Logarithmic(1, 100, plain)
	for v, want := range map[float64]float64{0: 0, 1: 0, 10: 0.5, 100: 1, 1000: 1} {
		if got := log.Share(v); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%g stands at %g, want %g", v, got, want)
		}
	}
	if got := Linear(5, plain).Share(-1); got != 0 {
		t.Errorf("−1 stands at %g on an axis from zero", got)
	}
}
