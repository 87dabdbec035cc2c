package netem

import (
	"math/rand/v2"
	"testing"
	"time"
)

// sent is a frame of a schedule under test, with the instant that holds after
// all amendments.
type sent struct{ at, due int64 }

// play sends frames over a fresh schedule of shape s and applies amendments as
// a receiver does.
func play(seed int64, s Shape, sizes []int, gaps []int64, rtt time.Duration) []sent {
	t := newStream(seed, "a", "b", 1, &transmitter{})
	now, all := int64(time.Hour), []sent{}
	for i, n := range sizes {
		now += gaps[i]
		due, amend := t.due(s, now, n, rtt)
		if amend != 0 {
			for k := range all {
				all[k].due = min(all[k].due, amend)
			}
		}
		all = append(all, sent{at: now, due: due})
	}
	return all
}

// TestALossMakesNoFrameSooner: however a stream recovers, nothing arrives before
// it would have without the loss, also where a rate keeps frames waiting.
func TestALossMakesNoFrameSooner(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	recovered := 0
	for seed := range int64(3000) {
		s := Shape{Delay: time.Duration(rng.Int64N(int64(20 * time.Millisecond))), Loss: 0.2}
		if seed%2 == 0 {
			s.Rate = minRate + rng.Int64N(10e6)
		}
		rtt := s.Delay + time.Duration(rng.Int64N(int64(20*time.Millisecond)))
		var sizes []int
		var gaps []int64
		for range 12 {
			sizes, gaps = append(sizes, 1+rng.IntN(5*segment)), append(gaps, rng.Int64N(50*ms))
		}
		lossy := play(seed, s, sizes, gaps, rtt)
		s.Loss = 0
		for i, want := range play(seed, s, sizes, gaps, rtt) {
			if lossy[i].due < want.due {
				t.Fatalf("seed %d, %+v, frame %d: due %v after it was sent, without loss %v", seed, s, i,
					time.Duration(lossy[i].due-want.at), time.Duration(want.due-want.at))
			}
			if lossy[i].due > want.due {
				recovered++
			}
		}
	}
	if recovered == 0 {
		t.Error("no frame was late: nothing was lost")
	}
}

// TestAFrameThatLostASegmentShowsAnEarlierHole: its other segments arrive, and
// their acknowledgement tells of all that is missing (RFC 8985 §3).
func TestAFrameThatLostASegmentShowsAnEarlierHole(t *testing.T) {
	const delay, rtt = 10 * time.Millisecond, 20 * time.Millisecond
	s := Shape{Delay: delay, Loss: 0.3, Rate: 8 * 3 * segment * 100} // 10 ms a frame
	begin, later := int64(time.Hour), int64(time.Hour)+50*ms
	shown, hidden := 0, 0
	for seed := range int64(20_000) {
		twin := newStream(seed, "a", "b", 1, &transmitter{})
		twin.due(s, begin, 1, rtt)
		if !twin.stall.amendable {
			continue // the first frame, of one segment, was not lost, or twice
		}
		loss := twin.drawLoss(s, later, 3*segment, rtt)
		real := newStream(seed, "a", "b", 1, &transmitter{})
		real.due(s, begin, 1, rtt)
		_, amend := real.due(s, later, 3*segment, rtt)
		want := later + 10*ms + int64(rtt+delay)
		if loss.lost == loss.segments {
			hidden++
			want = 0
		} else if loss.lost > 0 {
			shown++
		}
		if amend != want {
			t.Fatalf("seed %d, %d of 3 segments lost: got an amendment to %v, want %v", seed, loss.lost, time.Duration(amend-begin), time.Duration(want-begin))
		}
	}
	if shown == 0 || hidden == 0 {
		t.Errorf("%d cases with a part lost, %d with all: want some of both", shown, hidden)
	}
}

// TestAProbeGivesWayWhenItsLinkIsMadeShorter: what it holds up is let go.
func TestAProbeGivesWayWhenItsLinkIsMadeShorter(t *testing.T) {
	st := newStream(1, "a", "b", 1, &transmitter{})
	now := int64(time.Hour)
	if due := st.probe(Shape{Delay: time.Minute}, now); due != now+int64(time.Minute) {
		t.Fatalf("got a probe due in %v", time.Duration(due-now))
	}
	if !st.amendable() {
		t.Error("the probe's instant is taken to be final")
	}
	due, amend := st.due(Shape{Delay: time.Millisecond}, now, 1, 0)
	if due != now+ms || amend != due {
		t.Errorf("got data due in %v and an amendment to %v, want 1ms for both", time.Duration(due-now), time.Duration(amend-now))
	}
	if _, amend = st.due(Shape{Delay: time.Millisecond}, now+1, 1, 0); amend != 0 || st.amendable() {
		t.Error("the probe that is through is amended again")
	}
}

// TestDataOvertakesAProbe end to end: a probe that is due in ten minutes stands
// before it.
func TestDataOvertakesAProbe(t *testing.T) {
	p := newPair(t, Shape{Delay: time.Millisecond}, Shape{})
	from, to := p.connect(t)
	for _, delay := range []time.Duration{maxDelay, time.Millisecond} {
		if err := p.a.Shape("b", Shape{Delay: delay}); err != nil {
			t.Fatal(err)
		}
		p.a.ProbeOnce()
	}
	if _, err := from.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	_ = to.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := to.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
}

// TestACalibrationOfItsOwnTakesThePlainDelay: with much jitter a probe beside
// data is due at once, which would tell nothing of the delay.
func TestACalibrationOfItsOwnTakesThePlainDelay(t *testing.T) {
	s := Shape{Delay: 10 * time.Millisecond, Jitter: 5 * time.Millisecond, Distribution: Normal}
	now := int64(time.Hour)
	for alone, want := range map[bool]time.Duration{true: s.Delay, false: 0} {
		st := newStream(1, "a", "b", 1, &transmitter{})
		st.onlyProbes = alone
		if got := time.Duration(st.probe(s, now) - now); got != want {
			t.Errorf("alone %v: got a probe due in %v, want %v", alone, got, want)
		}
	}
}

// TestARecoveryIsNoShortcut: a frame that was sent over a slow link and lost is
// not there sooner because the link has become quick meanwhile.
func TestARecoveryIsNoShortcut(t *testing.T) {
	slow, quick := Shape{Delay: 300 * time.Millisecond, Loss: 0.5}, Shape{Delay: time.Millisecond}
	now := int64(time.Hour)
	amended := 0
	for seed := range int64(100) {
		st := newStream(seed, "a", "b", 1, &transmitter{})
		st.due(slow, now, 1, 600*time.Millisecond)
		if _, amend := st.due(quick, now+ms, 1, 2*time.Millisecond); amend != 0 {
			amended++
			if amend < now+int64(slow.Delay) {
				t.Fatalf("seed %d: the lost frame arrives after %v, its delay was %v", seed, time.Duration(amend-now), slow.Delay)
			}
		}
	}
	if amended == 0 {
		t.Error("nothing was lost")
	}
}
