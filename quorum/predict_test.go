package quorum

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const ms = time.Millisecond

func exponential(mean time.Duration) Draw {
	return func(r *rand.Rand) time.Duration { return time.Duration(r.ExpFloat64() * float64(mean)) }
}

func repeat(n int, d Draw) []Draw {
	all := make([]Draw, n)
	for i := range all {
		all[i] = d
	}
	return all
}

// The mean of the k-th smallest of m exponentials is Σ 1/(m−i), i < k (Rényi
// 1953): 0.50, 0.84, 0.58 and 0.61 for 3, 4, 5 and 7 members. The fourth node
// makes writes slower than three or five.
func TestFourthNodeIsSlowerUnderJitter(t *testing.T) {
	mean := map[int]float64{}
	for _, n := range []int{3, 4, 5, 7} {
		w := Write{Followers: repeat(n-1, exponential(time.Second))}
		p, err := w.Predict(200_000, 1)
		if err != nil {
			t.Fatal(err)
		}
		var want float64
		for i := range Size(n).Followers() {
			want += 1 / float64(n-1-i)
		}
		mean[n] = p.Mean.Seconds()
		// Five standard errors of 200,000 draws are below 0.01.
		if math.Abs(mean[n]-want) > 0.01 {
			t.Errorf("%d members: mean %.3f, want %.3f", n, mean[n], want)
		}
	}
	if mean[4] <= mean[3] || mean[4] <= mean[5] {
		t.Errorf("4 members are not the slowest: %v", mean)
	}
}

// With constant round trips all sizes tie.
func TestSizesTieWithoutJitter(t *testing.T) {
	for _, n := range []int{3, 4, 5, 7} {
		w := Write{LeaderSync: Fixed(ms), Followers: repeat(n-1, Fixed(25*ms)), Apply: Fixed(2 * ms), Client: Fixed(3 * ms)}
		p, err := w.Predict(10, 1)
		if err != nil {
			t.Fatal(err)
		}
		if want := (Prediction{P50: 31 * ms, P90: 31 * ms, P99: 31 * ms, Mean: 31 * ms, Draws: 10}); p != want {
			t.Errorf("%d members: %+v", n, p)
		}
	}
}

// Ongaro, dissertation, §10.2.1: the leader may write its log while its
// followers write theirs.
func TestOverlapHidesTheShorterWrite(t *testing.T) {
	w := Write{LeaderSync: Fixed(4 * ms), Followers: repeat(2, Fixed(3*ms))}
	first, _ := w.Predict(1, 1)
	w.Overlap = true
	overlapped, _ := w.Predict(1, 1)
	if first.P50 != 7*ms || overlapped.P50 != 4*ms {
		t.Errorf("got %s and %s, want 7ms and 4ms", first.P50, overlapped.P50)
	}
}

func TestOneMemberWaitsForNobody(t *testing.T) {
	p, err := Write{LeaderSync: Fixed(ms)}.Predict(3, 1)
	if err != nil || p.P99 != ms {
		t.Errorf("got %s, %v", p.P99, err)
	}
}

func TestPredictionFollowsItsSeed(t *testing.T) {
	w := Write{Followers: repeat(4, Sum(Samples([]time.Duration{1, 2, 3, 5, 8, 13, 21}), exponential(ms)))}
	a, _ := w.Predict(1000, 7)
	b, _ := w.Predict(1000, 7)
	c, _ := w.Predict(1000, 8)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error("the same seed differs:", diff)
	}
	if a == c {
		t.Error("another seed gives the same")
	}
}

func TestPredictRefusesSenselessDraws(t *testing.T) {
	for _, draws := range []int{0, -1, MaxDraws + 1} {
		if _, err := (Write{}).Predict(draws, 1); err == nil {
			t.Errorf("%d draws were accepted", draws)
		}
	}
}

// hashicorp/raft's defaults carry 2·64 entries a round trip; 25 ms is the
// published example.
func TestPipelineBound(t *testing.T) {
	if got := PipelineBound(64, 2, 25*ms); got != 5120 {
		t.Errorf("got %v, want 5120", got)
	}
	if got := PipelineBound(64, 16, 25*ms); got != 40960 {
		t.Errorf("got %v, want 40960", got)
	}
	if got := PipelineBound(64, 2, 0); got != 0 {
		t.Errorf("got %v without a round trip", got)
	}
}

func TestEfficiencyAboveOneIsNoFigure(t *testing.T) {
	if e, err := Efficiency(8*ms, 10*ms); err != nil || e != 0.8 {
		t.Errorf("got %v, %v", e, err)
	}
	if e, err := Efficiency(102*ms, 100*ms); err != nil || e != 1.02 {
		t.Errorf("got %v, %v", e, err)
	}
	if _, err := Efficiency(103*ms, 100*ms); !errors.Is(err, ErrCalibration) {
		t.Errorf("got %v", err)
	}
	if _, err := Efficiency(ms, 0); err == nil {
		t.Error("a measured median of 0 was accepted")
	}
}
