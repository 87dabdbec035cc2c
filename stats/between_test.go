package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Quantiles as every table of Student's t has them.
func TestStudentsTable(t *testing.T) {
	for freedom, want := range map[int]float64{1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262, 10: 2.228, 30: 2.042} {
		if got := studentQuantile(0.95, freedom); math.Abs(got-want) > 0.001 {
			t.Errorf("%d degrees of freedom: got %.4f, want %.3f", freedom, got, want)
		}
	}
	if got := studentQuantile(0.99, 5); math.Abs(got-4.032) > 0.001 {
		t.Errorf("99 %%: got %.4f, want 4.032", got)
	}
}

// driftingRun is a run of n trials on a host that is a while at another speed.
func driftingRun(rng *rand.Rand, n int, drift, slowdown float64) RunValue {
	s := trials(rng, n, slowdown*math.Exp(drift*rng.NormFloat64()))
	return RunValue{Center: s.Median().Center, Trials: s, N: n}
}

func repeats(t *testing.T, rng *rand.Rand, runs, n int, drift float64) Spread {
	t.Helper()
	var values []RunValue
	for range runs {
		values = append(values, driftingRun(rng, n, drift, 1))
	}
	s, ok := SpreadOf(values)
	if !ok {
		t.Fatal("no spread")
	}
	return s
}

// Two stored runs of one build are called different in at most 5 % of cases,
// however much the host drifts between runs: the tests of trials alone take that
// drift for change.
func TestDriftBetweenRunsIsNoChange(t *testing.T) {
	for name, c := range map[string]struct{ drift float64 }{"steady": {0}, "10 %": {0.1}, "20 %": {0.2}} {
		t.Run(name, func(t *testing.T) {
			one := func(rng *rand.Rand, n, questions int) bool {
				family := make([]RunPair, questions)
				for i := range family {
					family[i] = RunPair{driftingRun(rng, n, c.drift, 1), driftingRun(rng, n, c.drift, 1), repeats(t, rng, 6, 6, c.drift)}
				}
				got, err := DecideRuns(family, Precision)
				if err != nil {
					t.Fatal(err)
				}
				return slices.ContainsFunc(got, func(d Difference) bool { return d.Decided == Found })
			}
			for what, f := range map[string]func(rng *rand.Rand) bool{
				"one question":      func(rng *rand.Rand) bool { return one(rng, 6, 1) },
				"a family of eight": func(rng *rand.Rand) bool { return one(rng, 6, 8) },
				"two trials a run":  func(rng *rand.Rand) bool { return one(rng, 2, 1) },
			} {
				got := share(simulatedRuns, f)
				t.Logf("%s: called different: %.1f %%", what, 100*got)
				// 5 %, and what 1000 draws of it scatter by.
				if got > 0.065 {
					t.Errorf("%s: got %.1f %%, want at most 5 %%", what, 100*got)
				}
			}
			rank := share(simulatedRuns, func(rng *rand.Rand) bool {
				return apart(driftingRun(rng, 6, c.drift, 1).Trials, driftingRun(rng, 6, c.drift, 1).Trials)
			})
			t.Logf("by the trials alone: %.1f %%", 100*rank)
			if c.drift > 0 && rank < 0.4 {
				t.Errorf("by the trials alone %.1f %% are called different: the reason for the spread is gone", 100*rank)
			}
		})
	}
}

// What is larger than the drift is found all the same.
func TestALargeChangeIsFoundOverDrift(t *testing.T) {
	for name, c := range map[string]struct{ drift, slowdown, least float64 }{
		"half more, 5 % of drift": {0.05, 1.5, 0.9}, "twice, 10 % of drift": {0.1, 2, 0.9},
	} {
		got := share(simulatedRuns, func(rng *rand.Rand) bool {
			q := RunPair{driftingRun(rng, 6, c.drift, 1), driftingRun(rng, 6, c.drift, c.slowdown), repeats(t, rng, 6, 6, c.drift)}
			d, err := DecideRuns([]RunPair{q}, Precision)
			return err == nil && d[0].Decided == Found && d[0].Ratio.Low > 1
		})
		if got < c.least {
			t.Errorf("%s: found in %.1f %%, want at least %.0f %%", name, 100*got, 100*c.least)
		}
	}
}

// The interval holds the true change with the confidence that it claims.
func TestTheIntervalOfTwoRunsHoldsTheTruth(t *testing.T) {
	for _, drift := range []float64{0, 0.05, 0.2} {
		got := share(simulatedRuns, func(rng *rand.Rand) bool {
			q := RunPair{driftingRun(rng, 6, drift, 1), driftingRun(rng, 4, drift, 1.1), repeats(t, rng, 6, 6, drift)}
			d, err := DecideRuns([]RunPair{q}, Precision)
			return err == nil && d[0].Ratio.Low <= 1.1 && 1.1 <= d[0].Ratio.High
		})
		if got < 0.935 {
			t.Errorf("drift of %v: held in %.1f %%, want 95 %%", drift, 100*got)
		}
	}
}

func TestWhatHasNoSpread(t *testing.T) {
	whole := RunValue{Center: 5, N: 6}
	for name, runs := range map[string][]RunValue{
		"two runs": {whole, whole}, "a zero": {whole, whole, {Center: 0, N: 6}}, "never": {whole, whole, {Center: math.Inf(1), N: 6}},
	} {
		if s, ok := SpreadOf(runs); ok {
			t.Errorf("%s: got %+v, want none", name, s)
		}
	}
	if _, err := DecideRuns([]RunPair{{A: whole, B: whole}}, Precision); err == nil {
		t.Error("a comparison without a spread was answered")
	}
}

// What is one value in all repeats, such as syncs per write, differs when it
// is another; what rounding alone does is no difference.
func TestWhatNeverMovesDiffersWhenItDoes(t *testing.T) {
	at := func(v float64) RunValue { return RunValue{Center: v, Trials: Sample{v, v, v}, N: 3} }
	s, ok := SpreadOf([]RunValue{at(6), at(6), at(6), at(6)})
	if !ok {
		t.Fatal("no spread")
	}
	d, err := DecideRuns([]RunPair{{at(6), at(8), s}, {at(6), at(6.001), s}, {at(6), at(6), s}}, Precision)
	if err != nil || d[0].Decided != Found || d[1].Decided != Bounded || d[2].Decided != Bounded || d[2].P != 1 {
		t.Errorf("got %+v, %v", d, err)
	}
}

// Repeats that agree by luck, or a file that says so, do not make a run's own error
// go away.
func TestASpreadIsNoNarrowerThanARunsOwnError(t *testing.T) {
	s := Spread{SD: 0, Within: 0.1, Trials: 6, Runs: 6}
	own := math.Sqrt(math.Pi / 2 * 0.1 * 0.1 / 6)
	if got, want := s.Reach(), math.Exp(studentQuantile(Confidence, 5)*math.Sqrt2*own); math.Abs(got-want) > 1e-9 {
		t.Errorf("got a reach of %v, want %v", got, want)
	}
	q := RunPair{A: RunValue{Center: 100, N: 6}, B: RunValue{Center: 110, N: 6}, Spread: s}
	got, err := DecideRuns([]RunPair{q}, Precision)
	if err != nil || got[0].Decided == Found {
		t.Errorf("got %+v, %v: 10 %% is less than two such runs differ by", got, err)
	}
}
