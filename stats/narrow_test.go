package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The rule that `run` stops by, over the questions that it asks of five sizes:
// the ratios of four pairs of neighbours in latency, and in throughput with twice
// the noise and twice the half-width. All sizes share a host that drifts.
func TestStoppingWhenNarrowKeepsTheCoverage(t *testing.T) {
	const least, most, runs = 9, 24, 120
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name  string
		noise func() float64
	}{
		{"normal", func() float64 { return 0.02 * rng.NormFloat64() }},
		{"outliers", func() float64 { return 0.02 * rng.NormFloat64() * oneIn(rng, 12, 6) }},
		{"skew", func() float64 { return 0.02 * (rng.ExpFloat64() - 1) }},
		{"bursts", func() float64 { return 0.015*rng.NormFloat64() + (oneIn(rng, 10, 1.2)-1)*rng.ExpFloat64() }},
	} {
		for _, precision := range []float64{0.025, 0.035} {
			covered, asked := 0, 0
			for range runs {
				family := measureUntilNarrow(rng, c.noise, precision, least, most)
				for _, pairs := range family {
					p, err := ComparePairs(pairs, Confidence)
					if err != nil {
						t.Fatal(err)
					}
					if asked++; p.Ratio.Low <= 1 && p.Ratio.High >= 1 {
						covered++
					}
				}
			}
			if got := float64(covered) / float64(asked); got < 0.94 {
				t.Errorf("%s, precision %v: the intervals of 95 %% hold the truth in %.1f %%, want 94 %%", c.name, precision, 100*got)
			}
		}
	}
}

// oneIn times in so many the factor, else 1.
func oneIn(rng *rand.Rand, times int, factor float64) float64 {
	if rng.IntN(times) == 0 {
		return factor
	}
	return 1
}

func measureUntilNarrow(rng *rand.Rand, noise func() float64, precision float64, least, most int) [][]Pair {
	const sizes = 5
	family := make([][]Pair, 2*(sizes-1))
	drift := 0.0
	for block := 1; ; block++ {
		drift += 0.1 * rng.NormFloat64()
		for currency := range 2 {
			var values [sizes]float64
			for i := range values {
				values[i] = math.Exp(drift + float64(1+currency)*noise())
			}
			for i := range sizes - 1 {
				at := currency*(sizes-1) + i
				family[at] = append(family[at], Pair{values[i], values[i+1]})
			}
		}
		narrow := block >= least
		for i, pairs := range family {
			half := precision * float64(1+i/(sizes-1))
			narrow = narrow && PairsFor(pairs, half) <= block
		}
		if narrow || block >= most {
			return family
		}
	}
}

func TestPairsForExtrapolates(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	pairs := func(n int) (out []Pair) {
		for range n {
			out = append(out, Pair{1, math.Exp(0.03 * rng.NormFloat64())})
		}
		return out
	}
	// A deviation of 3 % wants some (2.1·0.03/0.01)² = 40 pairs.
	for _, n := range []int{3, 6, 12, 24} {
		sum := 0
		for range 200 {
			sum += PairsFor(pairs(n), 0.01)
		}
		if mean := sum / 200; mean < 30 || mean > 70 {
			t.Errorf("from %d pairs: some %d in all, want about 40", n, mean)
		}
	}
	if got := PairsFor(pairs(50), 0.05); got != 50 {
		t.Errorf("50 pairs are narrow enough: got %d", got)
	}
	for _, none := range [][]Pair{nil, {{1, 2}}} {
		if got := PairsFor(none, 0.01); got != 0 {
			t.Errorf("%d pairs say nothing: got %d", len(none), got)
		}
	}
}

// Few pairs are enough only where the interval that is printed is that narrow.
func TestFewPairsAreEnoughOnlyWhereTheirIntervalIs(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	enough := 0
	for range 2000 {
		var pairs []Pair
		for range 6 + rng.IntN(4) {
			pairs = append(pairs, Pair{1, math.Exp(0.01 * rng.NormFloat64())})
		}
		if PairsFor(pairs, 0.015) > len(pairs) {
			continue
		}
		enough++
		p, err := ComparePairs(pairs, Confidence)
		if err != nil || p.Ratio.HalfWidth() > 0.015 {
			t.Fatalf("%d pairs were enough for 1.5 %%, and have ±%.2g %% (%v)", len(pairs), 100*p.Ratio.HalfWidth(), err)
		}
	}
	if enough == 0 {
		t.Error("no draw was enough: nothing was tested")
	}
	if got := PairsFor([]Pair{{1, math.Inf(1)}, {1, 1.1}, {1, math.Inf(1)}}, 0.015); got != 0 && got < 1000 {
		t.Errorf("operations that failed: got %d pairs, want no number that is in reach", got)
	}
}
