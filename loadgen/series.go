package loadgen

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// series cuts a window into parts of equal length (the last may be shorter).
// It has a sparse histogram for each part, so its memory is that of the
// distinct latencies, not of the operations.
type series struct {
	length time.Duration // of the window
	step   time.Duration
	parts  []part
}

type part struct {
	latency           *hdrhistogram.PackedHistogram
	completed, failed int64
	inFlight          time.Duration // summed over operations
}

func newSeries(length, step time.Duration) *series {
	return &series{length: length, step: step, parts: make([]part, (length+step-1)/step)}
}

// at is the part that holds instant t, or nil outside the window.
func (s *series) at(t time.Duration) *part {
	if t < 0 || t >= s.length {
		return nil
	}
	return &s.parts[t/s.step]
}

// add records a finished operation: its latency where it was intended, its
// completion where it completed, its presence wherever it was outstanding.
func (s *series) add(op *Op) (refused bool) {
	if p := s.at(op.Done); p != nil && op.Err == nil {
		p.completed++
	} else if p != nil {
		p.failed++
	}
	if p := s.at(op.Intended); p != nil && op.Err == nil {
		if p.latency == nil {
			// Two digits: a point of a chart, not a result.
			p.latency = hdrhistogram.NewPacked(1, int64(longest), 2)
		}
		refused = p.latency.RecordValue(int64(op.Done-op.Intended)) != nil
	}
	s.occupy(op.Sent, op.Done)
	return refused
}

// occupy adds the time from sent to done to the parts that it falls in.
func (s *series) occupy(sent, done time.Duration) {
	sent, done = max(sent, 0), min(done, s.length)
	for sent < done {
		i := sent / s.step
		end := min((i+1)*s.step, done)
		s.parts[i].inFlight += end - sent
		sent = end
	}
}

func (s *series) merge(from *series) (refused int64) {
	for i := range s.parts {
		to, p := &s.parts[i], &from.parts[i]
		to.completed += p.completed
		to.failed += p.failed
		to.inFlight += p.inFlight
		switch {
		case p.latency == nil:
		case to.latency == nil:
			to.latency = p.latency.Clone()
		default:
			refused += to.latency.Merge(p.latency)
		}
	}
	return refused
}

func (s *series) points() []Point {
	points := make([]Point, len(s.parts))
	for i := range s.parts {
		p, at := &s.parts[i], time.Duration(i)*s.step
		length := min(s.step, s.length-at)
		points[i] = Point{
			At: at, Length: length, Completed: p.completed, Failed: p.failed,
			MeanInFlight: p.inFlight.Seconds() / length.Seconds(),
		}
		if p.latency != nil {
			points[i].P50 = time.Duration(p.latency.ValueAtPercentile(50))
			points[i].P99 = time.Duration(p.latency.ValueAtPercentile(99))
		}
	}
	return points
}
