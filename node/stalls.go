package node

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// stalls are the stretches of time in which an emulated disk answers no write.
// They come at random: the time from the end of one to the beginning of the next
// is exponential, so that knowing when the last one was tells nothing of the
// next. A write that meets a stall waits for its end, and is done then; one that
// is under way when a stall begins is answered at its end. Reads are not held:
// what raft reads is in the page cache.
//
// One node's schedule follows from its seed and begins when its disk is opened.
// The nil stalls never hold anything.
type stalls struct {
	length, every time.Duration

	mu  sync.Mutex
	rng *rand.Rand
	// next is when the stall begins that is under way or is to come.
	next int64

	held   atomic.Int64 // writes
	heldNS atomic.Int64
}

// newStalls begins a schedule now; nil where the storage has no stalls.
func newStalls(s control.Storage, seed, now int64) *stalls {
	if s.StallLength <= 0 {
		return nil
	}
	st := &stalls{length: s.StallLength, every: s.StallEvery}
	st.rng = rand.New(rand.NewPCG(uint64(seed), 0x7374616c6c)) //nolint:gosec // a recorded seed, no secret
	st.next = now + st.gap()
	return st
}

// gap between two stalls.
func (s *stalls) gap() int64 { return int64(s.rng.ExpFloat64() * float64(s.every)) }

// until is the end of the stall that is under way at now; 0 where none is.
func (s *stalls) until(now int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.next+int64(s.length) <= now {
		s.next += int64(s.length) + s.gap()
	}
	if now < s.next {
		return 0
	}
	return s.next + int64(s.length)
}

// wait returns when no stall is under way, and for how long one was waited for.
func (s *stalls) wait() time.Duration {
	if s == nil {
		return 0
	}
	begin := clock.Now()
	end := s.until(begin)
	if end == 0 {
		return 0
	}
	clock.SleepNear(end)
	return time.Duration(end - begin)
}

// count takes in for how long one write was held.
func (s *stalls) count(held time.Duration) {
	if held > 0 {
		s.held.Add(1)
		s.heldNS.Add(int64(held))
	}
}

// writes that were held so far, and time in sum.
func (s *stalls) writes() int64 {
	if s == nil {
		return 0
	}
	return s.held.Load()
}

func (s *stalls) time() time.Duration {
	if s == nil {
		return 0
	}
	return time.Duration(s.heldNS.Load())
}
