package cluster

import (
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// Network says where members stand and what is between them. (A profile does.)
type Network interface {
	// Site of the i-th member, from 0.
	Site(i int) string
	// Shape of the link from one site to another, or within one.
	Shape(from, to string) netem.Shape
}

// Nodes returns the options of n members, n1 to nN, that go round the
// network's sites, each with its outgoing links to all others. The link to
// the load generator (control.ClientLink) is left to the caller, who knows
// where it stands. Every node gets a seed of its own, drawn from seed.
func Nodes(n int, network Network, raft control.Raft, storage control.Storage, seed int64) []control.Options {
	nodes := make([]control.Options, n)
	for i := range nodes {
		nodes[i] = control.Options{
			Version: control.Version,
			ID:      control.MemberID(i),
			Site:    network.Site(i),
			Seed:    seed + int64(i),
			Storage: storage,
			Raft:    raft,
			Links:   map[string]netem.Shape{},
		}
		for j := range nodes {
			if j != i {
				nodes[i].Links[control.MemberID(j)] = network.Shape(network.Site(i), network.Site(j))
			}
		}
	}
	return nodes
}

// FirstAt is the id of the first member at this site, or of the first of all
// where the site is empty or nobody stands there: where a leader is wanted.
func FirstAt(nodes []control.Options, site string) string {
	for _, n := range nodes {
		if n.Site == site {
			return n.ID
		}
	}
	return nodes[0].ID
}
