package node

import (
	"context"
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
	// byAddress has every raft address ever published: raft dials an address,
	// and the emulated link is found by the member's name.
	byAddress map[string]registration
}

// registration is a member's use of an address.
type registration struct {
	owner string
	left  context.Context // ends when the member is published elsewhere
	leave context.CancelFunc
}

func newPeers(self control.Peer) *peers {
	p := &peers{number: memberID(self.ID), byID: map[string]control.Peer{}, byAddress: map[string]registration{}}
	p.publish([]control.Peer{self})
	return p
}

// publish adds members and moves those that listen elsewhere now.
func (p *peers) publish(members []control.Peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range members {
		if old := p.byAddress[p.byID[m.ID].Raft]; old.owner == m.ID && p.byID[m.ID].Raft != m.Raft {
			old.leave()
		}
		if now := p.byAddress[m.Raft]; now.owner != m.ID || now.left.Err() != nil {
			now.owner = m.ID
			now.left, now.leave = context.WithCancel(context.Background())
			p.byAddress[m.Raft] = now
		}
		p.byID[m.ID] = m
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

// at tells of the member who listens, or listened, at a raft address.
func (p *peers) at(address string) (registration, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	h, found := p.byAddress[address]
	return h, found
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
