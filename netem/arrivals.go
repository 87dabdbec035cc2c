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
	// Error is how late frames were released against their due instant, in ns,
	// and Realised how long after they were sent. Frames that were due before
	// anybody wanted them are left out of both: their release tells when the
	// reader came, not how true the link is.
	Error, Realised *hdrhistogram.Histogram
	// Own and CoreWait are the two parts of each Error: what is the link's own
	// fault, and for how long its reader waited for a core. See lateness.
	Own, CoreWait *hdrhistogram.Histogram
}

// What is later than worst, or takes longer than longest, counts as that.
const (
	worst   = int64(time.Minute)
	longest = 2 * int64(maxDelay)
)

// arrivals is the account of one sender.
type arrivals struct {
	mu            sync.Mutex
	bytes, frames int64
	asked         int64
	// late and took are made for the first frame that they tell of: a peer that
	// never sends one costs little.
	late, took, own, waited *hdrhistogram.Histogram
	transit                 transit
}

// Errors are told in ns, to two digits: a node of seven sends 24 of these at every
// reading, and a third digit makes each eight times as large. Whole delays are told
// in µs, to three.
func newLate() *hdrhistogram.Histogram { return hdrhistogram.New(1, worst, 2) }
func newTook() *hdrhistogram.Histogram { return hdrhistogram.New(1000, longest, 3) }

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
	a.transit.observe(r.came - r.sent)
	if r.due == 0 || r.missed {
		return
	}
	if a.late == nil {
		a.late, a.took, a.own, a.waited = newLate(), newTook(), newLate(), newLate()
	}
	late := min(max(now-r.due, 0), worst)
	own := min(lateness{r, now, &a.transit}.own(), late)
	_ = a.late.RecordValue(late)
	_ = a.own.RecordValue(own)
	_ = a.waited.RecordValue(late - own)
	_ = a.took.RecordValue(min(max(now-r.sent, 0), longest))
}

func (a *arrivals) snapshot(from string) Arrival {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := a.countsLocked(from)
	out.Error, out.Realised = clone(a.late, newLate), clone(a.took, newTook)
	out.Own, out.CoreWait = clone(a.own, newLate), clone(a.waited, newLate)
	return out
}

// counts leave the histograms out.
func (a *arrivals) counts(from string) Arrival {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.countsLocked(from)
}

func (a *arrivals) countsLocked(from string) Arrival {
	return Arrival{From: from, Bytes: a.bytes, Frames: a.frames, Asked: time.Duration(a.asked)}
}

func clone(h *hdrhistogram.Histogram, empty func() *hdrhistogram.Histogram) *hdrhistogram.Histogram {
	if h == nil {
		return empty()
	}
	return hdrhistogram.Import(h.Export())
}
