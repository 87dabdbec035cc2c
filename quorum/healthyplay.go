package quorum

import (
	"errors"
	"math"
	"math/rand/v2"
	"time"
)

// A reign is played for at most this many of a follower's least timeouts, so many
// times, or until so many leaders lost their place, which tells the rate to a fifth.
const (
	longestReign = 150
	mostReigns   = 40
	enoughLosses = 100
)

// Expect is how often a healthy leader loses its place. Interruptions are gone through
// as Estimate does; where silences as long as the lease or the timeout are normal, as
// under a jitter that is long beside them, reigns are played one after another from
// their beginning, without interruptions, which are nothing beside it. again is how long
// it takes until a leader leads once more: in that time none can be lost. The error is
// that of Estimate, other than ErrNoLeaderLasts.
func (h Healthy) Expect(draws int, again time.Duration, seed int64) (FalseElections, error) {
	f, err := h.Estimate(draws, seed)
	if errors.Is(err, ErrNoLeaderLasts) {
		return h.reigns(again, seed), nil
	}
	return f, err
}

// reigns are played from when a leader begins to lead until it loses its place.
func (h Healthy) reigns(again time.Duration, seed int64) FalseElections {
	p := newHealthySim(h, rand.New(rand.NewPCG(uint64(seed), 5)))
	end := longestReign * h.Rules.Timeout.Low
	var watched time.Duration
	var f FalseElections
	lost, byLease := 0, 0
	for f.Simulated < mostReigns || lost > mostReigns/2 && lost < enoughLosses {
		p.clear()
		lapse, vote := p.ends(0, end)
		f.Simulated++
		if min(lapse, vote) >= end {
			watched += end
			continue
		}
		watched += min(lapse, vote) + again
		if lost++; lapse <= vote {
			byLease++
		}
	}
	hours := watched.Hours()
	f.PerHour, f.UpperPerHour = float64(lost)/hours, boundOfCount(lost)/hours
	if lost > 0 {
		f.LeaseShare = float64(byLease) / float64(lost)
	}
	return f
}

// boundOfCount bounds the mean of a Poisson count at 95 % confidence, one-sided, by
// Byar's approximation (Breslow and Day, Statistical Methods in Cancer Research II,
// 1987, p. 69); of none it is the rule of three.
func boundOfCount(n int) float64 {
	const z = 1.645
	k := float64(n + 1)
	return k * math.Pow(1-1/(9*k)+z/(3*math.Sqrt(k)), 3)
}
