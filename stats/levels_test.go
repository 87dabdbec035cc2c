package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Known parts of the variance are found again.
func TestLevelsAreTakenApart(t *testing.T) {
	const setups, blocks = 5, 400
	for _, want := range []struct{ operations, fresh, block float64 }{{0.03, 0.01, 0.1}, {0.01, 0.04, 0}, {0.02, 0.02, 0.02}} {
		rng := rand.New(rand.NewPCG(4, 2))
		logs, own := make([][]float64, setups), make([][]float64, setups)
		for b := range blocks {
			host := want.block * rng.NormFloat64()
			for s := range logs {
				y := float64(s) + host + want.fresh*rng.NormFloat64() + want.operations*rng.NormFloat64()
				logs[s], own[s] = append(logs[s], y), append(own[s], want.operations*want.operations)
				_ = b
			}
		}
		l, err := SplitLevels(logs, own)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string][2]float64{
			"operations": {l.Operations, want.operations}, "fresh": {l.Fresh, want.fresh}, "block": {l.Block, want.block},
		} {
			if got := math.Sqrt(c[0]); math.Abs(got-c[1]) > 0.1*c[1]+0.004 {
				t.Errorf("%s: got a standard deviation of %.4f, want %.4f", name, got, c[1])
			}
		}
		n := l.BlocksFor(0.01, 1)
		if l.HalfWidth(n, 1) > 0.01+1e-9 || n > 2 && l.HalfWidth(n-1, 1) <= 0.01 {
			t.Errorf("%d blocks give ±%.4f, and one less ±%.4f; want ±0.01 just reached", n, l.HalfWidth(n, 1), l.HalfWidth(n-1, 1))
		}
	}
	if _, err := SplitLevels([][]float64{{1, 2}}, [][]float64{{0, 0}}); err == nil {
		t.Error("one setup: got no error")
	}
}

// What is told of the half-width is what the intervals of such blocks have, also
// where there are few.
func TestLevelsTellTheHalfWidthOfTheIntervalsThemselves(t *testing.T) {
	l := Levels{Fresh: 0.02 * 0.02}
	for _, blocks := range []int{7, 11, 14, 30, 150} {
		rng, sum := rand.New(rand.NewPCG(7, uint64(blocks))), 0.0
		const runs = 400
		for range runs {
			pairs := make([]Pair, blocks)
			for i := range pairs {
				pairs[i] = Pair{A: math.Exp(0.02 * rng.NormFloat64()), B: math.Exp(0.02 * rng.NormFloat64())}
			}
			c, err := ComparePairs(pairs, Confidence)
			if err != nil {
				t.Fatal(err)
			}
			sum += c.Ratio.HalfWidth() / runs
		}
		got := l.HalfWidth(blocks, 1)
		t.Logf("%d blocks: %.4f, %.4f", blocks, got, sum)
		if math.Abs(got/sum-1) > 0.06 {
			t.Errorf("%d blocks: told ±%.4f, and their intervals are ±%.4f", blocks, got, sum)
		}
	}
}
