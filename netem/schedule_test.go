package netem

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const ms = int64(time.Millisecond)

func testStream() *stream { return newStream(1, "a", "b", 1, &transmitter{}) }

func TestConstantDelayIsExact(t *testing.T) {
	s := testStream()
	for _, now := range []int64{1, 5, 5, 999 * ms} {
		due, amend := s.due(Shape{Delay: 7 * time.Millisecond}, now, 1000, 14*time.Millisecond)
		if due != now+7*ms || amend != 0 {
			t.Errorf("sent at %d: due %d (amend %d), want %d", now, due, amend, now+7*ms)
		}
	}
}

// TestRateSerializes: 1 Mbit/s carries 125 bytes a millisecond, one frame after
// the other, and the connections of a link share it.
func TestRateSerializes(t *testing.T) {
	shared := &transmitter{}
	one, two := newStream(1, "a", "b", 1, shared), newStream(1, "a", "b", 2, shared)
	shape := Shape{Delay: 10 * time.Millisecond, Rate: 1e6}
	for i, step := range []struct {
		s         *stream
		now, want int64
	}{{one, 0, 11 * ms}, {two, 0, 12 * ms}, {one, 0, 13 * ms}, {two, 100 * ms, 111 * ms}} {
		if due, _ := step.s.due(shape, step.now, 125, 0); due != step.want {
			t.Errorf("frame %d: due %d, want %d", i, due, step.want)
		}
	}
}

func TestDelayLoweredOnTheRunningLinkKeepsTheOrder(t *testing.T) {
	s := testStream()
	first, _ := s.due(Shape{Delay: 50 * time.Millisecond}, 0, 1, 0)
	second, _ := s.due(Shape{Delay: time.Millisecond}, 10*ms, 1, 0)
	third, _ := s.due(Shape{Delay: time.Millisecond}, 60*ms, 1, 0)
	if got, want := []int64{first, second, third}, []int64{50 * ms, 50 * ms, 61 * ms}; !slices.Equal(got, want) {
		t.Errorf("due %v, want %v", got, want)
	}
}

func TestSameSeedSameSchedule(t *testing.T) {
	shape := Shape{Delay: 10 * time.Millisecond, Jitter: 3 * time.Millisecond, Distribution: Normal, Correlation: 0.25, Loss: 0.05}
	run := func(seed int64, ordinal uint64) (dues []int64) {
		s := newStream(seed, "a", "b", ordinal, &transmitter{})
		for i := range int64(500) {
			due, _ := s.due(shape, i*ms, 100, 20*time.Millisecond)
			dues = append(dues, due)
		}
		return dues
	}
	if !slices.Equal(run(7, 1), run(7, 1)) {
		t.Error("the same seed gave two schedules")
	}
	if slices.Equal(run(7, 1), run(8, 1)) || slices.Equal(run(7, 1), run(7, 2)) {
		t.Error("another seed or another connection gave the same schedule")
	}
}

// TestNothingOvertakes holds any schedule against the rules that a stream
// cannot break.
func TestNothingOvertakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStream(rapid.Int64().Draw(t, "seed"), "a", "b", 1, &transmitter{})
		now, dues := int64(0), []int64{}
		for range rapid.IntRange(1, 60).Draw(t, "frames") {
			shape := Shape{
				Delay:        time.Duration(rapid.Int64Range(0, 50*ms).Draw(t, "delay")),
				Jitter:       time.Duration(rapid.Int64Range(0, 50*ms).Draw(t, "jitter")),
				Distribution: rapid.SampledFrom(Distributions()).Draw(t, "distribution"),
				Correlation:  rapid.Float64Range(0, 1).Draw(t, "correlation"),
				Loss:         rapid.SampledFrom([]float64{0, 0.1, 0.9}).Draw(t, "loss"),
				Rate:         rapid.SampledFrom([]int64{0, 1e6, 1e9}).Draw(t, "rate"),
			}
			now += rapid.Int64Range(0, 20*ms).Draw(t, "gap")
			due, amend := s.due(shape, now, rapid.IntRange(0, maxFrame).Draw(t, "length"), 2*shape.Delay)
			for i := range dues {
				if amend != 0 {
					dues[i] = min(dues[i], amend)
				}
			}
			if due < now || amend != 0 && (amend < now || due < amend) {
				t.Fatalf("sent at %d: due %d, amend %d", now, due, amend)
			}
			dues = append(dues, due)
		}
		if !slices.IsSorted(dues) {
			t.Fatalf("out of order: %v", dues)
		}
	})
}

// TestProbesChangeNoSchedule: what is measured is the same with and without.
func TestProbesChangeNoSchedule(t *testing.T) {
	shape := Shape{Delay: 10 * time.Millisecond, Jitter: 5 * time.Millisecond, Distribution: Normal}
	run := func(probed bool) (dues []int64) {
		s := testStream()
		for i := range int64(200) {
			probe := int64(0)
			if probed {
				probe = s.probe(shape, i*20*ms-ms)
			}
			due, _ := s.due(shape, i*20*ms, 100, 0)
			if due < probe {
				t.Fatalf("a probe due at %d would hold back a frame due at %d", probe, due)
			}
			dues = append(dues, due)
		}
		return dues
	}
	if !slices.Equal(run(false), run(true)) {
		t.Error("frames are due at other instants because of probes")
	}
}
