package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The oracles of this file count every case, slowly and without thought.

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

// Every assignment of signs to the ranks is equally likely.
func bruteSignedRank(values []float64) float64 {
	var d []float64
	for _, v := range values {
		if v != 0 {
			d = append(d, v)
		}
	}
	rank := func(v float64) float64 {
		below, equal := 0.0, 0.0
		for _, w := range d {
			if math.Abs(w) < math.Abs(v) {
				below++
			} else if math.Abs(w) == math.Abs(v) {
				equal++
			}
		}
		return below + (equal+1)/2
	}
	total, seen := 0.0, 0.0
	for _, v := range d {
		total += rank(v)
		if v > 0 {
			seen += rank(v)
		}
	}
	extreme, all := 0, 1<<len(d)
	for signs := range all {
		w := 0.0
		for i, v := range d {
			if signs>>i&1 == 1 {
				w += rank(v)
			}
		}
		if math.Abs(w-total/2) >= math.Abs(seen-total/2)-1e-9 {
			extreme++
		}
	}
	return float64(extreme) / float64(all)
}

func TestSignedRankAgainstAllSigns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Map(rapid.IntRange(-6, 6), func(i int) float64 { return float64(i) }), 1, 10).Draw(t, "values")
		if got, want := SignedRank(values, 0), bruteSignedRank(values); !near(got, want) {
			t.Fatalf("p of %v: got %v, want %v", values, got, want)
		}
	})
}

// The interval holds the centers that the test does not reject.
func TestRatioIntervalInvertsTheSignedRankTest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for n := 6; n <= 12; n++ {
		values := make([]float64, n)
		for i := range values {
			values[i] = rng.NormFloat64()
		}
		got := hodgesLehmann(values, Confidence)
		const step = 1e-6
		for _, c := range []struct {
			at   float64
			want bool
		}{{got.Low - step, false}, {got.Low + step, true}, {got.High - step, true}, {got.High + step, false}} {
			if kept := SignedRank(values, c.at) > 1-Confidence; kept != c.want {
				t.Errorf("n=%d: center %v in [%v, %v]: got kept=%v, want %v", n, c.at, got.Low, got.High, kept, c.want)
			}
		}
	}
}

func permutations(n int, f func([]float64)) {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(i)
	}
	var walk func(k int)
	walk = func(k int) {
		if k == n {
			f(v)
			return
		}
		for i := k; i < n; i++ {
			v[k], v[i] = v[i], v[k]
			walk(k + 1)
			v[k], v[i] = v[i], v[k]
		}
	}
	walk(0)
}

func TestTrendAgainstAllOrders(t *testing.T) {
	for n := 2; n <= 7; n++ {
		count, all := map[int]int{}, 0
		permutations(n, func(v []float64) { count[kendallS(v)]++; all++ })
		for s := range count {
			extreme := 0
			for other, c := range count {
				if max(other, -other) >= max(s, -s) {
					extreme += c
				}
			}
			if got, want := exactTrendP(n, s), float64(extreme)/float64(all); !near(got, want) {
				t.Errorf("n=%d S=%d: got %v, want %v", n, s, got, want)
			}
		}
	}
}

// With ties the normal approximation is held against random orders.
func TestTrendWithTiesAgainstShuffles(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	v := []float64{1, 1, 2, 3, 3, 4, 5, 6, 6, 7}
	seen := kendallS(v)
	const shuffles = 200_000
	shuffled := slices.Clone(v)
	for _, s := range []int{seen / 3, seen / 2} {
		extreme := 0
		for range shuffles {
			rng.Shuffle(len(v), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			if got := kendallS(shuffled); max(got, -got) >= s {
				extreme++
			}
		}
		got, want := trendP(v, s), float64(extreme)/shuffles
		if math.Abs(got-want) > 0.02 {
			t.Errorf("S=%d: got p %v, want about %v", s, got, want)
		}
	}
}

// Mann–Whitney's U of every way to deal the values to two sides.
func bruteRankSum(a, b []float64) float64 {
	all := append(slices.Clone(a), b...)
	u := func(in func(i int) bool) float64 {
		sum := 0.0
		for i, x := range all {
			for j, y := range all {
				if in(i) && !in(j) {
					sum += float64(compare(x, y)+1) / 2
				}
			}
		}
		return sum
	}
	half := float64(len(a)*len(b)) / 2
	seen := math.Abs(u(func(i int) bool { return i < len(a) }) - half)
	extreme, total := 0, 0
	for set := range 1 << len(all) {
		size := 0
		for i := range all {
			size += set >> i & 1
		}
		if size != len(a) {
			continue
		}
		total++
		if math.Abs(u(func(i int) bool { return set>>i&1 == 1 })-half) >= seen-1e-9 {
			extreme++
		}
	}
	return float64(extreme) / float64(total)
}

func TestTheRankSumTestAgainstAllDeals(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 40 {
		a, b := make([]float64, 2+rng.IntN(4)), make([]float64, 2+rng.IntN(4))
		for i := range a {
			a[i] = rng.Float64()
		}
		for i := range b {
			b[i] = rng.Float64() + 0.3
		}
		if got, want := rankSum(a, b), bruteRankSum(a, b); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v against %v: got p %v, want %v", a, b, got, want)
		}
	}
}

// An interval from order statistics l and h misses the median unless l … h−1
// of the n values lie below it: a sum of coin tosses.
func TestMedianIntervalCovers(t *testing.T) {
	for n := IntervalTrials; n <= 15; n++ {
		s := make(Sample, n)
		for i := range s {
			s[i] = float64(i + 1)
		}
		got := s.Median()
		covered := 0
		for tosses := range 1 << n {
			below := 0
			for i := range n {
				below += tosses >> i & 1
			}
			if below >= int(got.Low) && below < int(got.High) {
				covered++
			}
		}
		if share := float64(covered) / float64(int(1)<<n); share < Confidence {
			t.Errorf("n=%d: [%v, %v] covers the median with %v, want %v", n, got.Low, got.High, share, Confidence)
		}
	}
}

// Holm by its definition: a question is answered at a level when it and all
// those with smaller p pass their own step.
func TestHolmAgainstItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 8).Draw(t, "ps")
		level := rapid.Float64Range(0.001, 0.999).Draw(t, "level")
		adjusted := Holm(ps)
		sorted := slices.Sorted(slices.Values(ps))
		for i, p := range ps {
			want := true
			for step, q := range sorted {
				if q <= p && min(1, q*float64(len(ps)-step)) > level {
					want = false
				}
			}
			if got := adjusted[i] <= level; got != want {
				t.Fatalf("p=%v of %v at %v: got %v (adjusted %v), want %v", p, ps, level, got, adjusted[i], want)
			}
		}
	})
}

// walshAverages lists what averagesUpTo counts.
func walshAverages(values []float64) []float64 {
	var out []float64
	for i, a := range values {
		for _, b := range values[i:] {
			out = append(out, (a+b)/2)
		}
	}
	slices.Sort(out)
	return out
}

// The k-th of a multitude is the one that sorting all of it gives.
func TestSelectionAgainstSorting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Map(rapid.IntRange(-9, 9), func(i int) float64 {
			return map[bool]float64{true: float64(i) * farthest / 9, false: float64(i) / 7}[i == 9 || i == -9]
		})
		sorted := slices.Sorted(slices.Values(rapid.SliceOfN(value, 1, 12).Draw(t, "values")))
		walsh := walshAverages(sorted)
		for k, want := range walsh {
			got := kth(func(at float64) int64 { return averagesUpTo(sorted, at) }, int64(k+1))
			if got != want {
				t.Fatalf("average %d of %v: got %v, want %v", k+1, sorted, got, want)
			}
		}
	})
}

// Beyond a hundred values the statistics are normal: near the edge both ways to
// count give the same bounds and almost the same probabilities.
func TestManyRanksAreNormal(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	values := make([]float64, exactRanks)
	for i := range values {
		values[i] = rng.NormFloat64() + 0.2
	}
	ranks, above := signedRanks(values, 0)
	if got, want := normalSignedRank(ranks, above), SignedRank(values, 0); math.Abs(got-want) > 0.001 {
		t.Errorf("p of %d values: got %v by the normal approximation, want %v", len(values), got, want)
	}
	n := float64(exactRanks)
	if got, want := normalBound(n*(n+1)/4, n*(n+1)*(2*n+1)/24, Confidence), signedRankBound(exactRanks, Confidence); math.Abs(float64(got-want)) > 3 {
		t.Errorf("signed ranks: got the bound %d by the normal approximation, want %d", got, want)
	}
}
