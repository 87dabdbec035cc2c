package quorum

import (
	"math/rand/v2"
	"testing"
	"time"
)

// jittery is a cluster whose links have no delay but a uniform jitter.
func jittery(t Timeouts, jitter time.Duration) Healthy {
	h := healthy(3, t, 0)
	h.OneWay = func(int, int) Draw {
		return func(r *rand.Rand) time.Duration { return time.Duration(r.Float64() * float64(jitter)) }
	}
	h.Farthest = func(int, int) time.Duration { return jitter }
	return h
}

// Under a jitter that is long beside the lease leaders fall all the time, and the
// longer the timeouts the rarer; where no silence can suffice none is expected.
func TestAJitterAsLongAsTheLeaseIsPlayed(t *testing.T) {
	expect := func(timeout, jitter time.Duration) FalseElections {
		h := jittery(hashicorp(timeout), jitter)
		h.Rules.CommitIndex = Span{} // heartbeats alone
		f, err := h.Expect(300, timeout, 1)
		if err != nil {
			t.Fatal(err)
		}
		if f.UpperPerHour < f.PerHour {
			t.Errorf("the bound %v is below the estimate %v", f.UpperPerHour, f.PerHour)
		}
		return f
	}
	short, long := expect(50*ms, 40*ms), expect(200*ms, 40*ms)
	if short.PerHour < 100 || long.PerHour >= short.PerHour/10 || short.LeaseShare < 0.5 {
		t.Errorf("at 50 ms %+v, at 200 ms %+v, want many that end with the lease, and far fewer at the longer timeout", short, long)
	}
	if f := expect(second, ms); f.PerHour != 0 || f.Simulated != 0 {
		t.Errorf("a jitter of 1 ms under timeouts of a second: %+v, want none", f)
	}
	// Nothing is lost while nobody leads.
	h := jittery(hashicorp(50*ms), 40*ms)
	slow, err := h.Expect(300, time.Hour, 1)
	if err != nil || slow.PerHour > 1 {
		t.Errorf("with an hour until the next leader: %+v, %v, want less than one an hour", slow, err)
	}
}

// Times that are all twice as long have half as many in an hour.
func TestPlayedReignsScaleWithTheirTimes(t *testing.T) {
	rate := func(by time.Duration) float64 {
		h := jittery(Timeouts{by * 100 * ms, by * 100 * ms, by * 50 * ms}, by*40*ms)
		h.Rules.CommitIndex = Span{}
		f, err := h.Expect(300, by*150*ms, 3)
		if err != nil {
			t.Fatal(err)
		}
		return f.PerHour
	}
	if once, twice := rate(4), rate(8); twice == 0 || once/twice < 1.5 || once/twice > 2.7 {
		t.Errorf("%v an hour, and %v where all takes twice as long: want half", once, twice)
	}
}
