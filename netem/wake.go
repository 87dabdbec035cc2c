package netem

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A timer is set to fire early by what the wake-up after it will take, so that
// most wake-ups come before the due instant and a short spin ends the wait.
// How long a wake-up takes is the host's mood, learnt from the last ones.
const (
	// recentWakes are remembered: few enough to follow the host within a
	// second of light traffic.
	recentWakes = 32
	// usualWake of them come in time, as far as spinning allows, which puts
	// the median error at that of reading the clock.
	usualWake = recentWakes * 5 / 8
	// quickWake is where spinning is counted from. Quicker ones found the
	// processor still awake and say nothing of the rest.
	quickWake = recentWakes / 10
	// firstWake is the guess before any is known, worstWake what a busy host
	// can teach at most.
	firstWake = 12 * time.Microsecond
	worstWake = 80 * time.Microsecond
	// Spinning is bounded in the long run, too, to one part in so many of a
	// core. Where thousands of frames a second leave little for each,
	// processors hardly sleep, and wake soon. A pacer's instants are what
	// latency counts from, and worth more.
	linkShare  = 200
	sleepShare = 20
	// savedSpins is how many whole ones may be saved up for a burst.
	savedSpins = 8
)

// wakeUps learns how long the host takes from a timer's instant to the
// goroutine running, and says how early to aim.
type wakeUps struct {
	share  int64
	mu     sync.Mutex
	recent [recentWakes]int64 // in ns, a ring
	seen   int
	// usual and quick follow from recent, in ns.
	usual, quick atomic.Int64
	// paid is the instant up to which the spins so far are paid for.
	paid atomic.Int64
}

// This process's, of its links and of SleepUntil.
var (
	linkWakes  = newWakeUps(linkShare)
	sleepWakes = newWakeUps(sleepShare)
)

func newWakeUps(share int64) *wakeUps {
	w := &wakeUps{share: share}
	for i := range w.recent {
		w.recent[i] = int64(firstWake)
	}
	w.usual.Store(int64(firstWake))
	w.quick.Store(int64(firstWake))
	return w
}

// note feeds the lateness of one wake-up.
func (w *wakeUps) note(late int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recent[w.seen%recentWakes] = min(max(late, 0), int64(worstWake))
	w.seen++
	sorted := w.recent
	slices.Sort(sorted[:])
	w.usual.Store(sorted[usualWake])
	w.quick.Store(sorted[quickWake])
}

// lead is how long before its due instant a wait at now aims.
func (w *wakeUps) lead(now int64) int64 {
	return min(w.usual.Load(), w.quick.Load()+w.credit(now))
}

// credit is how long the next spin may be.
func (w *wakeUps) credit(now int64) int64 {
	return min(max(0, (now-w.paid.Load())/w.share), int64(SpinLimit))
}

// spun pays for a spin of ns that ended at now.
func (w *wakeUps) spun(ns, now int64) {
	for {
		paid := w.paid.Load()
		next := max(paid, now-ns-savedSpins*w.share*int64(SpinLimit)) + w.share*ns
		if w.paid.CompareAndSwap(paid, next) {
			return
		}
	}
}
