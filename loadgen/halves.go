package loadgen

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// halves tell the medians of a window's two halves, from every operation and
// to three digits: the parts' own medians rest on too few to tell 5 %.
type halves struct {
	length time.Duration
	h      [2]*hdrhistogram.Histogram
}

func newHalves(length time.Duration) *halves {
	return &halves{length, [2]*hdrhistogram.Histogram{newHistogram(), newHistogram()}}
}

// add records an acknowledged operation in the half that it was intended in;
// what the latency's own histogram refuses is counted there.
func (s *halves) add(op *Op) {
	i := 0
	if op.Intended >= s.length/2 {
		i = 1
	}
	_ = s.h[i].RecordValue(int64(op.Done - op.Intended))
}

func (s *halves) merge(from *halves) {
	for i := range s.h {
		s.h[i].Merge(from.h[i])
	}
}

// medians are zero where a half saw nothing.
func (s *halves) medians() (m [2]time.Duration) {
	for i, h := range s.h {
		if h.TotalCount() > 0 {
			m[i] = time.Duration(h.ValueAtPercentile(50))
		}
	}
	return m
}
