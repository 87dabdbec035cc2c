package stats

import (
	"errors"
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

func TestCompareSaysWhenItCannot(t *testing.T) {
	three, four := Sample{1, 2, 3}, Sample{1, 2, 3, 4}
	if c := Compare(three, three); c.Note == "" || c.Different() {
		t.Errorf("3 and 3 trials: got %+v, want a note", c)
	}
	if c := Compare(four, Sample{11, 12, 13, 14}); c.Note != "" || !c.Different() || c.Change() != 4 {
		t.Errorf("4 and 4 trials apart: got %+v, change %v", c, c.Change())
	}
	if c := Compare(nil, four); c.Note == "" || c.Different() {
		t.Errorf("nothing on one side: got %+v", c)
	}
	if c := Compare(Sample{2, 2, 2, 2}, Sample{2, 2, 2, 2}); c.Different() {
		t.Errorf("all equal: got %+v", c)
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
	var unreachable *UnreachableError
	if err := Reachable(8, 7); !errors.As(err, &unreachable) || unreachable.Need != 9 || unreachable.Hint() == "" {
		t.Errorf("8 pairs for 7 questions: got %v", err)
	}
	if err := Reachable(8, 6); err != nil {
		t.Errorf("8 pairs for 6 questions: got %v", err)
	}
}

func TestTrialsNeeded(t *testing.T) {
	for questions, want := range map[int]int{1: 4, 2: 5, 6: 5, 7: 6, 23: 6} {
		if got := TrialsNeeded(questions, Alpha); got != want {
			t.Errorf("%d questions: got %d trials, want %d", questions, got, want)
		}
	}
}

func TestPairsWantPositiveNumbers(t *testing.T) {
	for _, bad := range []Pair{{0, 1}, {1, -1}, {math.NaN(), 1}, {1, math.Inf(1)}} {
		if _, err := ComparePairs([]Pair{{1, 1}, bad}, Confidence); err == nil {
			t.Errorf("pair %v: got no error", bad)
		}
	}
	if _, err := ComparePairs(nil, Confidence); err == nil {
		t.Error("no pairs: got no error")
	}
	five, err := ComparePairs([]Pair{{1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}}, Confidence)
	if err != nil || five.Bounded() || five.Ratio.Center != 2 {
		t.Errorf("5 pairs: got %+v, %v: want a ratio of 2 without an interval", five, err)
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

func TestSteady(t *testing.T) {
	for name, c := range map[string]struct {
		parts []float64
		want  bool
	}{
		"flat":           {[]float64{10, 10.1, 9.9, 10, 10.2, 10.1, 9.8, 10, 10.1, 9.9}, true},
		"slow rise":      {[]float64{10, 10.02, 10.04, 10.06, 10.08, 10.1, 10.12, 10.14, 10.16, 10.18}, false},
		"a step":         {[]float64{10, 10.1, 9.9, 10, 10.2, 11.1, 10.8, 11, 11.1, 10.9}, false},
		"empty half":     {[]float64{0, 0, 0, 0, 0, 11.1, 10.8, 11, 11.1, 10.9}, false},
		"all equal":      {[]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, true},
		"one part stuck": {[]float64{10, 10.1, 9.9, 30, 10.2, 10.1, 9.8, 10, 10.1, 9.9}, true},
	} {
		s, err := Steady(c.parts)
		if got := s.Reason() == ""; err != nil || got != c.want {
			t.Errorf("%s: got %+v (%s), %v: want steady %v", name, s, s.Reason(), err, c.want)
		}
	}
	if _, err := Steady(make([]float64, SteadyParts-1)); err == nil {
		t.Error("nine parts: got no error")
	}
}

// Medians of few operations scatter by more than the halves of all do: the
// halves' own medians decide, the trend stays with the parts.
func TestSteadyWithMediansOfItsOwn(t *testing.T) {
	scattered := []float64{10.6, 10.9, 9.9, 10.7, 10.8, 9.9, 10.1, 9.8, 10.7, 9.9}
	if s, err := Steady(scattered); err != nil || s.Reason() == "" {
		t.Fatalf("by parts: got %+v, %v, want a warning: else this shows nothing", s, err)
	}
	for name, c := range map[string]struct {
		first, second float64
		want          bool
	}{
		"alike": {10.3, 10.1, true}, "a step": {10.3, 9.6, false}, "nothing in one": {0, 10, false},
	} {
		s, err := SteadyWith(scattered, c.first, c.second)
		if got := s.Reason() == ""; err != nil || got != c.want {
			t.Errorf("%s: got %+v (%s), %v: want steady %v", name, s, s.Reason(), err, c.want)
		}
	}
	rising := []float64{10, 10.02, 10.04, 10.06, 10.08, 10.1, 10.12, 10.14, 10.16, 10.18}
	if s, err := SteadyWith(rising, 10, 10); err != nil || s.Reason() == "" {
		t.Errorf("a trend: got %+v, %v", s, err)
	}
	if _, err := SteadyWith(rising[1:], 10, 10); err == nil {
		t.Error("nine parts: got no error")
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

func TestLag(t *testing.T) {
	for _, c := range []struct {
		p50, p99 float64
		want     bool
	}{{5, 25, false}, {5.1, 0, true}, {0, 25.1, true}} {
		if got := Lag(c.p50, c.p99, 100, 100).TooLate(); got != c.want {
			t.Errorf("lag p50 %v %% and p99 %v %%: got %v, want %v", c.p50, c.p99, got, c.want)
		}
	}
}

func TestAnswersOfAnInterval(t *testing.T) {
	i := Interval{Center: 10, Low: 9, High: 11, N: 6}
	for limit, want := range map[float64]Answer{8: Fail, 9: Inconclusive, 10: Inconclusive, 11: Pass, 12: Pass} {
		if got := i.AtMost(limit); got != want {
			t.Errorf("at most %v: got %v, want %v", limit, got, want)
		}
	}
	for limit, want := range map[float64]Answer{8: Pass, 9: Pass, 10: Inconclusive, 11: Inconclusive, 12: Fail} {
		if got := i.AtLeast(limit); got != want {
			t.Errorf("at least %v: got %v, want %v", limit, got, want)
		}
	}
	if got := Unbounded(10, 3).AtMost(1); got != Inconclusive {
		t.Errorf("without an interval: got %v, want inconclusive", got)
	}
}
