package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Critical values of A² (Stephens, Journal of the American Statistical
// Association 69, 1974, table 1, case 0).
func TestAndersonDarlingsCriticalValues(t *testing.T) {
	for z, want := range map[float64]float64{1.933: 0.10, 2.492: 0.05, 3.070: 0.025, 3.857: 0.01} {
		if got := 1 - andersonDarling(z); math.Abs(got-want) > 0.001 {
			t.Errorf("P(A² > %v): got %.4f, want %v", z, got, want)
		}
	}
	if andersonDarling(-1) != 0 || andersonDarling(1000) != 1 {
		t.Error("the ends are not 0 and 1")
	}
}

// gapsOf draws what is sent in a window, made late by the generator.
func gapsOf(rng *rand.Rand, n int, rate float64, late func(at float64) float64) []float64 {
	at, sent := 0.0, make([]float64, n)
	for i := range sent {
		at += rng.ExpFloat64() / rate
		sent[i] = at + late(at)
	}
	slices.Sort(sent)
	gaps := make([]float64, n-1)
	for i := range gaps {
		gaps[i] = sent[i+1] - sent[i]
	}
	return gaps
}

func TestWhatPassesForPoisson(t *testing.T) {
	punctual := func(float64) float64 { return 0 }
	for name, c := range map[string]struct {
		n           int
		rate        float64 // per second
		late        func(rng *rand.Rand) func(at float64) float64
		least, most float64 // share of windows that are said to be off
	}{
		"50 operations":   {50, 17, nil, 0, 0.005},
		"400 operations":  {400, 100, nil, 0, 0.005},
		"2000 operations": {2000, 2000, nil, 0, 0.005},
		"late by 30 µs or so": {2000, 1000, func(rng *rand.Rand) func(float64) float64 {
			return func(float64) float64 { return 30e-6 * rng.ExpFloat64() }
		}, 0, 0.01},
		"in batches of 20 ms": {200, 100, func(*rand.Rand) func(float64) float64 {
			return func(at float64) float64 { return math.Ceil(at/0.02)*0.02 - at }
		}, 0.99, 1},
		"half of them together": {200, 100, func(*rand.Rand) func(float64) float64 {
			return func(at float64) float64 { return math.Ceil(at/0.01)*0.01 - at }
		}, 0.99, 1},
	} {
		t.Run(name, func(t *testing.T) {
			got := share(1000, func(rng *rand.Rand) bool {
				late := punctual
				if c.late != nil {
					late = c.late(rng)
				}
				a, err := PoissonGaps(gapsOf(rng, c.n, c.rate, late), c.rate)
				return err != nil || !a.Poisson()
			})
			if got < c.least || got > c.most {
				t.Errorf("%s: %.1f %% are said not to be Poisson, want %v to %v", name, 100*got, c.least, c.most)
			}
		})
	}
	if a, _ := PoissonGaps(slices.Repeat([]float64{0.01}, 100), 100); a.Poisson() || a.P > 1e-6 {
		t.Errorf("a metronome: got %+v", a)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	if a, _ := PoissonGaps(gapsOf(rng, 400, 100, punctual), 130); a.Poisson() {
		t.Errorf("the wrong rate: got %+v", a)
	}
	if _, err := PoissonGaps(make([]float64, ArrivalsLeast-1), 1); err == nil {
		t.Error("too few gaps: got no error")
	}
}
