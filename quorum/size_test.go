package quorum

import (
	"math/bits"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Ongaro, dissertation, §2.1 and §3.4; an even size needs a larger majority
// than the odd size below it, and tolerates no more.
func TestEvenSizesBuyNoTolerance(t *testing.T) {
	for n := Size(2); n <= 98; n += 2 {
		if n.Tolerates() != (n - 1).Tolerates() {
			t.Errorf("%d members tolerate %d failures, %d tolerate %d", n, n.Tolerates(), n-1, (n - 1).Tolerates())
		}
		if n.Quorum() != (n-1).Quorum()+1 {
			t.Errorf("a quorum of %d is %d, of %d %d", n, n.Quorum(), n-1, (n - 1).Quorum())
		}
	}
}

// Raft paper, §5.1: "five is a typical number, which allows the system to
// tolerate two failures".
func TestSizesOfThePaper(t *testing.T) {
	for _, c := range []struct{ n, quorum, tolerates, followers int }{
		{1, 1, 0, 0}, {2, 2, 0, 1}, {3, 2, 1, 1}, {4, 3, 1, 2}, {5, 3, 2, 2}, {7, 4, 3, 3},
	} {
		n := Size(c.n)
		if n.Quorum() != c.quorum || n.Tolerates() != c.tolerates || n.Followers() != c.followers {
			t.Errorf("%d: quorum %d, tolerates %d, followers %d, want %+v", n, n.Quorum(), n.Tolerates(), n.Followers(), c)
		}
	}
}

// Any two majorities share a member (Ongaro, dissertation, §3.6.3), and what
// is left after the tolerated failures still is one: by trying every subset.
func TestMajoritiesIntersect(t *testing.T) {
	for n := Size(1); n <= 7; n++ {
		for a := range uint(1) << n {
			if bits.OnesCount(a) != n.Quorum() {
				continue
			}
			for b := range uint(1) << n {
				if bits.OnesCount(b) >= n.Quorum() && a&b == 0 {
					t.Fatalf("%d members: majorities %b and %b are disjoint", n, a, b)
				}
			}
		}
		if int(n)-n.Tolerates() < n.Quorum() || int(n)-n.Tolerates()-1 >= n.Quorum() {
			t.Errorf("%d members: %d is not the most that may fail", n, n.Tolerates())
		}
	}
}

// A write is committed when the first set of followers that makes a quorum
// has answered: the fastest, over all such sets, of each set's slowest.
func TestCompletingRTTIsTheFastestQuorum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(t, "n")
		rtts := make([]time.Duration, n-1)
		for i := range rtts {
			rtts[i] = time.Duration(rapid.IntRange(0, 50).Draw(t, "rtt"))
		}
		before := slices.Clone(rtts)
		if got, want := CompletingRTT(rtts, n), fastestQuorum(rtts, Size(n).Followers()); got != want {
			t.Fatalf("%d members, %v: got %d, want %d", n, rtts, got, want)
		}
		if !slices.Equal(rtts, before) {
			t.Fatal("the caller's round trips were reordered")
		}
	})
}

// fastestQuorum tries every set of k followers.
func fastestQuorum(rtts []time.Duration, k int) time.Duration {
	best := time.Duration(1 << 62)
	for set := range uint(1) << len(rtts) {
		if bits.OnesCount(set) != k {
			continue
		}
		var slowest time.Duration
		for i, rtt := range rtts {
			if set>>i&1 == 1 {
				slowest = max(slowest, rtt)
			}
		}
		best = min(best, slowest)
	}
	return best
}

func TestCompletingRTTWithoutFollowers(t *testing.T) {
	if got := CompletingRTT(nil, 1); got != 0 {
		t.Errorf("a cluster of one waits %s", got)
	}
	if got := CompletingRTT([]time.Duration{7}, 5); got != 7 {
		t.Errorf("with too few round trips got %s, want the largest", got)
	}
}
