package clock

import (
	"testing"
	"time"
)

const us = int64(time.Microsecond)

// oneIn is the share of a core that spins may take in these tests.
const oneIn = 200

func taught(lates ...int64) *Tuner {
	w := NewTuner(5./8, oneIn)
	for i := range recentWakeUps {
		w.latency.observe(lates[i%len(lates)])
	}
	return w
}

func TestAWaitAimsAtTheUsualWakeUp(t *testing.T) {
	hour := int64(time.Hour)
	for _, c := range []struct {
		name  string
		lates []int64
		want  int64
	}{
		{"a quiet host", []int64{10 * us}, 10 * us},
		{"most come in time", []int64{30 * us, 34 * us, 38 * us, 42 * us}, 38 * us},
		{"no spin is longer than its limit", []int64{30 * us, 70 * us, 70 * us, 70 * us}, 30*us + int64(SpinLimit)},
		{"one quick wake-up of many is no rule", append([]int64{0}, repeat(50*us, 31)...), 50 * us},
		{"a busy host teaches only so much", []int64{hour}, int64(slowestWakeUp)},
		{"a clock that steps back teaches nothing", []int64{-hour}, 0},
	} {
		if got := taught(c.lates...).lead(hour); got != c.want {
			t.Errorf("%s: got a lead of %v, want %v", c.name, time.Duration(got), time.Duration(c.want))
		}
	}
}

func repeat(x int64, n int) []int64 {
	all := make([]int64, n)
	for i := range all {
		all[i] = x
	}
	return all
}

func TestWhatTheHostWasIsForgotten(t *testing.T) {
	w := taught(60 * us)
	for range recentWakeUps {
		w.latency.observe(10 * us)
	}
	if got := w.lead(int64(time.Hour)); got != 10*us {
		t.Errorf("got a lead of %v, want 10µs", time.Duration(got))
	}
}

// TestSpinsAreABoundShareOfACore: the more often a process waits, the less it
// spins for each wait.
func TestSpinsAreABoundShareOfACore(t *testing.T) {
	for _, every := range []time.Duration{50 * time.Microsecond, 500 * time.Microsecond, 2 * time.Millisecond, 10 * time.Millisecond} {
		w := taught(30*us, 90*us, 90*us, 90*us)
		now, total, n := int64(time.Hour), int64(0), int64(100_000)
		begin := now
		for range n {
			now += int64(every)
			spin := w.lead(now) - 30*us
			w.budget.spend(spin, now)
			total += spin
		}
		took := float64(now - begin)
		wanted := min(1./oneIn, float64(SpinLimit)/float64(every)) * took
		saved := float64(savedSpins * SpinLimit)
		if spun := float64(total); spun > wanted+saved || spun < 0.99*wanted-saved {
			t.Errorf("a wait each %v: spun for %.5f of the time, wanted %.5f", every, spun/took, wanted/took)
		}
	}
}

// TestABurstSpinsWhatWasSavedUp, and no more.
func TestABurstSpinsWhatWasSavedUp(t *testing.T) {
	w := taught(30*us, 90*us, 90*us, 90*us)
	now := int64(time.Hour)
	var spins []int64
	for range savedSpins + 2 {
		spin := w.lead(now) - 30*us
		w.budget.spend(spin, now)
		spins = append(spins, spin)
	}
	for i, spin := range spins {
		if want := int64(SpinLimit); i < savedSpins && spin != want || i > savedSpins && spin != 0 {
			t.Errorf("spin %d of a burst: got %v", i, time.Duration(spin))
		}
	}
}
