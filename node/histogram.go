package node

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/control"
)

// histogram records durations from many goroutines; the library's own is not
// synchronised.
type histogram struct {
	mu sync.Mutex
	h  *hdrhistogram.Histogram
}

// longest duration that is told apart; a longer one counts as this.
const longest = time.Minute

func newHistogram() *histogram {
	return &histogram{h: hdrhistogram.New(1, longest.Nanoseconds(), 3)}
}

func (h *histogram) record(d time.Duration) {
	ns := min(max(d.Nanoseconds(), 1), longest.Nanoseconds())
	h.mu.Lock()
	defer h.mu.Unlock()
	_ = h.h.RecordValue(ns) // within the range by construction
}

func (h *histogram) encode() control.Histogram {
	h.mu.Lock()
	defer h.mu.Unlock()
	return encodeHistogram(h.h)
}

func encodeHistogram(h *hdrhistogram.Histogram) control.Histogram {
	if h == nil {
		return ""
	}
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return "" // writing to memory does not fail
	}
	return control.Histogram(b)
}
