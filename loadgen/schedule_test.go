package loadgen

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// instants collects what an observer sees of the schedule.
type instants struct {
	mu  sync.Mutex
	ops []Op
}

func (o *instants) Observe(op *Op) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ops = append(o.ops, *op)
}

func TestOperationsAreSentOnTheirInstant(t *testing.T) {
	for name, s := range map[string]Schedule{"constant": Constant(400), "poisson": Poisson(400, 5)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				seen := &instants{}
				g := New([]Target{steady(time.Second)}, someWork(), seen)
				g.newPacer = func(origin time.Time) pacer { return fakePacer{origin} }
				rec, err := g.Run(context.Background(), Window{Schedule: s, Duration: 3 * time.Second})
				clean(t, rec, err)
				var want int64
				for s.Due(want) < 3*time.Second {
					want++
				}
				if rec.Due != want || int64(len(seen.ops)) != want {
					t.Errorf("due %d, seen %d, the schedule holds %d", rec.Due, len(seen.ops), want)
				}
				for i, op := range seen.ops {
					if due := s.Due(int64(i)); op.Intended != due || op.Sent != due || op.Done != due+time.Second {
						t.Fatalf("operation %d due at %v: intended %v, sent %v, done %v", i, due, op.Intended, op.Sent, op.Done)
					}
				}
				if rec.Lag.Max() != 0 {
					t.Errorf("lag of up to %d ns in fake time", rec.Lag.Max())
				}
			})
		})
	}
}

func TestConstantNeverDrifts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0.01, 1e6).Draw(t, "rate")
		i := rapid.Int64Range(0, 1e9).Draw(t, "i")
		exact := min(float64(i)/rate*1e9, math.MaxInt64)
		if got := float64(Constant(rate).Due(i)); math.Abs(got-exact) > 1+exact*1e-15 {
			t.Fatalf("operation %d at %v/s: due %v ns, want %v", i, rate, got, exact)
		}
	})
}

func TestPoissonIsMemoryless(t *testing.T) {
	const n, rate = 100_000, 1000.0
	s := Poisson(rate, 42)
	var gaps []float64
	last := time.Duration(0)
	for i := range int64(n) {
		due := s.Due(i)
		gaps = append(gaps, (due-last).Seconds()*rate)
		last = due
	}
	var mean, square, product float64
	for i, g := range gaps {
		mean += g / n
		square += g * g / n
		if i > 0 {
			product += (g - 1) * (gaps[i-1] - 1) / n
		}
	}
	// Exponential: mean 1, second moment 2, no correlation between gaps. The
	// bounds are five standard errors.
	if math.Abs(mean-1) > 0.016 || math.Abs(square-2) > 0.071 || math.Abs(product) > 0.016 {
		t.Errorf("mean %.4f, second moment %.4f, correlation %.4f; want 1, 2, 0", mean, square, product)
	}
}

func TestPoissonBeginsAnewInEachWindow(t *testing.T) {
	s, other := Poisson(100, 1), Poisson(100, 2)
	var first []time.Duration
	for i := range int64(50) {
		first = append(first, s.Due(i))
	}
	same := 0
	for i := range int64(50) {
		if s.Due(i) != first[i] {
			t.Fatalf("operation %d: another instant the second time", i)
		}
		if other.Due(i) == first[i] {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d instants shared by different seeds", same)
	}
}

// Schedules that are run in turn never have two operations due together, each
// keeps its rate, and nobody has the same place in every round.
func TestSchedulesInTurnNeverMeet(t *testing.T) {
	const rate, of, rounds = 40.0, 5, 1000
	type operation struct {
		due  time.Duration
		mine int
	}
	var all []operation
	for mine := range of {
		s := InTurn(rate, mine, of, 7)
		for i := range int64(rounds) {
			due := s.Due(i)
			if round := time.Duration(float64(i) / rate * 1e9); due < round || due >= round+25*time.Millisecond {
				t.Fatalf("operation %d of schedule %d is due at %v, outside its round", i, mine, due)
			}
			all = append(all, operation{due, mine})
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return cmp.Compare(a.due, b.due) })
	var place [of][of]int
	for i, o := range all {
		if i > 0 && o.due-all[i-1].due < 5*time.Millisecond-time.Microsecond {
			t.Fatalf("operations at %v and %v, want 5 ms between them", all[i-1].due, o.due)
		}
		place[o.mine][i%of]++
	}
	for mine, places := range place {
		for p, n := range places {
			if n < rounds/of-80 || n > rounds/of+80 { // six standard deviations
				t.Errorf("schedule %d has place %d in %d of %d rounds", mine, p, n, rounds)
			}
		}
	}
}
