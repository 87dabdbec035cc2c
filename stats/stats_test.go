package stats

import (
	"math"
	"testing"
)

func TestAMedianOfFewTrialsHasNoInterval(t *testing.T) {
	for n := range IntervalTrials + 2 {
		s := make(Sample, n)
		for i := range s {
			s[i] = float64(n - i)
		}
		m := s.Median()
		if got, want := m.Bounded(), n >= IntervalTrials; got != want || m.N != n {
			t.Errorf("%d trials: got bounded %v and n %d, want %v", n, got, m.N, want)
		}
		if n > 0 && s[0] != float64(n) {
			t.Errorf("the sample was reordered: %v", s)
		}
	}
}

// With 8 pairs the smallest p is 0.0078: six questions at most.
func TestPairsNeeded(t *testing.T) {
	for questions, want := range map[int]int{1: 6, 2: 7, 3: 7, 4: 8, 6: 8, 7: 9, 12: 9, 13: 10} {
		if got := PairsNeeded(questions, Alpha); got != want {
			t.Errorf("%d questions: got %d pairs, want %d", questions, got, want)
		}
		all := make([]float64, want)
		for i := range all {
			all[i] = float64(i + 1)
		}
		if p := SignedRank(all, 0) * float64(questions); p > Alpha {
			t.Errorf("%d questions, %d pairs all one way: adjusted p %v, want at most %v", questions, want, p, Alpha)
		}
		if p := SignedRank(all[1:], 0) * float64(questions); p <= Alpha {
			t.Errorf("%d questions: %d pairs would have done", questions, want-1)
		}
	}
}

func TestPairsWantNumbersOfWhichARatioCanBeTaken(t *testing.T) {
	for _, bad := range []Pair{{1, -1}, {math.NaN(), 1}, {math.Inf(-1), 1}} {
		if _, err := ComparePairs([]Pair{{1, 1}, bad}, Confidence); err == nil {
			t.Errorf("pair %v: got no error", bad)
		}
	}
	if _, err := ComparePairs(nil, Confidence); err == nil {
		t.Error("no pairs: got no error")
	}
	five, err := ComparePairs([]Pair{{1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}}, Confidence)
	if err != nil || five.Ratio.Bounded() || math.Abs(five.Ratio.Center-2) > 1e-12 {
		t.Errorf("5 pairs: got %+v, %v: want a ratio of 2 without an interval", five, err)
	}
}

// An operation that never came back is slower than any that did, and equal to
// another one that did not.
func TestPairsOfWhatNeverCameBack(t *testing.T) {
	never := math.Inf(1)
	lost, err := ComparePairs([]Pair{{1, never}, {2, never}, {3, never}, {1, never}, {2, never}, {3, never}}, Confidence)
	if err != nil || !math.IsInf(lost.Ratio.Low, 1) || !lost.Ratio.Bounded() || lost.P > Alpha {
		t.Errorf("all lost: got %+v, %v, want a ratio above every number", lost, err)
	}
	one, err := ComparePairs([]Pair{{1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, never}, {never, never}}, Confidence)
	if err != nil || math.Abs(one.Ratio.Center-2) > 1e-12 || one.Ratio.Low < 1 || !math.IsInf(one.Ratio.High, 1) {
		t.Errorf("one lost: got %+v, %v, want a ratio of 2 with an interval that has no end", one, err)
	}
	if back, err := ComparePairs([]Pair{{never, 1}}, Confidence); err != nil || back.Ratio.Center != 0 {
		t.Errorf("it came back: got %+v, %v, want a ratio of 0", back, err)
	}
}

func TestMedianOfWhatNeverCameBack(t *testing.T) {
	never := math.Inf(1)
	for name, c := range map[string]struct {
		sample            Sample
		center, low, high float64
	}{
		"one of six":  {Sample{1, 2, 3, 4, 5, never}, 3.5, 1, never},
		"half of six": {Sample{1, 2, 3, never, never, never}, never, 1, never},
		"all":         {Sample{never, never, never, never, never, never}, never, never, never},
		"too few":     {Sample{1, never, never}, never, math.Inf(-1), never},
	} {
		got := c.sample.Median()
		if got.Center != c.center || got.Low != c.low || got.High != c.high || got.Bounded() != (len(c.sample) >= IntervalTrials) {
			t.Errorf("%s: got %+v, want %v [%v, %v]", name, got, c.center, c.low, c.high)
		}
	}
}

func TestRank(t *testing.T) {
	for _, c := range []struct {
		p    float64
		n    int64
		want int64
	}{{50, 1, 1}, {50, 2, 1}, {50, 3, 2}, {99, 100, 99}, {99, 101, 100}, {99.9, 5000, 4995}, {99.9, 10, 10}, {100, 7, 7}, {0, 7, 1}} {
		if got := Rank(c.p, c.n); got != c.want {
			t.Errorf("p%v of %d: got rank %d, want %d", c.p, c.n, got, c.want)
		}
	}
}

func TestPercentileTrust(t *testing.T) {
	for _, c := range []struct {
		p       float64
		samples int64
		want    Trust
	}{
		{50, 0, Refused}, {50, 1, Enough}, {90, 50, Enough},
		{99, 99, Refused}, {99, 100, Thin}, {99, 999, Thin}, {99, 1000, Enough},
		{99.9, 4999, Refused}, {99.9, 5000, Enough},
	} {
		if got := Percentile(c.p, c.samples); got != c.want {
			t.Errorf("p%v of %d samples: got %v, want %v", c.p, c.samples, got, c.want)
		}
	}
}

func TestLittle(t *testing.T) {
	if got := Little(2.1, 1000, 0.002); !near(got, 0.05) {
		t.Errorf("got %v, want 0.05", got)
	}
	if !math.IsNaN(Little(1, 0, 0)) {
		t.Error("nothing flowed: want NaN")
	}
}
