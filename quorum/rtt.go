package quorum

import (
	"slices"
	"time"
)

// CompletingRTT is the round trip to the follower whose acknowledgement
// completes the quorum of a cluster of n: the k-th smallest of its followers'
// round trips, k = ⌊n/2⌋. A cluster of one waits for nobody. With fewer round
// trips than k there is no quorum, and the answer is the largest.
func CompletingRTT(rtts []time.Duration, n int) time.Duration {
	k := min(Size(n).Followers(), len(rtts))
	if k < 1 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(rtts))
	return sorted[k-1]
}
