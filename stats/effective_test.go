package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The size of a first-order autoregressive series is n·(1−ρ)/(1+ρ); its ranks are
// correlated a little less than its values.
func TestTheEffectiveSizeOfCorrelatedOperations(t *testing.T) {
	for _, c := range []struct {
		n           int
		correlation float64
	}{{1000, 0}, {400, 0}, {2000, 0.3}, {2000, 0.6}, {5000, 0.9}} {
		rng := rand.New(rand.NewPCG(5, 6))
		var got []float64
		for range 50 {
			v := make([]float64, c.n)
			x := rng.NormFloat64()
			for i := range v {
				x = c.correlation*x + math.Sqrt(1-c.correlation*c.correlation)*rng.NormFloat64()
				v[i] = math.Exp(0.3 * x)
			}
			got = append(got, Effective(v))
		}
		want := float64(c.n) * (1 - c.correlation) / (1 + c.correlation)
		if m := median(got); m < 0.9*want || m > min(1.2*want, float64(c.n)) {
			t.Errorf("%d operations with correlation %v: worth %.0f, want about %.0f", c.n, c.correlation, m, want)
		}
	}
}

// A hundred of a thousand, spread or one after another: the same percentiles, and
// not the same worth.
func TestAStallIsFewOperations(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	spread, together := latencies(rng, 1000, 0), make([]float64, 1000)
	copy(together, spread)
	for i := range 100 {
		spread[i*10+rng.IntN(10)] *= 10
		together[300+i] *= 10
	}
	if a, b := Effective(spread), Effective(together); a < 800 || b > 100 {
		t.Errorf("spread: worth %.0f, want about 1000; together: worth %.0f, want below 100", a, b)
	}
}

func TestTheEffectiveSizeOfWhatDoesNotVary(t *testing.T) {
	if got := Effective(slices.Repeat([]float64{2}, 50)); got != 50 {
		t.Errorf("got %v, want 50", got)
	}
	if got := Effective(nil); got != 0 {
		t.Errorf("of nothing: got %v", got)
	}
}
