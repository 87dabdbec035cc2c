package stats

import (
	"math"
	"testing"
)

// Wilson's interval as tables have it: 1 of 4, 0 of 10 and 5 of 10 (Newcombe,
// Statistics in Medicine 17, 1998, method 3, and by hand).
func TestTheShareOfTrials(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{{1, 4, 0.0456, 0.6994}, {0, 10, 0, 0.2775}, {5, 10, 0.2366, 0.7634}, {81, 263, 0.2553, 0.3662}, {10, 10, 0.7225, 1}} {
		i := Share(c.k, c.n)
		if math.Abs(i.Low-c.low) > 1e-4 || math.Abs(i.High-c.high) > 1e-4 || i.Center != float64(c.k)/float64(c.n) || i.N != c.n {
			t.Errorf("%d of %d: got %+v, want %v to %v", c.k, c.n, i, c.low, c.high)
		}
	}
	for _, none := range []Interval{Share(0, 0), Share(2, 1), Share(-1, 3)} {
		if none.Bounded() || !math.IsNaN(none.Center) {
			t.Errorf("got %+v of no trials", none)
		}
	}
}

// The interval of a quantile by order statistics misses it with the probability of
// a binomial outcome outside of its ranks.
func TestTheIntervalOfAQuantileCovers(t *testing.T) {
	const q = 0.9
	for n := 5; n <= 200; n++ {
		s := make(Sample, n)
		for i := range s {
			s[i] = float64(i + 1)
		}
		got := s.Quantile(q)
		if want := n >= LeastForQuantile(q); got.Bounded() != want {
			t.Fatalf("n=%d: got %+v, want an interval: %v", n, got, want)
		}
		if !got.Bounded() {
			continue
		}
		covered := 0.0
		for below := range n + 1 { // so many values lie below the quantile
			if below >= int(got.Low) && below < int(got.High) {
				covered += binomial(n, below, q)
			}
		}
		if covered < Confidence-1e-9 || got.Low > got.Center || got.High < got.Center {
			t.Errorf("n=%d: %+v covers with %v", n, got, covered)
		}
	}
	if LeastForQuantile(q) != 36 {
		t.Errorf("got %d, want 36: 0.9 to the 36th is below 0.025", LeastForQuantile(q))
	}
	if got := (Sample{1, math.Inf(1), math.Inf(1)}).Quantile(q); !math.IsInf(got.Center, 1) {
		t.Errorf("got %+v", got)
	}
}

func TestAQuantileAgainstALimit(t *testing.T) {
	s := make(Sample, 30)
	for i := range s {
		s[i] = float64(i + 1)
	}
	for _, c := range []struct{ limit, low, high float64 }{
		{100, 0.08, 0.09},   // none above: 2·0.9^30
		{15, 1e-9, 1e-6},    // half of them above what one in ten exceeds
		{27.5, 0.999, 1.01}, // as many above as expected
		{0, 0, 1e-25},
	} {
		if p := QuantileAgainst(s, 0.9, c.limit); p < c.low || p > c.high {
			t.Errorf("limit %v: got p %v, want %v to %v", c.limit, p, c.low, c.high)
		}
	}
	if p := QuantileAgainst(Sample{5, 5}, 0.9, 5); p != 1 {
		t.Errorf("got p %v of values at the limit", p)
	}
}
