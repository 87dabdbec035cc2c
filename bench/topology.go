package bench

import (
	"slices"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// The partitions: which directed links between members are cut. They know nothing
// of a cluster, only names in an order.

// oneWay cuts the links from each of some members to each of others.
func oneWay(from, to []string) []results.Ends {
	var cut []results.Ends
	for _, a := range from {
		for _, b := range to {
			if a != b {
				cut = append(cut, results.Ends{From: a, To: b})
			}
		}
	}
	return cut
}

// apart cuts the links between some members and others, both ways.
func apart(some, others []string) []results.Ends {
	return append(oneWay(some, others), oneWay(others, some)...)
}

// cutGroups cuts all links but those within a group (Jepsen: complete-grudge).
func cutGroups(all [][]string) []results.Ends {
	var cut []results.Ends
	for i, group := range all {
		for _, other := range all[i+1:] {
			cut = append(cut, apart(group, other)...)
		}
	}
	return cut
}

// without are those of all that are not among some.
func without(all []string, some ...string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(some, id) })
}

// around puts a member first and the leader, where it is another, last.
func around(first, leader string, all []string) []string {
	order := append([]string{first}, without(all, first, leader)...)
	if leader != first && slices.Contains(all, leader) {
		order = append(order, leader)
	}
	return order
}

// cutHalves cuts the members in two, the first in the smaller half (Jepsen: bisect).
func cutHalves(order []string) []results.Ends {
	half := max(1, len(order)/2)
	return cutGroups([][]string{order[:half], order[half:]})
}

// cutBridge cuts the members in two but for the first, which reaches both sides.
func cutBridge(order []string) []results.Ends {
	rest := order[1:]
	half := len(order) / 2
	return cutGroups([][]string{rest[:half], rest[half:]})
}

// cutRing leaves to each member its nearest neighbours in a ring, as few on
// either side as make a majority with itself: all see one, and no two the same.
func cutRing(order []string) []results.Ends {
	n := len(order)
	reach := quorum.Size(n).Quorum() / 2 // 2·reach+1 ≥ the majority
	var cut []results.Ends
	for i := range order {
		for j := range order {
			if distance := (j - i + n) % n; min(distance, n-distance) > reach {
				cut = append(cut, results.Ends{From: order[i], To: order[j]})
			}
		}
	}
	return cut
}

// cutStar leaves every member but the hub alone with the hub.
func cutStar(hub string, all []string) []results.Ends {
	rest := without(all, hub)
	return oneWay(rest, rest)
}

// quorumLoss (OmniPaxos): the leader and all others still reach the hub, and nobody
// but the hub reaches a majority.
func quorumLoss(_, hub string, all []string) []results.Ends { return cutStar(hub, all) }

// constrainedElection (OmniPaxos): as quorumLoss, but the leader reaches nobody. The
// hub, whose log is behind, is the only one that a majority could elect.
func constrainedElection(leader, hub string, all []string) []results.Ends {
	return append(cutStar(hub, without(all, leader)), apart([]string{leader}, without(all, leader))...)
}

// chained (OmniPaxos): the leader and one follower lose each other and still reach
// all others. Three members are then a chain, with the leader at one end.
func chained(leader, follower string, _ []string) []results.Ends {
	return apart([]string{leader}, []string{follower})
}
