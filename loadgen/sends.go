package loadgen

import (
	"sync"
	"time"
)

// maxSends are kept of a window: enough to tell how its gaps are distributed,
// whatever the rate.
const maxSends = 2000

// sends keeps when the schedule's first operations were sent.
type sends struct {
	mu sync.Mutex
	at []time.Duration // by number; notSent where it was dropped
}

const notSent time.Duration = -1 << 63

// note is called for each operation, in any order.
func (s *sends) note(seq int64, at time.Duration) {
	if seq >= maxSends {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for int64(len(s.at)) <= seq {
		s.at = append(s.at, notSent)
	}
	s.at[seq] = at
}

// unbroken are the instants up to the first operation that was not sent.
func (s *sends) unbroken() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, at := range s.at {
		if at == notSent {
			return s.at[:i]
		}
	}
	return s.at
}
