package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The published table of Garwood's limits (1936), and the rule of three.
func TestEventsIntervalIsGarwoods(t *testing.T) {
	for _, c := range []struct {
		events    int
		low, high float64
	}{
		{0, 0, 2.996}, {1, 0.0253, 5.572}, {2, 0.242, 7.225}, {5, 1.624, 11.668}, {10, 4.795, 18.390}, {30, 20.241, 42.827}, {100, 81.364, 121.627},
	} {
		low, high := EventsInterval(c.events, 0.95)
		if math.Abs(low-c.low) > 0.001 || math.Abs(high-c.high) > 0.001 {
			t.Errorf("%d events: got %.4f to %.4f, want %.3f to %.3f", c.events, low, high, c.low, c.high)
		}
	}
	if low, high := EventsInterval(20_000, 0.95); low > 20_000 || high < 20_000 || high-low > 600 {
		t.Errorf("20,000 events: got %.0f to %.0f, want about ±277", low, high)
	}
}

// Each end alone keeps its error at any mean: the upper one 5 %, the lower one 2.5 %.
// Both together keep 5 %, but for means between the one-sided and the two-sided bound
// of none: 3.0 to 3.7, where 93.8 % are covered, as the doc says.
func TestEventsIntervalCovers(t *testing.T) {
	var intervals [120][2]float64
	for n := range intervals {
		intervals[n][0], intervals[n][1] = EventsInterval(n, 0.95)
	}
	least := 1.0
	for mean := 0.05; mean < 40; mean *= 1.002 {
		above, below := 0.0, 0.0
		for n, i := range intervals {
			lg, _ := math.Lgamma(float64(n) + 1)
			p := math.Exp(float64(n)*math.Log(mean) - mean - lg)
			if mean > i[1] {
				above += p
			}
			if mean < i[0] {
				below += p
			}
		}
		if above > 0.05 || below > 0.025 {
			t.Errorf("a mean of %.3f is above %.2f %% of the intervals and below %.2f %%, want at most 5 and 2.5", mean, 100*above, 100*below)
		}
		covered := 1 - above - below
		least = min(least, covered)
		if inGap := mean > -math.Log(0.05) && mean < -math.Log(0.025); !inGap && covered < 0.95 {
			t.Errorf("a mean of %.3f is within %.2f %% of the intervals, want 95", mean, 100*covered)
		}
	}
	if least < 0.937 || least > 0.939 {
		t.Errorf("at worst %.2f %% of the intervals hold the mean, want the 93.8 of the doc", 100*least)
	}
}

// A mean at an end of the interval has the probability that the interval leaves out.
func TestAMeanAtTheIntervalsEndHasItsError(t *testing.T) {
	for _, events := range []int{0, 1, 7, 100} {
		low, high := EventsInterval(events, 0.95)
		if p := EventsAtMost(events, high); math.Abs(p-0.05) > 1e-9 {
			t.Errorf("%d events, a mean of %.3f: got a probability of %v, want 0.05", events, high, p)
		}
		want := 0.05
		if events == 0 {
			want = 1
		}
		if p := EventsAtLeast(events, low); math.Abs(p-want) > 1e-9 {
			t.Errorf("%d events, a mean of %.3f: got a probability of %v, want %v", events, low, p, want)
		}
	}
	if p := EventsAtLeast(1, 0); p != 0 {
		t.Errorf("an event where none can be: got a probability of %v, want 0", p)
	}
}

// Equal rates are told apart in at most 5 of 100 cases, and unlike ones mostly.
func TestSameRateHoldsItsError(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	draw := func(mean float64) int {
		n := 0
		for sum := rng.ExpFloat64(); sum < mean; sum += rng.ExpFloat64() {
			n++
		}
		return n
	}
	apart, found := 0, 0
	const rounds = 2000
	for range rounds {
		if SameRate(draw(10), 1, draw(20), 2) < 0.05 {
			apart++
		}
		if SameRate(draw(10), 1, draw(60), 2) < 0.05 {
			found++
		}
	}
	if share := float64(apart) / rounds; share > 0.05 {
		t.Errorf("equal rates are told apart in a share of %.3f, want at most 0.05", share)
	}
	if share := float64(found) / rounds; share < 0.9 {
		t.Errorf("three times the rate is found in a share of %.3f, want 0.9 and more", share)
	}
	if p := SameRate(0, 1, 0, 5); p != 1 {
		t.Errorf("of no event at all: got p %v, want 1", p)
	}
}
