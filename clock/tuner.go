package clock

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// recentWakeUps are remembered: few enough to follow the host within a
	// second of light traffic.
	recentWakeUps = 32
	// quickWakeUp is the rank, among the recent ones, from which spinning is
	// counted. Quicker ones found the processor still awake and say nothing of
	// the rest.
	quickWakeUp = recentWakeUps / 10
	// firstGuess is assumed before any wake-up is known; slowestWakeUp is what
	// a busy host can teach at most.
	firstGuess    = 12 * time.Microsecond
	slowestWakeUp = 80 * time.Microsecond
)

// SpinLimit bounds the busy wait that is planned behind each sleep: longer ones
// would steal a core from the system under test. Only a wake-up that is quicker
// than nine in ten leaves more of it. A wait that is shorter than the host's
// quicker wake-ups, some 30 µs, is no sleep at all and is spun whole.
const SpinLimit = 20 * time.Microsecond

// savedSpins is how many spins of SpinLimit may be saved up for a burst.
const savedSpins = 8

// A Tuner says how long before an instant the timer of a Waiter is to fire: by
// what a wake-up takes on this host, so that most of them come before the
// instant and a short spin ends the wait. Waiters share it, so that each learns
// from the wake-ups of all, and so that the spins of all are bounded together.
type Tuner struct {
	latency latency
	budget  budget
}

// NewTuner makes a Tuner that has the share inTime of wake-ups, from 0 to 1,
// come before the instant, as far as spinning allows. Its Waiters spin, in the
// long run, for at most one part in oneIn of a core. Where thousands of waits a
// second leave little for each, processors hardly sleep, and wake soon.
func NewTuner(inTime float64, oneIn int64) *Tuner {
	t := &Tuner{budget: budget{oneIn: oneIn}}
	t.latency.rank = min(int(inTime*recentWakeUps), recentWakeUps-1)
	t.latency.guess(int64(firstGuess))
	return t
}

// lead is how long before its instant a timer that is set at now shall fire.
func (t *Tuner) lead(now int64) int64 {
	return min(t.latency.usual.Load(), t.latency.quick.Load()+t.budget.left(now))
}

// latency is how long the host took lately from the instant of a timer until
// the goroutine ran.
type latency struct {
	mu     sync.Mutex
	recent [recentWakeUps]int64 // in ns, a ring
	seen   int
	// usual is the recent one of this rank, quick that of quickWakeUp, in ns.
	rank         int
	usual, quick atomic.Int64
}

func (l *latency) guess(ns int64) {
	for i := range l.recent {
		l.recent[i] = ns
	}
	l.usual.Store(ns)
	l.quick.Store(ns)
}

// observe takes in by how many nanoseconds a wake-up was late.
func (l *latency) observe(late int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recent[l.seen%recentWakeUps] = min(max(late, 0), int64(slowestWakeUp))
	l.seen++
	sorted := l.recent
	slices.Sort(sorted[:])
	l.usual.Store(sorted[l.rank])
	l.quick.Store(sorted[quickWakeUp])
}

// budget bounds the time that is spun: one part in oneIn of all time, of which
// a little may be saved up (a token bucket).
type budget struct {
	oneIn int64
	// paid is the instant up to which the spins so far have used up the budget;
	// it lies in the future after a spin that was longer than planned.
	paid atomic.Int64
}

// left is how long the next spin may be.
func (b *budget) left(now int64) int64 {
	return min(max(0, (now-b.paid.Load())/b.oneIn), int64(SpinLimit))
}

// spend takes a spin of ns that ended at now out of the budget.
func (b *budget) spend(ns, now int64) {
	for {
		paid := b.paid.Load()
		next := max(paid, now-ns-savedSpins*b.oneIn*int64(SpinLimit)) + b.oneIn*ns
		if b.paid.CompareAndSwap(paid, next) {
			return
		}
	}
}
