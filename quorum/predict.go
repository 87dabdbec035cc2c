package quorum

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Draw returns one value of a random duration.
type Draw func(r *rand.Rand) time.Duration

// Fixed is a duration that does not vary.
func Fixed(d time.Duration) Draw { return func(*rand.Rand) time.Duration { return d } }

// draw a value; a nil Draw is zero.
func draw(d Draw, r *rand.Rand) time.Duration {
	if d == nil {
		return 0
	}
	return d(r)
}

// LongTail draws from what is known by its median and its 99th percentile: half the
// time it is the median, and above that falls off exponentially, as waits in a queue
// do.
func LongTail(p50, p99 time.Duration) Draw {
	mean := float64(max(0, p99-p50)) / math.Log(50) // of the upper half 2 % are above
	return func(r *rand.Rand) time.Duration {
		if r.Float64() < 0.5 {
			return p50
		}
		return p50 + time.Duration(r.ExpFloat64()*mean)
	}
}

// Write is what one committed write consists of.
type Write struct {
	// Client is the way from the load generator to the leader and back.
	Client Law
	// LeaderSync is the leader's own write to its log.
	LeaderSync Law
	// Followers holds, for each of the N−1, its round trip and its sync: X_i. They
	// need not be alike, and are independent of each other.
	Followers []Law
	// Apply is the state machine's work and the answer.
	Apply Law
	// Overlap lets the leader write its log while the followers write theirs,
	// as etcd does (Ongaro, dissertation, §10.2.1). hashicorp/raft writes
	// first and then tells its followers (dispatchLogs in raft.go).
	Overlap bool
}

// Prediction is a distribution of latencies.
type Prediction struct {
	P50  time.Duration `json:"p50_ns"`
	P90  time.Duration `json:"p90_ns"`
	P99  time.Duration `json:"p99_ns"`
	Mean time.Duration `json:"mean_ns"`
	// Draws is how many times it was simulated; 0 where it is calculated.
	Draws int `json:"draws,omitempty"`
}

// MaxDraws bounds the memory of a simulated prediction: 8 bytes each.
const MaxDraws = 10_000_000

// Law of the time from the client and back. With k = ⌊N/2⌋ and X₍k₎ the k-th
// smallest of the followers' X:
//
//	T = client + sync + X₍k₎ + apply       the leader writes first
//	T = client + max(sync, X₍k₎) + apply   with Overlap
//
// It is a floor: queueing, CPU and the scheduler only add to it.
func (w Write) Law() Law {
	replicated := w.Quorum()
	if w.Overlap {
		replicated = LaterOf(w.LeaderSync, replicated)
	} else {
		replicated = w.LeaderSync.Plus(replicated)
	}
	return w.Client.Plus(replicated).Plus(w.Apply)
}

// Quorum is the law of X₍k₎, what the followers take until a majority has the entry;
// 0 where the leader alone is one.
func (w Write) Quorum() Law {
	return Smallest(Size(len(w.Followers)+1).Followers(), w.Followers)
}

// Predict sums up what a write takes.
func (w Write) Predict() Prediction { return w.Law().Summary() }

// Summary is what is shown of a law.
func (l Law) Summary() Prediction {
	return Prediction{P50: l.Quantile(0.5), P90: l.Quantile(0.9), P99: l.Quantile(0.99), Mean: l.Mean()}
}

// summarise sorts times in place; percentiles are by nearest rank.
func summarise(times []time.Duration) Prediction {
	slices.Sort(times)
	var sum float64
	for _, t := range times {
		sum += float64(t)
	}
	rank := func(p int) time.Duration { return times[max((len(times)*p+99)/100, 1)-1] }
	return Prediction{
		P50: rank(50), P90: rank(90), P99: rank(99),
		Mean:  time.Duration(sum / float64(len(times))),
		Draws: len(times),
	}
}
