package netem

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Arrival is what came in over one link since the endpoint was made.
type Arrival struct {
	From string
	// Bytes of payload and frames of any kind.
	Bytes, Frames int64
	// Asked is the delay that the sender's shape asked for when last heard.
	Asked time.Duration
	// Error is how late frames were released against their due instant, in ns.
	// Frames that were due before anybody wanted them are left out: their
	// release tells when the reader came, not how true the link is.
	Error *hdrhistogram.Histogram
}

// worstError is the histogram's upper end; what is later counts as that.
const worstError = int64(time.Minute)

// arrivals is the account of one sender.
type arrivals struct {
	mu            sync.Mutex
	bytes, frames int64
	asked         int64
	late          *hdrhistogram.Histogram
}

func newArrivals() *arrivals { return &arrivals{late: hdrhistogram.New(1, worstError, 3)} }

// record counts a frame that was released at now. One that was due before
// anybody wanted it says nothing about the link.
func (a *arrivals) record(r released, now int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.frames++
	if r.kind == kindData {
		a.bytes += int64(r.length)
	}
	a.asked = r.asked
	if r.due != 0 && !r.missed {
		_ = a.late.RecordValue(min(max(now-r.due, 0), worstError))
	}
}

func (a *arrivals) snapshot(from string) Arrival {
	a.mu.Lock()
	defer a.mu.Unlock()
	return Arrival{
		From: from, Bytes: a.bytes, Frames: a.frames, Asked: time.Duration(a.asked),
		Error: hdrhistogram.Import(a.late.Export()),
	}
}
