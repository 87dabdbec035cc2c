package quorum

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const ms = time.Millisecond

// The mean of the k-th smallest of m exponentials is Σ 1/(m−i), i < k (Rényi
// 1953): 0.50, 0.84, 0.58 and 0.61 for 3, 4, 5 and 7 members. The fourth node
// makes writes slower than three or five.
func TestFourthNodeIsSlowerUnderJitter(t *testing.T) {
	mean := map[int]float64{}
	for _, n := range []int{3, 4, 5, 7, 101} {
		w := Write{Followers: slices.Repeat([]Law{Exponential(0, time.Second)}, n-1)}
		var want float64
		for i := range Size(n).Followers() {
			want += 1 / float64(n-1-i)
		}
		mean[n] = w.Predict().Mean.Seconds()
		if math.Abs(mean[n]-want) > 2e-4 {
			t.Errorf("%d members: mean %.5f, want %.5f", n, mean[n], want)
		}
	}
	if mean[4] <= mean[3] || mean[4] <= mean[5] {
		t.Errorf("4 members are not the slowest: %v", mean)
	}
}

// With constant round trips all sizes tie, to the nanosecond.
func TestSizesTieWithoutJitter(t *testing.T) {
	for _, n := range []int{3, 4, 5, 7, 101} {
		w := Write{LeaderSync: Always(ms), Followers: slices.Repeat([]Law{Always(25 * ms)}, n-1), Apply: Always(2 * ms), Client: Always(3 * ms)}
		if got, want := w.Predict(), (Prediction{P50: 31 * ms, P90: 31 * ms, P99: 31 * ms, Mean: 31 * ms}); got != want {
			t.Errorf("%d members: %+v", n, got)
		}
	}
}

// Ongaro, dissertation, §10.2.1: the leader may write its log while its
// followers write theirs.
func TestOverlapHidesTheShorterWrite(t *testing.T) {
	w := Write{LeaderSync: Always(4 * ms), Followers: []Law{Always(3 * ms), Always(3 * ms)}}
	first := w.Predict()
	w.Overlap = true
	if overlapped := w.Predict(); first.P50 != 7*ms || overlapped.P50 != 4*ms {
		t.Errorf("got %s and %s, want 7ms and 4ms", first.P50, overlapped.P50)
	}
}

func TestOneMemberWaitsForNobody(t *testing.T) {
	if p := (Write{LeaderSync: Always(ms)}).Predict(); p.P99 != ms {
		t.Errorf("got %s", p.P99)
	}
}

// simulated is the oracle of Write.Predict: it draws the time of a write again and
// again, as the formula says it.
func simulated(w Write, draws int, seed uint64) Prediction {
	r := rand.New(rand.NewPCG(seed, 0))
	client, sync, apply := w.Client.Draw(), w.LeaderSync.Draw(), w.Apply.Draw()
	var followers []Draw
	for _, l := range w.Followers {
		followers = append(followers, l.Draw())
	}
	times, acks := make([]time.Duration, draws), make([]time.Duration, len(followers))
	for i := range times {
		for j, d := range followers {
			acks[j] = d(r)
		}
		slices.Sort(acks)
		var quorum time.Duration
		if len(acks) > 0 {
			quorum = acks[Size(len(acks)+1).Followers()-1]
		}
		replicated := sync(r)
		if w.Overlap {
			replicated = max(replicated, quorum)
		} else {
			replicated += quorum
		}
		times[i] = client(r) + replicated + apply(r)
	}
	return summarise(times)
}

// Followers that are all unlike: near and far, steady and with long tails.
func TestPredictionAgainstSimulation(t *testing.T) {
	uneven := func(n int) (all []Law) {
		for i := range n - 1 {
			rtt := time.Duration(5+7*(i%4)) * ms
			switch i % 3 {
			case 0:
				all = append(all, Always(rtt))
			case 1:
				all = append(all, Exponential(rtt, time.Duration(i)*ms))
			default:
				all = append(all, Likely(rtt-4*ms, rtt+4*ms, func(d time.Duration) float64 { return float64(d-rtt+4*ms) / float64(8*ms) }).Plus(Exponential(0, 2*ms)))
			}
		}
		return all
	}
	const draws = 100_000
	for _, n := range []int{2, 3, 4, 5, 6, 7, 9} {
		for _, overlap := range []bool{false, true} {
			w := Write{
				Client: Exponential(ms/2, ms/4), LeaderSync: Exponential(ms, 2*ms), Followers: uneven(n),
				Apply: Always(ms / 5), Overlap: overlap,
			}
			got, want := w.Predict(), simulated(w, draws, uint64(n))
			// A quantile of so many draws is off by less than five standard errors of its
			// probability, whatever the law: that is asked of the law itself.
			law := w.Law()
			for p, at := range map[float64]time.Duration{0.5: want.P50, 0.9: want.P90, 0.99: want.P99} {
				if off := math.Abs(law.AtMost(at) - p); off > 5*math.Sqrt(p*(1-p)/draws)+1e-3 {
					t.Errorf("%d members, overlap %v: %s is exceeded by %.4f of writes, simulated by %.4f", n, overlap, at, 1-law.AtMost(at), 1-p)
				}
			}
			if off := math.Abs(float64(got.Mean-want.Mean)) / float64(want.Mean); off > 0.005 {
				t.Errorf("%d members, overlap %v: mean %s, simulated %s", n, overlap, got.Mean, want.Mean)
			}
		}
	}
}
