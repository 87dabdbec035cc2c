package clock

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// An Expiry knows how late the host's timers expire: by how much after its
// instant a thread that sleeps until then is made runnable. When the thread then
// runs is another matter, decided by who else wants the core.
//
// The two are told apart by a thread of our own that sleeps for a moment, now and
// then, while others wait for timers too. The kernel accounts to each thread the
// time in which it was runnable and did not run (run_delay, the second figure of
// /proc/thread-self/schedstat; Documentation/scheduler/sched-stats.rst). By how
// much that grew over the sleep is what this wake-up waited for a core, and the
// rest of its lateness is the timer's: the interrupt, a halted processor's way
// back, a hypervisor that was elsewhere, and one switch of threads. All of it is
// counted in ns; to read it costs some µs, after the instant was taken.
//
// Samples are few, so that they disturb nobody: one in sampleEvery at most, none
// where nobody waits. What is told is the median of the last ones.
type Expiry struct {
	next atomic.Int64 // no sample before this instant

	mu     sync.Mutex
	recent [expirySamples]int64
	seen   int
	usual  atomic.Int64 // the median in ns plus 1; 0: too few samples
}

const (
	// sampleEvery: four wake-ups a second beside hundreds; more often until enough
	// are known.
	sampleEvery = 250 * time.Millisecond
	firstEvery  = 25 * time.Millisecond
	// expirySamples are remembered, and leastSamples needed: seconds of waits,
	// as long as a window, and the least that a median can be taken of.
	expirySamples = 15
	leastSamples  = 5
)

// Observe may take a sample. It is called by who is about to wait for a timer.
func (e *Expiry) Observe() {
	now, next := Now(), e.next.Load()
	every := sampleEvery
	if _, known := e.Late(); !known {
		every = firstEvery
	}
	if now >= next && e.next.CompareAndSwap(next, now+int64(every)) {
		go e.sample()
	}
}

func (e *Expiry) sample() {
	if late, ok := expiryLateness(); ok {
		e.take(late)
	}
}

func (e *Expiry) take(late int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.recent[e.seen%expirySamples] = late
	e.seen++
	if e.seen < leastSamples {
		return
	}
	sorted := slices.Sorted(slices.Values(e.recent[:min(e.seen, expirySamples)]))
	e.usual.Store(1 + sorted[len(sorted)/2])
}

// Late is by how many ns timers expire late; false where that is not known.
func (e *Expiry) Late() (ns int64, known bool) {
	usual := e.usual.Load()
	return usual - 1, usual > 0
}
