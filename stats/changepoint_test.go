package stats

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// publishedSeries is one that others test their change points by, with what they
// expect to be found.
type publishedSeries struct {
	Name   string  `json:"name"`
	Source string  `json:"source"`
	P      float64 `json:"p"`     // at most
	Least  float64 `json:"least"` // the smallest change, as a ratio
	At     []int   `json:"at"`
	Values Sample  `json:"values"`
}

// The series by which Apache Otava (once Hunter) and MongoDB test theirs, with the
// same places found.
func TestPublishedSeriesGiveThePublishedChangePoints(t *testing.T) {
	text, err := os.ReadFile("testdata/changepoints.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []publishedSeries
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			got := []int{}
			for _, p := range FindChanges([]Sample{c.Values}, c.Least)[0].Points {
				if p.P <= c.P {
					got = append(got, p.At)
				}
			}
			if !slices.Equal(got, c.At) {
				t.Errorf("got changes at %v, want %v (%s)", got, c.At, c.Source)
			}
		})
	}
}

// clarityOf is the definition, sum by sum.
func clarityOf(x []float64, most float64) float64 {
	mean := func(a, b []float64, same bool) float64 {
		sum, n := 0.0, 0.0
		for i, v := range a {
			for j, w := range b {
				if !same || i < j {
					sum, n = sum+min(math.Abs(v-w), most), n+1
				}
			}
		}
		return sum / n
	}
	best := math.Inf(-1)
	for t := LeastSide; t <= len(x)-LeastSide; t++ {
		for k := t + LeastSide; k <= len(x); k++ {
			if k < len(x) && k-t < leastEpisode {
				continue
			}
			a, b := x[:t], x[t:k]
			weight := float64(len(a)*len(b)) / float64(k)
			best = max(best, weight*(2*mean(a, b, false)-mean(a, a, true)-mean(b, b, true)))
		}
	}
	return best
}

func TestTheClearestDivisionIsThatOfTheDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := 2 * LeastSide; n < 40; n++ {
		x := normal(rng, n, 1)
		for i := n / 3; i < n; i++ {
			x[i] += 2
		}
		e := newEnergy(x)
		_, got := e.best(x)
		if want := clarityOf(x, e.most); !near(got, want) {
			t.Errorf("%d values: got %g, want %g", n, got, want)
		}
	}
}

func TestTooFewValuesAreNotAsked(t *testing.T) {
	for questions, want := range map[int]int{0: 8, 1: 8, 2: 9, 10: 11, 100: 15} {
		if got := LeastValues(questions); got != want {
			t.Errorf("%d series: got at least %d values, want %d", questions, got, want)
		}
	}
	step := Sample{1, 1.01, 0.99, 1.02, 2, 2.01, 1.99}
	if c := FindChanges([]Sample{step}, 1)[0]; !c.TooFew() || len(c.Points) != 0 {
		t.Errorf("7 values: got %+v, want too few", c)
	}
	step = append(step, 2.02)
	if c := FindChanges([]Sample{step}, 1)[0]; c.TooFew() || len(c.Points) != 1 || c.Points[0].At != 4 {
		t.Errorf("8 values: got %+v, want a change at 4", c)
	}
	// As many as would be asked if each had values enough.
	if c := FindChanges([]Sample{{1, 2}, {1, 2}, {}}, 1); c[0].Least != 9 || c[0].Questions != 0 {
		t.Errorf("got %+v, want at least 9 for two series", c[0])
	}
	// Another series was asked too, so that these are not enough.
	c := FindChanges([]Sample{step, slices.Repeat(Sample{1}, 30)}, 1)
	if !c[0].TooFew() || c[0].Least != 9 || c[1].TooFew() {
		t.Errorf("got %+v", c)
	}
}

func TestAChangeHasItsSizeAndALeastOneIsKept(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	h := history{noise: normal, sd: 0.01, series: 1, runs: 60, step: 1.2, at: 40}
	s := h.make(rng)[0]
	for i := 20; i < len(s); i++ {
		s[i] *= 1.03
	}
	any := FindChanges([]Sample{s}, 1)[0]
	if len(any.Points) != 2 || !locates(any, 20, 1) || !locates(any, 40, 0) {
		t.Fatalf("got %+v, want changes at 20 and 40", any.Points)
	}
	c := any.Points[1]
	if !c.Moved() || c.Ratio.Low > 1.2 || c.Ratio.High < 1.2 || c.P > 0.01 || !near(c.After.Center/c.Before.Center, c.Ratio.Center) && math.Abs(c.Ratio.Center-1.2) > 0.02 {
		t.Errorf("got %+v, want 1.2 in its interval", c)
	}
	large := FindChanges([]Sample{s}, 1.05)[0]
	if len(large.Points) != 1 || large.Points[0].At != 40 {
		t.Errorf("got %+v, want the change at 40 alone", large.Points)
	}
	if before := large.Points[0].Before; before.N != 40 {
		t.Errorf("got %d values before the change, want all that no other divides", before.N)
	}
}

// Values that only spread differently have changed and not moved.
func TestMoreScatterIsNoMove(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var s Sample
	for i := range 120 {
		sd := 0.005
		if i >= 60 {
			sd = 0.05
		}
		s = append(s, math.Exp(sd*rng.NormFloat64()))
	}
	c := FindChanges([]Sample{s}, 1)[0]
	if len(c.Points) == 0 {
		t.Fatal("got no change")
	}
	for _, p := range c.Points {
		if p.Moved() {
			t.Errorf("got a move %+v", p)
		}
	}
}

// Values of 0 have no logarithm, and no ratio where all before are 0.
func TestChangesFromNothing(t *testing.T) {
	s := append(make(Sample, 10), slices.Repeat(Sample{3}, 10)...)
	c := FindChanges([]Sample{s}, 1)[0]
	if len(c.Points) != 1 || c.Points[0].At != 10 || !math.IsInf(c.Points[0].Ratio.Center, 1) || !c.Points[0].Moved() {
		t.Errorf("got %+v, want a rise from 0", c.Points)
	}
}

// What would have been found is found when it is there.
func TestTheSmallestChangeThatWouldHaveBeenFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	s := history{noise: normal, sd: 0.015, series: 1, runs: 40}.make(rng)[0]
	size := Smallest(s, 4)
	if size < 1.01 || size > 1.05 {
		t.Errorf("got %g of noise of 1.5 %%, want some per cent", size)
	}
	quiet := slices.Repeat(Sample{1}, 39)
	for i := 20; i < len(s); i++ {
		s[i] *= size
	}
	if c := FindChanges([]Sample{s, quiet, quiet, quiet}, 1)[0]; !locates(c, 20, 3) {
		t.Errorf("a change of %g is not found: %+v", size, c)
	}
	if got := Smallest(Sample{1, 100, 1e4, 1e6, 3, 200, 4e4, 5e5}, 1); !math.IsInf(got, 1) {
		t.Errorf("got %g of values that tell nothing", got)
	}
}

// The work that is done at most leaves room for what is asked, and none for hours.
func TestSearchStepsBoundTheTime(t *testing.T) {
	family := func(series, values int) []Sample { return slices.Repeat([]Sample{make(Sample, values)}, series) }
	for _, c := range []struct {
		series, values int
		may            bool
	}{{20, 200, true}, {100, 200, true}, {1, MostValues, true}, {200, 400, false}, {100, MostValues, false}} {
		if got := SearchSteps(family(c.series, c.values)); (got <= MostSteps) != c.may {
			t.Errorf("%d series of %d values: got %g steps of at most %g, want it allowed: %v", c.series, c.values, got, MostSteps, c.may)
		}
	}
}
