package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// binomialTails counts out what SignTest says.
func binomialTails(n, least int) float64 {
	ways := []float64{1}
	for range n {
		next := make([]float64, len(ways)+1)
		for k, w := range ways {
			next[k] += w / 2
			next[k+1] += w / 2
		}
		ways = next
	}
	tail := 0.0
	for k := 0; k <= least; k++ {
		tail += ways[k]
	}
	return min(1, 2*tail)
}

func TestSignTestCountsSides(t *testing.T) {
	for n := 1; n <= 30; n++ {
		for below := range n + 1 {
			var values Sample
			for i := range n {
				values = append(values, map[bool]float64{true: 1, false: 3}[i < below])
			}
			if got, want := SignTest(append(values, 2), 2), binomialTails(n, min(below, n-below)); math.Abs(got-want) > 1e-12 {
				t.Fatalf("%d of %d below: got %v, want %v", below, n, got, want)
			}
		}
	}
	if got := SignTest(Sample{2, 2}, 2); got != 1 {
		t.Errorf("all are the limit: got %v", got)
	}
}

// What a median's test refuses lies outside of its interval. The interval's ends are
// those of the order statistics whose confidence is nearest, so that it may refuse a
// little more.
func TestMedianAndItsIntervalAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	for range 300 {
		values := make(Sample, 6+rng.IntN(20))
		for i := range values {
			values[i] = math.Exp(rng.NormFloat64())
		}
		i := values.Median()
		limit := math.Exp(rng.NormFloat64())
		if p, inside := MedianAgainst(values, limit, 1), i.Low <= limit && limit <= i.High; p <= Alpha && inside {
			t.Fatalf("%v against %v: p %v, interval %v to %v", values, limit, p, i.Low, i.High)
		}
	}
}

// Where the truth is the limit a test refuses it as seldom as it says, whichever
// of the two judges.
func TestLevelAtTheLimit(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 3))
	const series = 4000
	for _, c := range []struct{ n, questions int }{{2, 1}, {3, 4}, {6, 1}, {6, 20}, {12, 5}} {
		refused := 0
		for range series {
			values := make(Sample, c.n)
			for i := range values {
				values[i] = 5e6 * math.Exp(0.3*rng.NormFloat64())
			}
			if MedianAgainst(values, 5e6, c.questions) <= Alpha {
				refused++
			}
		}
		// At 5 %, more than 6.1 % come in one of 1,000 series.
		if float64(refused) > 0.061*series {
			t.Errorf("%+v: refused %d of %d", c, refused, series)
		}
	}
}

// Few trials decide what is far from the limit, however many questions there are.
func TestFewTrialsDecideWhatIsFar(t *testing.T) {
	for _, c := range []struct {
		values    Sample
		limit     float64
		questions int
		decided   bool
	}{
		{Sample{1.73e6, 1.75e6}, 1e3, 15, true},
		{Sample{1.73e6, 1.75e6}, 1.7e6, 1, false},
		{Sample{math.Inf(1), math.Inf(1)}, 1e9, 5, true},
		{Sample{1e6, math.Inf(1)}, 1e9, 5, false},
		{Sample{1e6}, 1, 1, false},
		{nil, 1, 1, false},
		{Sample{0, 0, 0}, 1, 1, true},
		{Sample{0, 0, 0}, 0, 1, false},
	} {
		p := MedianAgainst(c.values, c.limit, c.questions)
		if holm := p * float64(c.questions); math.IsNaN(p) || (holm <= Alpha) != c.decided {
			t.Errorf("%+v: got p %v", c, p)
		}
	}
}

// At the ends of an interval the probability is what its confidence leaves over.
func TestIntervalAndItsProbabilityAgree(t *testing.T) {
	i := Interval{Center: 10, Low: 9, High: 10 * 10. / 9, N: 8}
	for limit, want := range map[float64]float64{9: 0.05, 10 * 10. / 9: 0.05, 10: 1} {
		if got := IntervalAgainst(i, limit); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v: got %v, want %v", limit, got, want)
		}
	}
	if far, near := IntervalAgainst(i, 5), IntervalAgainst(i, 8.5); far >= near || near >= 0.05 {
		t.Errorf("got %v at half, %v near", far, near)
	}
	if got := IntervalAgainst(Interval{Center: 4096, Low: 4096, High: 4096, N: 6}, 4000); got != 2./64 {
		t.Errorf("all alike: got %v", got)
	}
	if got := IntervalAgainst(Unbounded(3, 9), 1); got != 1 {
		t.Errorf("no interval: got %v", got)
	}
}

// A ratio's test against a limit is that of the pairs whose second value is
// divided by it.
func TestPairsAgainstARatio(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 9))
	var pairs, divided []Pair
	for range 12 {
		p := Pair{math.Exp(rng.NormFloat64()), math.Exp(0.5 + rng.NormFloat64())}
		pairs, divided = append(pairs, p), append(divided, Pair{p.A, p.B / 1.2})
	}
	c, err := ComparePairs(divided, Confidence)
	if got := PairsAgainst(pairs, 1.2); err != nil || math.Abs(got-c.P) > 1e-12 {
		t.Errorf("got %v, want %v (%v)", got, c.P, err)
	}
}

// Two stored runs are tested by the spread between runs; the interval ends where
// the probability is what the confidence leaves over.
func TestRunsAgainstARatio(t *testing.T) {
	q := RunPair{A: RunValue{Center: 100, N: 12}, B: RunValue{Center: 110, N: 12}, Spread: Spread{SD: 0.02, Trials: 12, Runs: 6}}
	_, of, err := RunsAgainst(q, 1)
	if err != nil || !of.Bounded() || math.Abs(of.Center-1.1) > 1e-9 {
		t.Fatalf("got %+v, %v", of, err)
	}
	for ratio, want := range map[float64]float64{of.Low: 0.05, of.High: 0.05, 1.1: 1} {
		if p, _, _ := RunsAgainst(q, ratio); math.Abs(p-want) > 1e-6 {
			t.Errorf("against %v: got %v, want %v", ratio, p, want)
		}
	}
	if _, _, err := RunsAgainst(RunPair{}, 1); err == nil {
		t.Error("no spread: got no error")
	}
}
