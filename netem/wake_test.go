package netem

import (
	"testing"
	"time"
)

const us = int64(time.Microsecond)

func taught(lates ...int64) *wakeUps {
	w := newWakeUps(linkShare)
	for i := range recentWakes {
		w.note(lates[i%len(lates)])
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
		{"a busy host teaches only so much", []int64{hour}, int64(worstWake)},
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
	for range recentWakes {
		w.note(10 * us)
	}
	if got := w.lead(int64(time.Hour)); got != 10*us {
		t.Errorf("got a lead of %v, want 10µs", time.Duration(got))
	}
}

// TestSpinsAreABoundShareOfACore: the more often a process waits, the less it
// spins for each wait.
func TestSpinsAreABoundShareOfACore(t *testing.T) {
	w := taught(30*us, 90*us, 90*us, 90*us)
	for _, every := range []time.Duration{50 * time.Microsecond, 500 * time.Microsecond, 2 * time.Millisecond, 10 * time.Millisecond} {
		begin := int64(time.Hour) + int64(every)*1e6
		now, total, n := begin, int64(0), int64(10_000)
		for range n {
			now += int64(every)
			spin := w.lead(now) - 30*us
			w.spun(spin, now)
			total += spin
		}
		share := float64(total) / float64(now-begin)
		wanted := min(1./linkShare, float64(SpinLimit)/float64(every))
		if share > 1.01*wanted || share < 0.9*wanted {
			t.Errorf("a wait each %v: got a share of %.5f, wanted %.5f", every, share, wanted)
		}
		if now-begin > int64(time.Second) && w.lead(now+int64(time.Second)) != 30*us+int64(SpinLimit) {
			t.Errorf("a wait each %v: a second later there is no whole spin", every)
		}
	}
}
