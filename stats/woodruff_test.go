package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// pooledInterval draws trials of lognormal latencies whose p99 is 1, each trial
// off by its own factor, and bounds the p99 of all of them.
func pooledInterval(rng *rand.Rand, trials, operations int, between float64) (low, high float64, ok bool) {
	const spread = 0.3
	z99 := math.Sqrt2 * math.Erfinv(0.98)
	var all []float64
	var each [][]float64
	for range trials {
		speed := between * rng.NormFloat64()
		var own []float64
		for range operations {
			own = append(own, math.Exp(speed+spread*rng.NormFloat64()-spread*z99))
		}
		each, all = append(each, own), append(all, own...)
	}
	slices.Sort(all)
	at := all[Rank(99, int64(len(all)))-1]
	var clusters []Cluster
	for _, own := range each {
		c := Cluster{Count: int64(len(own))}
		for _, v := range own {
			if v > at {
				c.Above++
			}
		}
		clusters = append(clusters, c)
	}
	r, ok := PercentileRanks(99, clusters, Confidence)
	if !ok {
		return 0, 0, false
	}
	return all[r.Low-1], all[r.High-1], true
}

// The interval of a pooled p99 holds the true one with the confidence it claims,
// also where trials differ from each other and where they are few.
func TestAPooledPercentileIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		trials, operations int
		between            float64
	}{
		"6 of 300":            {6, 300, 0},
		"6 of 300, 5 % apart": {6, 300, 0.05},
		"12 of 300, 5 %":      {12, 300, 0.05},
		"12 of 300, 10 %":     {12, 300, 0.1},
		"4 of 1500, 5 %":      {4, 1500, 0.05},
		"30 of 100, 10 %":     {30, 100, 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			// The p99 of what all trials would come to has the trials' own spread in it.
			truth := math.Exp(math.Sqrt2 * math.Erfinv(0.98) * (math.Hypot(0.3, c.between) - 0.3))
			known := 0.0
			held := share(simulatedRuns/2, func(rng *rand.Rand) bool {
				low, high, ok := pooledInterval(rng, c.trials, c.operations, c.between)
				if ok {
					known++
				}
				return !ok || low <= truth && truth <= high
			})
			t.Logf("held: %.1f %%, bounded in %.0f %%", 100*held, 100*known/(simulatedRuns/2))
			if held < 0.93 || known < 0.7*simulatedRuns/2 {
				t.Errorf("held in %.1f %%, want 95 %%; bounded in %.0f of %d", 100*held, known, simulatedRuns/2)
			}
		})
	}
}

// 95 % of p99 want at least 368 independent operations: none above the
// percentile is then less probable than 2.5 %.
func TestFewOperationsCarryNoBound(t *testing.T) {
	if _, _, ok := exceeding(0.01, 367, 0.025); ok {
		t.Error("367 operations bound a p99")
	}
	if most, least, ok := exceeding(0.01, 368, 0.025); !ok || least != 0 || most < 7 || most > 8 {
		t.Errorf("368 operations: got %v to %v above, %v", least, most, ok)
	}
	for name, clusters := range map[string][]Cluster{"none": nil, "one trial": {{5000, 50}}, "empty": {{}, {}}, "two short ones": {{300, 3}, {300, 3}}} {
		if r, ok := PercentileRanks(99, clusters, Confidence); ok {
			t.Errorf("%s: got %+v, want no bound", name, r)
		}
	}
}

// Operations that are alike within a trial tell no more than the trials do.
func TestTheEffectiveSizeFallsWithTheTrialsSpread(t *testing.T) {
	even, _ := PercentileRanks(99, []Cluster{{1000, 10}, {1000, 10}, {1000, 10}, {1000, 10}, {1000, 10}, {1000, 10}}, Confidence)
	uneven, _ := PercentileRanks(99, []Cluster{{1000, 60}, {1000, 0}, {1000, 0}, {1000, 0}, {1000, 0}, {1000, 0}}, Confidence)
	if even.Effective < 3000 || even.Effective > 6000 || uneven.Effective > even.Effective/20 {
		t.Errorf("got %d and %d", even.Effective, uneven.Effective)
	}
}
