package quorum

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Draw returns one value of a random duration.
type Draw func(r *rand.Rand) time.Duration

// Fixed is a duration that does not vary.
func Fixed(d time.Duration) Draw { return func(*rand.Rand) time.Duration { return d } }

// Samples draws from what was measured, each as likely as the next. Without
// samples it is zero.
func Samples(s []time.Duration) Draw {
	if len(s) == 0 {
		return Fixed(0)
	}
	return func(r *rand.Rand) time.Duration { return s[r.IntN(len(s))] }
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

// Sum is the sum of independent draws: a round trip and then a sync.
func Sum(draws ...Draw) Draw {
	return func(r *rand.Rand) time.Duration {
		var sum time.Duration
		for _, d := range draws {
			sum += d(r)
		}
		return sum
	}
}

// Write is what one committed write consists of. A nil Draw is zero.
type Write struct {
	// Client is the way from the load generator to the leader and back.
	Client Draw
	// LeaderSync is the leader's own write to its log.
	LeaderSync Draw
	// Followers holds, for each of the N−1, its round trip and its sync: X_i.
	Followers []Draw
	// Apply is the state machine's work and the answer.
	Apply Draw
	// Overlap lets the leader write its log while the followers write theirs,
	// as etcd does (Ongaro, dissertation, §10.2.1). hashicorp/raft writes
	// first and then tells its followers (dispatchLogs in raft.go).
	Overlap bool
}

// Prediction is a distribution of latencies.
type Prediction struct {
	P50   time.Duration `json:"p50_ns"`
	P90   time.Duration `json:"p90_ns"`
	P99   time.Duration `json:"p99_ns"`
	Mean  time.Duration `json:"mean_ns"`
	Draws int           `json:"draws"`
}

// MaxDraws bounds the memory of a prediction: 8 bytes each.
const MaxDraws = 10_000_000

// Predict draws the time of a write again and again. It is a floor: queueing,
// CPU and the scheduler only add to it. With k = ⌊N/2⌋ and X₍k₎ the k-th
// smallest of the followers' X:
//
//	T = client + sync + X₍k₎ + apply       the leader writes first
//	T = client + max(sync, X₍k₎) + apply   with Overlap
//
// The same seed gives the same prediction.
func (w Write) Predict(draws int, seed int64) (Prediction, error) {
	if draws < 1 || draws > MaxDraws {
		return Prediction{}, fmt.Errorf("got %d draws, want 1 to %d", draws, MaxDraws)
	}
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	times := make([]time.Duration, draws)
	acks := make([]time.Duration, len(w.Followers))
	for i := range times {
		times[i] = w.once(r, acks)
	}
	return summarise(times), nil
}

// once reuses acks, one for each follower.
func (w Write) once(r *rand.Rand, acks []time.Duration) time.Duration {
	for i, x := range w.Followers {
		acks[i] = draw(x, r)
	}
	slices.Sort(acks)
	var quorum time.Duration
	if k := Size(len(acks) + 1).Followers(); k > 0 {
		quorum = acks[k-1]
	}
	sync := draw(w.LeaderSync, r)
	replicated := sync + quorum
	if w.Overlap {
		replicated = max(sync, quorum)
	}
	return draw(w.Client, r) + replicated + draw(w.Apply, r)
}

func draw(d Draw, r *rand.Rand) time.Duration {
	if d == nil {
		return 0
	}
	return d(r)
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

// PipelineBound is how many entries a second one follower's pipeline carries:
// at most inFlight batches of batch entries a round trip. With hashicorp/raft's
// defaults that is 2·64/R. It is 0, no bound, where the round trip is 0.
func PipelineBound(batch, inFlight int, rtt time.Duration) float64 {
	if rtt <= 0 {
		return 0
	}
	return float64(batch) * float64(max(1, inFlight)) / rtt.Seconds()
}

// ErrCalibration says that a floor is above what was measured.
var ErrCalibration = errors.New("the floor is above what was measured: the calibration is wrong")

// mostEfficient leaves room for the noise of two medians.
const mostEfficient = 1.02

// Efficiency is the floor's share of what was measured, both medians at low
// load. Above 1.02 the calibration is wrong and there is no figure to print:
// the error is ErrCalibration.
func Efficiency(floor, measured time.Duration) (float64, error) {
	if measured <= 0 {
		return 0, fmt.Errorf("got a measured median of %s, want more than 0", measured)
	}
	e := float64(floor) / float64(measured)
	if e > mostEfficient {
		return 0, fmt.Errorf("%w: floor %s, measured %s", ErrCalibration, floor, measured)
	}
	return e, nil
}
