package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// latencies are like those of a light window: lognormal with a spread of 30 %,
// each a little like the one before it, and one in fifty five times as long.
func latencies(rng *rand.Rand, n int, correlation float64) []float64 {
	out := make([]float64, n)
	x := rng.NormFloat64()
	for i := range out {
		x = correlation*x + math.Sqrt(1-correlation*correlation)*rng.NormFloat64()
		out[i] = 2e6 * math.Exp(0.3*x)
		if rng.IntN(50) == 0 {
			out[i] *= 5
		}
	}
	return out
}

func steadiness(t *testing.T, v []float64) Steadiness {
	t.Helper()
	s, err := Steady(v)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestUndisturbedWindowsAreSteady(t *testing.T) {
	for _, n := range []int{50, 100, 200, 400} {
		for _, correlation := range []float64{0, 0.2, 0.3} {
			t.Run(fmt.Sprintf("%d operations, correlation %v", n, correlation), func(t *testing.T) {
				bare := 0
				got := share(2000, func(rng *rand.Rand) bool {
					s := steadiness(t, latencies(rng, n, correlation))
					if math.Abs(s.HalvesChange) > SteadyChange {
						bare++
					}
					return s.Why(SteadyAlpha) != Steadily
				})
				t.Logf("called unsteady: %.2f %%; by the share alone %.0f %%", 100*got, float64(bare)/20)
				if got > 0.015 {
					t.Errorf("got %.2f %%, want about 1 %% at most", 100*got)
				}
			})
		}
	}
}

func TestAWindowThatChangesIsUnsteady(t *testing.T) {
	for name, c := range map[string]struct {
		n      int
		change func(at float64) float64
		want   []Unsteady
	}{
		"twice as slow from the middle on, 50":     {50, func(at float64) float64 { return 1 + math.Round(at) }, []Unsteady{HalvesDiffer, Rising}},
		"a fifth slower from the middle on, 400":   {400, func(at float64) float64 { return 1 + 0.2*math.Round(at) }, []Unsteady{HalvesDiffer, Rising}},
		"a fifth faster from the middle on, 400":   {400, func(at float64) float64 { return 1 / (1 + 0.2*math.Round(at)) }, []Unsteady{HalvesDiffer, Falling}},
		"two fifths slower at the end, bit by bit": {400, func(at float64) float64 { return 1 + 0.4*at }, []Unsteady{HalvesDiffer, Rising}},
	} {
		t.Run(name, func(t *testing.T) {
			got := share(500, func(rng *rand.Rand) bool {
				v := latencies(rng, c.n, 0.2)
				for i := range v {
					v[i] *= c.change(float64(i) / float64(c.n))
				}
				return slices.Contains(c.want, steadiness(t, v).Why(SteadyAlpha))
			})
			t.Logf("found: %.0f %%", 100*got)
			if got < 0.9 {
				t.Errorf("%s: got %.0f %%, want at least 90 %%", name, 100*got)
			}
		})
	}
}

// What is certain and does not matter is not said.
func TestASmallChangeIsSteadyHoweverCertain(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	v := make([]float64, 400)
	for i := range v {
		v[i] = 1 + 0.04*float64(i)/400 + 1e-6*rng.Float64()
	}
	if s := steadiness(t, v); s.Why(SteadyAlpha) != Steadily || s.HalvesP > 1e-4 || s.TrendP > 1e-4 {
		t.Errorf("got %+v: want a certain change of less than 5 %%", s)
	}
	if s := steadiness(t, slices.Repeat([]float64{1}, 100)); s.Why(SteadyAlpha) != Steadily {
		t.Errorf("all equal: got %+v", s)
	}
	if _, err := Steady(v[:SteadyOps-1]); err == nil {
		t.Error("too few operations: got no error")
	}
}

func TestEqualValuesShareTheirRank(t *testing.T) {
	if got := Ranks([]float64{3, 1, 3, 2, math.Inf(1), 3}); !slices.Equal(got, []float64{4, 1, 4, 2, 6, 4}) {
		t.Errorf("got %v", got)
	}
}
