package node

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"

	"github.com/raftbench/raftbench/control"
)

// peers is who the members are and where they listen now, as the launcher
// publishes it. It implements raft.ServerAddressProvider.
type peers struct {
	// number is this node's in etcd's API, cluster the cluster's.
	number  uint64
	cluster atomic.Uint64

	mu   sync.RWMutex
	byID map[string]control.Peer
	// owner of each raft address ever published: a dial knows the address
	// only, and the emulated link goes by the member's name.
	owner map[string]string
}

func newPeers(self control.Peer) *peers {
	p := &peers{number: memberID(self.ID), byID: map[string]control.Peer{}, owner: map[string]string{}}
	p.publish([]control.Peer{self})
	return p
}

// publish adds members and moves those that listen elsewhere now.
func (p *peers) publish(members []control.Peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range members {
		p.byID[m.ID] = m
		p.owner[m.Raft] = m.ID
	}
	p.cluster.Store(clusterID(p.byID))
}

// ServerAddr implements raft.ServerAddressProvider.
func (p *peers) ServerAddr(id raft.ServerID) (raft.ServerAddress, error) {
	m, found := p.member(string(id))
	if !found {
		return "", fmt.Errorf("member %q is not published", id)
	}
	return raft.ServerAddress(m.Raft), nil
}

func (p *peers) member(id string) (control.Peer, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	m, found := p.byID[id]
	return m, found
}

// at names the member who listens, or listened, at a raft address.
func (p *peers) at(address string) (string, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	id, found := p.owner[address]
	return id, found
}

// all members in the order of their ids.
func (p *peers) all() []control.Peer {
	p.mu.RLock()
	defer p.mu.RUnlock()
	members := make([]control.Peer, 0, len(p.byID))
	for _, m := range p.byID {
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b control.Peer) int { return strings.Compare(a.ID, b.ID) })
	return members
}

// memberID is a member's number in etcd's API.
func memberID(id string) uint64 {
	if id == "" {
		return 0
	}
	return digest(id)
}

// clusterID is the same on all nodes that know the same members.
func clusterID(members map[string]control.Peer) uint64 {
	ids := slices.Sorted(maps.Keys(members))
	return digest(strings.Join(ids, "\x00"))
}

func digest(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // a hash's Write never fails
	return h.Sum64()
}
