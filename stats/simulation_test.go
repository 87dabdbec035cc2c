package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// What a test promises is shown by simulation with a fixed seed: runs of
// systems with 5 % of lognormal noise from trial to trial.
const (
	simulatedRuns = 1000
	noise         = 0.05
)

func trials(rng *rand.Rand, n int, speed float64) Sample {
	s := make(Sample, n)
	for i := range s {
		s[i] = speed * math.Exp(noise*rng.NormFloat64())
	}
	return s
}

// share of so many simulated runs that f says yes to.
func share(runs int, f func(rng *rand.Rand) bool) float64 {
	rng := rand.New(rand.NewPCG(11, 12))
	yes := 0
	for range runs {
		if f(rng) {
			yes++
		}
	}
	return float64(yes) / float64(runs)
}

// paired runs ABBA pairs on a host that drifts by a tenth over the run.
func paired(t *testing.T, rng *rand.Rand, pairs int, slowdown float64) Paired {
	t.Helper()
	a, b := trials(rng, pairs, 1), trials(rng, pairs, slowdown)
	out := make([]Pair, pairs)
	for i := range out {
		first, second := 1+0.1*float64(2*i)/float64(2*pairs), 1+0.1*float64(2*i+1)/float64(2*pairs)
		if i%2 == 1 {
			first, second = second, first
		}
		out[i] = Pair{a[i] * first, b[i] * second}
	}
	got, err := ComparePairs(out, Confidence)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func apart(a, b Sample) bool { return rankSum(a, b) <= Alpha }

// anyFound asks a family of questions about identical systems.
func anyFound(t *testing.T, rng *rand.Rand, pairs, questions int) bool {
	t.Helper()
	family := make([][]Pair, questions)
	for q := range family {
		a, b := trials(rng, pairs, 1), trials(rng, pairs, 1)
		for i := range a {
			family[q] = append(family[q], Pair{a[i], b[i]})
		}
	}
	decided, err := DecidePairs(family, Precision)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(decided, func(d Difference) bool { return d.Decided == Found })
}

func TestIdenticalSystemsAreRarelyCalledDifferent(t *testing.T) {
	for name, f := range map[string]func(rng *rand.Rand) bool{
		"6 and 6 trials": func(rng *rand.Rand) bool { return apart(trials(rng, 6, 1), trials(rng, 6, 1)) },
		"8 and 8 trials": func(rng *rand.Rand) bool { return apart(trials(rng, 8, 1), trials(rng, 8, 1)) },
		"8 pairs, p":     func(rng *rand.Rand) bool { return paired(t, rng, 8, 1).P <= Alpha },
		"8 pairs, interval": func(rng *rand.Rand) bool {
			p := paired(t, rng, 8, 1)
			return p.Ratio.Low > 1 || p.Ratio.High < 1
		},
		"one of a family of 8 in 9 pairs": func(rng *rand.Rand) bool { return anyFound(t, rng, 9, 8) },
		"trend in 10 batches": func(rng *rand.Rand) bool {
			v := trials(rng, 10, 1)
			return trendP(v, kendallS(v)) <= Alpha
		},
		"median of 6 missed": func(rng *rand.Rand) bool {
			m := trials(rng, 6, 1).Median()
			return m.Low > 1 || m.High < 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := share(simulatedRuns, f)
			t.Logf("called different: %.1f %%", 100*got)
			if got > 0.07 {
				t.Errorf("got %.1f %%, want at most 7 %%", 100*got)
			}
		})
	}
}

func TestASlowdownIsFound(t *testing.T) {
	for name, f := range map[string]func(rng *rand.Rand) bool{
		"8 pairs, p":            func(rng *rand.Rand) bool { return paired(t, rng, 8, 1.2).P <= Alpha },
		"8 pairs, 6 questions":  func(rng *rand.Rand) bool { return 6*paired(t, rng, 8, 1.2).P <= Alpha },
		"8 pairs, allowing 5 %": func(rng *rand.Rand) bool { return paired(t, rng, 8, 1.2).Ratio.Low > 1.05 },
		"8 and 8 trials":        func(rng *rand.Rand) bool { return apart(trials(rng, 8, 1), trials(rng, 8, 1.2)) },
	} {
		t.Run(name, func(t *testing.T) {
			got := share(simulatedRuns, f)
			t.Logf("found: %.1f %%", 100*got)
			if got < 0.9 {
				t.Errorf("got %.1f %%, want at least 90 %%", 100*got)
			}
		})
	}
}

// Why the trial is the unit: pooled operations call identical systems
// different far more often than the level says.
func TestPooledOperationsCryWolf(t *testing.T) {
	pooled := func(rng *rand.Rand) Sample {
		var s Sample
		for range 6 {
			speed := math.Exp(noise * rng.NormFloat64())
			for range 8 {
				s = append(s, speed*math.Exp(0.02*rng.NormFloat64()))
			}
		}
		return s
	}
	got := share(simulatedRuns/10, func(rng *rand.Rand) bool { return apart(pooled(rng), pooled(rng)) })
	t.Logf("called different: %.1f %%", 100*got)
	if got < 0.25 {
		t.Errorf("got %.1f %%, want far over 5 %%: the reason for the rule is gone", 100*got)
	}
}
