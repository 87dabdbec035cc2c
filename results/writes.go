package results

// Writes are a load's writes one by one, in the order in which they were sent: what a
// client saw at each instant of a trial in which faults were done. Lists are of one
// length and in microseconds, so that ten thousand writes take some 100 kB of a trial's
// line.
type Writes struct {
	// StartNS is when the first was sent, on CLOCK_MONOTONIC.
	StartNS int64 `json:"start_ns"`
	// Every: of so many writes one is here.
	Every int64 `json:"every"`
	// SentUS is how long after the one before each was sent, TookUS how long from then
	// until it was answered, or failed.
	SentUS []int64 `json:"sent_us"`
	TookUS []int64 `json:"took_us"`
	// Outcomes has a letter for each write: one of WriteAcked, WriteFailed and
	// WriteUnknown.
	Outcomes string `json:"outcomes"`
}

// What became of a write.
const (
	WriteAcked   = 'a' // acknowledged
	WriteFailed  = 'f' // refused: it did not happen
	WriteUnknown = 'u' // it may have happened or not
)

func (w *Writes) check(r *ranges) {
	if w == nil {
		return
	}
	n := len(w.SentUS)
	r.lists(n)
	r.times(w.StartNS)
	r.within("writes.every", w.Every, 1, maxCount)
	if len(w.TookUS) != n || len(w.Outcomes) != n {
		r.fail("writes: %d sent, %d times and %d outcomes, want one of each", n, len(w.TookUS), len(w.Outcomes))
		return
	}
	at := int64(0)
	for i := range n {
		r.within("writes.sent_us", w.SentUS[i], 0, maxTimeNS/1000)
		r.within("writes.took_us", w.TookUS[i], 0, maxTimeNS/1000)
		switch w.Outcomes[i] {
		case WriteAcked, WriteFailed, WriteUnknown:
		default:
			r.fail("writes: outcome %q, want %q, %q or %q", w.Outcomes[i], WriteAcked, WriteFailed, WriteUnknown)
		}
		if r.first != nil {
			return
		}
		if at += w.SentUS[i]; at > maxTimeNS/1000 {
			r.fail("writes: sent over %d us, want at most %d", at, int64(maxTimeNS/1000))
			return
		}
	}
}
