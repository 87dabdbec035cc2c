package quorum

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Server is one member of a quorum system without a leader: how many reads and writes
// a second it serves when it does nothing else.
type Server struct{ Reads, Writes float64 }

// MajorityCapacity is the most operations a second that majorities of these servers
// carry when every client asks just one majority, each chosen by the best odds; a share
// of reads of them are reads. With spare, clients ask so many servers more than a
// majority, and any so many of them may fail to answer. It is Quoracle's capacity of a
// majority system (Whittaker and others, "Read-Write Quorum Systems Made Practical",
// PaPoC 2021, §3), for servers that read and write in one proportion.
//
// Let x_i be the share of the operations that ask server i, between 0 and 1, in sum q;
// any such shares can be had by mixing choices of q servers. A server's load is
// x_i / capacity_i; the largest is least when they are as equal as 1 allows.
//
// Raft is not that system: every write goes to the leader and to all followers, so
// that each server's share is 1. See LeaderCapacity.
func MajorityCapacity(servers []Server, reads float64, spare int) (float64, error) {
	capacities, err := capacities(servers, reads)
	if err != nil {
		return 0, err
	}
	ask := Size(len(servers)).Quorum() + spare
	if spare < 0 || ask > len(servers) {
		return 0, fmt.Errorf("got %d servers to spare beside a majority of %d, want 0 to %d", spare, len(servers), Size(len(servers)).Tolerates())
	}
	return fill(capacities, ask), nil
}

// UniformCapacity is the same of clients that ask every majority as likely as the next.
func UniformCapacity(servers []Server, reads float64) (float64, error) {
	capacities, err := capacities(servers, reads)
	if err != nil {
		return 0, err
	}
	n := Size(len(servers))
	return slices.Min(capacities) * float64(n) / float64(n.Quorum()), nil
}

// LeaderCapacity is what Raft carries of writes on such servers: each of them serves
// every write, and a commit waits for the slowest of the fastest majority. Others fall
// behind and are brought up to date when there is less to do. leader is the index of
// the leader, which is in every majority.
func LeaderCapacity(servers []Server, leader int) (float64, error) {
	if leader < 0 || leader >= len(servers) {
		return 0, fmt.Errorf("got server %d as the leader, want 0 to %d", leader, len(servers)-1)
	}
	var followers []float64
	for i, s := range servers {
		if i != leader {
			followers = append(followers, s.Writes)
		}
	}
	slices.Sort(followers)
	k := Size(len(servers)).Followers()
	if k == 0 {
		return servers[leader].Writes, nil
	}
	return min(servers[leader].Writes, followers[len(followers)-k]), nil
}

// capacities for one mix of reads and writes: one operation takes reads/Reads +
// (1−reads)/Writes of a second of a server.
func capacities(servers []Server, reads float64) ([]float64, error) {
	if len(servers) == 0 {
		return nil, errors.New("got no servers, want at least one")
	}
	if !(reads >= 0 && reads <= 1) {
		return nil, fmt.Errorf("got a share of reads of %v, want 0 to 1", reads)
	}
	out := make([]float64, len(servers))
	for i, s := range servers {
		if !(s.Reads > 0 && s.Writes > 0) {
			return nil, fmt.Errorf("got server %d with %v reads and %v writes a second, want more than 0 of both", i, s.Reads, s.Writes)
		}
		if proportion := s.Reads / s.Writes; math.Abs(proportion*servers[0].Writes/servers[0].Reads-1) > 1e-9 {
			return nil, fmt.Errorf("got server %d with %v reads a write, want %v as server 0 has: others are not calculated", i, proportion, servers[0].Reads/servers[0].Writes)
		}
		out[i] = 1 / (reads/s.Reads + (1-reads)/s.Writes)
	}
	return out, nil
}

// fill finds the largest rate at which q servers can be asked of each operation: the
// shares min(1, capacity/rate) must add up to at least q. A server whose capacity is
// above the rate is asked each time.
func fill(capacities []float64, q int) float64 {
	sorted := slices.Sorted(slices.Values(capacities))
	var sum float64
	for _, c := range sorted {
		sum += c
	}
	rate := 0.0
	for always := range q { // the so many largest are asked each time
		rest := sum
		for _, c := range sorted[len(sorted)-always:] {
			rest -= c
		}
		rate = rest / float64(q-always)
		if below := len(sorted) - always; sorted[below-1] <= rate*(1+1e-12) {
			return rate
		}
	}
	return rate
}
