package netem

import (
	"math"
	"testing"
	"time"
)

// realised are the mean and the standard deviation of the delays of frames that
// are sent at this rate over a link of shape s.
func realised(s Shape, frames int, every time.Duration) (mean, sd float64) {
	stream := newStream(1, "a", "b", 1, &transmitter{})
	var delays []float64
	for i := range frames {
		now := int64(i+1) * int64(every)
		due, _ := stream.due(s, now, 100, 0)
		delays = append(delays, float64(due-now))
		mean += float64(due-now) / float64(frames)
	}
	for _, d := range delays {
		sd += (d - mean) * (d - mean) / float64(frames)
	}
	return mean, math.Sqrt(sd)
}

// At 10,000 frames a second a link has the delay and the jitter that were asked,
// to 2 %, as long as frames need not wait for those before them; where they must,
// since a stream keeps its order, the mean is above what was asked.
func TestRealisedJitter(t *testing.T) {
	const frames, every = 10_000, 100 * time.Microsecond
	s := Shape{Delay: 5 * time.Millisecond, Jitter: 10 * time.Microsecond, Distribution: Normal}
	mean, sd := realised(s, frames, every)
	if off := mean/float64(s.Delay) - 1; math.Abs(off) > 0.02 {
		t.Errorf("mean %v, asked %v", time.Duration(mean), s.Delay)
	}
	if off := sd/float64(s.Jitter) - 1; math.Abs(off) > 0.02 {
		t.Errorf("standard deviation %v, asked %v", time.Duration(sd), s.Jitter)
	}
	s.Jitter = time.Millisecond
	if mean, _ := realised(s, frames, every); mean < 1.02*float64(s.Delay) {
		t.Errorf("mean %v of frames that wait for each other, want it above %v", time.Duration(mean), s.Delay)
	}
}

// A shape's moments are those of the delays that are drawn from it, also where the
// distribution is cut off at zero.
func TestMomentsAreThoseOfTheDelaysDrawn(t *testing.T) {
	const draws = 400_000
	for _, d := range Distributions() {
		for _, jitter := range []time.Duration{time.Millisecond, 4 * time.Millisecond} {
			s := Shape{Delay: 5 * time.Millisecond, Jitter: jitter, Distribution: d}
			// So seldom that no frame waits for another.
			mean, sd := realised(s, draws, time.Second)
			got := s.Moments()
			if math.Abs(got.Mean/mean-1) > 0.01 || math.Abs(got.SD/sd-1) > 0.02 || got.Kurtosis < 1 {
				t.Errorf("%s of %v: got %+v, want mean %.0f and deviation %.0f", d, jitter, got, mean, sd)
			}
		}
	}
}
