package quorum

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// enumerated is the oracle of Smallest: the probability that at least k of the times
// are at most t, summed over every choice of which those are.
func enumerated(k int, laws []Law, t time.Duration) (sum float64) {
	for choice := range 1 << len(laws) {
		p, n := 1.0, 0
		for i, l := range laws {
			if choice&(1<<i) != 0 {
				p, n = p*l.AtMost(t), n+1
			} else {
				p *= 1 - l.AtMost(t)
			}
		}
		if n >= k {
			sum += p
		}
	}
	return sum
}

func anyLaw(t *rapid.T) Law {
	least := time.Duration(rapid.IntRange(0, 100).Draw(t, "least")) * ms
	spread := time.Duration(rapid.IntRange(1, 30).Draw(t, "spread")) * ms
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		return Always(least)
	case 1:
		return Exponential(least, spread)
	}
	return Likely(least, least+spread, func(d time.Duration) float64 { return float64(d-least) / float64(spread) })
}

func TestTheKthSmallestAgainstEveryChoice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		laws := rapid.SliceOfN(rapid.Custom(anyLaw), 1, 7).Draw(t, "laws")
		k := rapid.IntRange(1, len(laws)).Draw(t, "k")
		got := Smallest(k, laws)
		for _, p := range []float64{0.01, 0.5, 0.9, 0.99} {
			// Where the law jumps, it does within one step: ask on both sides of it.
			at := got.quantile(p)
			low := enumerated(k, laws, time.Duration(at-got.step)-1)
			high := enumerated(k, laws, time.Duration(at+got.step)+1)
			if low > p+1e-6 || high < p-1e-6 {
				t.Fatalf("%d-th of %d: quantile %.2f at %s, where the probability is %.4f to %.4f", k, len(laws), p, time.Duration(at), low, high)
			}
		}
	})
}

// Order statistics of one uniform law are Beta(k, m−k+1): their mean is k/(m+1).
func TestTheKthSmallestOfUniforms(t *testing.T) {
	uniform := Likely(0, time.Second, func(d time.Duration) float64 { return d.Seconds() })
	for _, m := range []int{1, 2, 5, 100} {
		for _, k := range []int{1, (m + 1) / 2, m} {
			got, want := Smallest(k, slices.Repeat([]Law{uniform}, m)).Mean().Seconds(), float64(k)/float64(m+1)
			if math.Abs(got-want) > 1e-4 {
				t.Errorf("the %d-th of %d: mean %.5f, want %.5f", k, m, got, want)
			}
		}
	}
}

// The sum of two uniforms is triangular, and that of two exponentials Erlang.
func TestSumsHaveTheirClosedForm(t *testing.T) {
	uniform := Likely(0, time.Second, func(d time.Duration) float64 { return d.Seconds() })
	exponential := Exponential(0, time.Second)
	for name, c := range map[string]struct {
		sum    Law
		atMost func(x float64) float64
	}{
		"triangular": {uniform.Plus(uniform), func(x float64) float64 {
			if x <= 1 {
				return x * x / 2
			}
			return 1 - (2-x)*(2-x)/2
		}},
		"Erlang":  {exponential.Plus(exponential), func(x float64) float64 { return 1 - math.Exp(-x)*(1+x) }},
		"shifted": {Always(time.Second).Plus(uniform), func(x float64) float64 { return min(max(0, x-1), 1) }},
	} {
		for _, x := range []float64{0.25, 0.5, 1, 1.3, 1.9} {
			if got, want := c.sum.AtMost(time.Duration(x*1e9)), c.atMost(x); math.Abs(got-want) > 1e-3 {
				t.Errorf("%s: at %v %.5f, want %.5f", name, x, got, want)
			}
		}
	}
}

// Mean and variance of a sum are the sums of them, whatever the laws.
func TestSumsKeepMeansAndDraws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyLaw(t), anyLaw(t)
		sum := a.Plus(b)
		if off := math.Abs(float64(sum.Mean() - a.Mean() - b.Mean())); off > sum.step/50+2 {
			t.Fatalf("mean %s, want %s + %s", sum.Mean(), a.Mean(), b.Mean())
		}
	})
}

func TestTheLaterOfTwo(t *testing.T) {
	a, b := Exponential(0, time.Second), Exponential(time.Second/2, time.Second)
	later := LaterOf(a, b)
	for _, d := range []time.Duration{time.Second / 4, time.Second, 3 * time.Second} {
		if got, want := later.AtMost(d), a.AtMost(d)*b.AtMost(d); math.Abs(got-want) > 1e-3 {
			t.Errorf("at %s: %.4f, want %.4f", d, got, want)
		}
	}
	if got := LaterOf(Always(3), Always(5)); got.Mean() != 5 {
		t.Errorf("the later of two constants is %s", got.Mean())
	}
}

// A mixture against draws of it: of constants to the nanosecond, of others within
// five standard errors.
func TestAMixtureAgainstDraws(t *testing.T) {
	weights := []float64{2, 1, 0, 1}
	if got, want := Mixed(weights, []Law{Always(ms), Always(5 * ms), Always(ms / 9), Always(9 * ms)}), (Prediction{P50: ms, P90: 9 * ms, P99: 9 * ms, Mean: 4 * ms}); got != want {
		t.Errorf("constants: got %+v, want %+v", got, want)
	}
	laws := []Law{Exponential(0, ms), Exponential(5*ms, 2*ms), Always(0), Likely(3*ms, 9*ms, func(d time.Duration) float64 { return float64(d-3*ms) / float64(6*ms) })}
	got := Mixed(weights, laws)
	r := rand.New(rand.NewPCG(3, 3))
	const draws = 200_000
	var below [3]float64
	for range draws {
		i := [4]int{0, 0, 1, 3}[r.IntN(4)]
		d := laws[i].Draw()(r)
		for j, q := range []time.Duration{got.P50, got.P90, got.P99} {
			if d <= q {
				below[j]++
			}
		}
	}
	for j, p := range []float64{0.5, 0.9, 0.99} {
		if off := math.Abs(below[j]/draws - p); off > 5*math.Sqrt(p*(1-p)/draws) {
			t.Errorf("quantile %v: %.4f of the draws are below it", p, below[j]/draws)
		}
	}
	if Mixed(nil, nil) != (Prediction{}) {
		t.Error("nothing is mixed to something")
	}
}

func TestObservedTimesAreFoundAgain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var times []time.Duration
	for range 5000 {
		times = append(times, 2*ms+time.Duration(r.ExpFloat64()*float64(ms)))
	}
	l := Observed(times)
	slices.Sort(times)
	for _, p := range []float64{0.1, 0.5, 0.99} {
		if got, want := l.quantile(p), float64(times[int(p*5000)]); math.Abs(got-want) > 2*l.step {
			t.Errorf("quantile %.2f: %s, want %s", p, time.Duration(got), time.Duration(want))
		}
	}
	if Observed(nil).Mean() != 0 || Observed([]time.Duration{7}).Quantile(0.99) != 7 {
		t.Error("no time is 0, and one is itself")
	}
}

func benchmarkWrite(b *testing.B, n int) {
	w := Write{Client: Exponential(0, ms), LeaderSync: Exponential(ms, ms), Apply: Exponential(0, ms/10)}
	for i := range n - 1 {
		w.Followers = append(w.Followers, Exponential(time.Duration(1+i%7*20)*ms, ms).Plus(Exponential(ms, ms)))
	}
	for b.Loop() {
		w.Predict()
	}
}

// All followers unlike, every part random: the slowest that there is.
func BenchmarkWrite(b *testing.B) {
	for _, n := range []int{7, 101} {
		b.Run(fmt.Sprintf("nodes=%d", n), func(b *testing.B) { benchmarkWrite(b, n) })
	}
}
