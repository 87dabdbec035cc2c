package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// history is what a study of change points makes up: series of so many runs with
// so much noise from run to run.
type history struct {
	noise  func(rng *rand.Rand, runs int, sd float64) []float64 // of logarithms
	sd     float64
	series int
	runs   int
	// step is a ratio, of the first series alone, from the run at; 0 for none. It is
	// taken back at until, where that is not 0.
	step      float64
	at, until int
}

func (h history) make(rng *rand.Rand) []Sample {
	family := make([]Sample, h.series)
	for i := range family {
		family[i] = make(Sample, h.runs)
		for k, x := range h.noise(rng, h.runs, h.sd) {
			family[i][k] = 2e6 * math.Exp(x)
			if i == 0 && h.step > 0 && k >= h.at && (h.until == 0 || k < h.until) {
				family[i][k] *= h.step
			}
		}
	}
	return family
}

func normal(rng *rand.Rand, runs int, sd float64) []float64 {
	x := make([]float64, runs)
	for i := range x {
		x[i] = sd * rng.NormFloat64()
	}
	return x
}

// outliers: one run in ten is slower by 10 to 30 %, for reasons of its own.
func outliers(rng *rand.Rand, runs int, sd float64) []float64 {
	x := normal(rng, runs, sd)
	for i := range x {
		if rng.Float64() < 0.1 {
			x[i] += math.Log(1.1 + 0.2*rng.Float64())
		}
	}
	return x
}

// following: each run is so much like the one before (an autoregressive process
// of first order), as on a host that drifts.
func following(correlation float64) func(*rand.Rand, int, float64) []float64 {
	return func(rng *rand.Rand, runs int, sd float64) []float64 {
		x := normal(rng, runs, sd)
		for i := 1; i < runs; i++ {
			x[i] = correlation*x[i-1] + math.Sqrt(1-correlation*correlation)*x[i]
		}
		return x
	}
}

// walk: each run begins where the last one ended.
func walk(rng *rand.Rand, runs int, sd float64) []float64 {
	x := normal(rng, runs, sd)
	for i := 1; i < runs; i++ {
		x[i] += x[i-1]
	}
	return x
}

func anyChange(family []Changes) bool {
	return slices.ContainsFunc(family, func(c Changes) bool { return len(c.Points) > 0 })
}

// drifts tells whether a series with a change is said to drift.
func drifts(family []Changes) bool {
	return slices.ContainsFunc(family, func(c Changes) bool { return len(c.Points) > 0 && c.Drifts() })
}

// locates tells whether a change was found at most within runs off.
func locates(c Changes, at, within int) bool {
	return slices.ContainsFunc(c.Points, func(p ChangePoint) bool { return p.At >= at-within && p.At <= at+within })
}

func shareOf(h history, times int, yes func([]Changes) bool) float64 {
	return share(times, func(rng *rand.Rand) bool { return yes(FindChanges(h.make(rng), 1)) })
}

// A command that asks for two metrics of one setup sees a step of 5 % with ten
// runs on either side where runs scatter by 1.5 %, and cries wolf in at most one
// history in twenty, outliers or not: of so many histories, no more than a share of
// one in twenty exceeds by chance once in a thousand times (binomial). For steps,
// the bounds leave room for the few repetitions; the benchmark has more.
func TestStepsAreFoundAndNoiseIsNot(t *testing.T) {
	const times, nulls = 150, 1500
	h := history{noise: normal, sd: 0.015, series: 2, runs: 20}
	for name, noise := range map[string]func(*rand.Rand, int, float64) []float64{"normal": normal, "outliers": outliers} {
		h.noise = noise
		if got := shareOf(h, nulls, anyChange); got > Alpha+3.09*math.Sqrt(Alpha*(1-Alpha)/nulls) {
			t.Errorf("%s: %.0f %% of histories without a change have one, want at most 5 %%", name, 100*got)
		}
	}
	h.noise, h.step, h.at = normal, 1.05, 10
	if got := shareOf(h, times, func(c []Changes) bool { return locates(c[0], 10, 1) }); got < 0.9 {
		t.Errorf("a step of 5 %% was found in %.0f %%, want at least 90 %%", 100*got)
	}
	h.step = 1 / 1.05
	if got := shareOf(h, times, func(c []Changes) bool { return locates(c[0], 10, 1) }); got < 0.9 {
		t.Errorf("a step of −5 %% was found in %.0f %%, want at least 90 %%", 100*got)
	}
}

// A change that was taken back is found though all but ten runs are alike.
func TestAnEpisodeIsFoundAtBothEnds(t *testing.T) {
	h := history{noise: normal, sd: 0.015, series: 2, runs: 60, step: 1.05, at: 30, until: 42}
	if got := shareOf(h, 40, func(c []Changes) bool { return locates(c[0], 30, 2) && locates(c[0], 42, 2) }); got < 0.9 {
		t.Errorf("both ends were found in %.0f %%, want at least 90 %%", 100*got)
	}
}

// Runs that follow their neighbours break what the test rests on; that is told.
func TestDriftIsTold(t *testing.T) {
	h := history{noise: walk, sd: 0.02, series: 1, runs: 40}
	if got := shareOf(h, 30, drifts); got < 0.85 {
		t.Errorf("a walk is taken for steps and told to drift in %.0f %%, want nearly always", 100*got)
	}
	h.noise, h.step, h.at = normal, 1.1, 20
	if got := shareOf(h, 50, drifts); got > 0.1 {
		t.Errorf("a step is told to be a drift in %.0f %%, want at most 5 %%", 100*got)
	}
}

// studied are how many histories stand behind each figure of the benchmark.
const studied = 300

// both are the shares of histories that one question and another say yes to.
func both(h history, one, other func([]Changes) bool) string {
	var first, second int
	rng := rand.New(rand.NewPCG(11, 12))
	for range studied {
		found := FindChanges(h.make(rng), 1)
		if one(found) {
			first++
		}
		if other(found) {
			second++
		}
	}
	return fmt.Sprintf(" %.0f / %.0f |", 100*float64(first)/studied, 100*float64(second)/studied)
}

// BenchmarkChangePoint prints the tables of docs/trend.md.
func BenchmarkChangePoint(b *testing.B) {
	out := os.Stdout
	for b.Loop() {
		fmt.Fprintf(out, "\nfound, in %% of %d histories: at most one run off / at most two\n\n", studied)
		fmt.Fprintln(out, "| step | runs before + after | figures asked | SD 1 % | SD 1.5 % | SD 2 % | SD 3 % | SD 1.5 %, outliers |\n|---|---|---|---|---|---|---|---|")
		for _, c := range []history{
			{step: 1.05, at: 10, runs: 20, series: 2}, {step: 1.05, at: 10, runs: 20, series: 10}, {step: 1.05, at: 20, runs: 40, series: 10},
			{step: 1.05, at: 30, runs: 40, series: 10}, {step: 1.05, at: 36, runs: 40, series: 2}, {step: 1.1, at: 10, runs: 20, series: 10}, {step: 1.03, at: 20, runs: 40, series: 2},
		} {
			fmt.Fprintf(out, "| %+.0f %% | %d + %d | %d |", 100*(c.step-1), c.at, c.runs-c.at, c.series)
			for _, sd := range []float64{0.01, 0.015, 0.02, 0.03, 0} {
				c.noise, c.sd = normal, sd
				if sd == 0 {
					c.noise, c.sd = outliers, 0.015
				}
				fmt.Fprint(out, both(c, func(f []Changes) bool { return locates(f[0], c.at, 1) }, func(f []Changes) bool { return locates(f[0], c.at, 2) }))
			}
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "\nfalse, in %% of %d histories without a change: any told / any told and said to drift\n\n", studied)
		fmt.Fprintln(out, "| noise | 2 figures, 20 runs | 2 figures, 60 runs | 10 figures, 20 runs | 10 figures, 60 runs |\n|---|---|---|---|---|")
		for _, n := range []struct {
			name string
			make func(*rand.Rand, int, float64) []float64
		}{
			{"normal", normal}, {"one run in ten is 10 to 30 % slower", outliers}, {"each run follows the last by 0.3", following(0.3)},
			{"by 0.6", following(0.6)}, {"a random walk", walk},
		} {
			fmt.Fprintf(out, "| %s |", n.name)
			for _, c := range []history{{series: 2, runs: 20}, {series: 2, runs: 60}, {series: 10, runs: 20}, {series: 10, runs: 60}} {
				c.noise, c.sd = n.make, 0.015
				fmt.Fprint(out, both(c, anyChange, drifts))
			}
			fmt.Fprintln(out)
		}
	}
}
