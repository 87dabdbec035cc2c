// Package quorum is the arithmetic of majorities and the predicted cost of a
// write. It is pure: no clock, no I/O, no randomness that is not seeded.
//
// Its stance: what a cluster tolerates and what a write must wait for follow
// from its size alone. A measurement that disagrees with the first is a bug;
// one that disagrees with the second is a finding.
package quorum

// Size is how many voters a cluster has, at least 1.
type Size int

// Quorum is the smallest majority, ⌊N/2⌋+1 (Ongaro, dissertation, §3.4: an
// entry is committed once stored on a majority).
func (n Size) Quorum() int { return int(n)/2 + 1 }

// Tolerates is how many members may fail at once with writes going on,
// ⌊(N−1)/2⌋ (Ongaro, dissertation, §2.1: five servers tolerate two). An even
// size tolerates no more than the odd size below it.
func (n Size) Tolerates() int { return (int(n) - 1) / 2 }

// Followers is k = ⌊N/2⌋, how many of the N−1 followers must acknowledge a
// write beside the leader itself.
func (n Size) Followers() int { return int(n) / 2 }
