package metamorphic

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// way in which a client reaches a node.
type way string

const (
	direct way = "direct" // plain TCP
	link   way = "link"   // an emulated link, which the node knows of
	proxy  way = "proxy"  // plain TCP to a proxy that emulates the link
)

// setup is what a program is played over. None of it may matter.
type setup struct {
	nodes     int
	store     string
	sync      time.Duration // emulated; 0: the disk's own
	noCache   bool          // of the log
	noPreVote bool
	// batch sends single entries, one at a time, where it is 1, and many at once and
	// under way where it is 2; 0 is raft's default.
	batch     int
	snapshots bool // many, and few entries kept behind them
	delay     time.Duration
	way       way
	clients   int // 0: one
	guarded   bool
	faults    bool // they come and go; implies guarded
	// messages of raft are dropped, doubled, delayed and reordered all the time; implies
	// guarded.
	messages bool
}

// name says what is not the default.
func (s setup) name() string {
	parts := []string{fmt.Sprintf("n%d", s.nodes), s.store}
	add := func(is bool, part string) {
		if is {
			parts = append(parts, part)
		}
	}
	add(s.sync > 0, fmt.Sprintf("sync%v", s.sync))
	add(s.noCache, "nocache")
	add(s.noPreVote, "noprevote")
	add(s.batch == 1, "single")
	add(s.batch == 2, "batched")
	add(s.snapshots, "snapshots")
	add(s.delay > 0, fmt.Sprintf("delay%v", s.delay))
	add(s.way != direct, string(s.way))
	add(s.clients > 1, fmt.Sprintf("clients%d", s.clients))
	add(s.guarded, "guarded")
	add(s.faults, "faults")
	add(s.messages, "messages")
	return strings.Join(parts, "-")
}

// standard setups have each value of each dimension at least once.
func standard() []setup {
	const ms = time.Millisecond
	return []setup{
		{nodes: 1, store: control.StoreMemory, way: direct},
		{nodes: 1, store: control.StoreBolt, way: direct, noCache: true, snapshots: true},
		{nodes: 3, store: control.StoreBolt, way: direct},
		{nodes: 3, store: control.StoreBolt, sync: ms, way: link, delay: ms, batch: 2},
		{nodes: 3, store: control.StoreBoltNoSync, way: proxy, delay: ms, noPreVote: true},
		{nodes: 3, store: control.StoreMemory, way: direct, batch: 1, snapshots: true, guarded: true},
		{nodes: 5, store: control.StoreMemory, sync: ms, way: link, delay: ms, noCache: true},
		{nodes: 3, store: control.StoreBoltNoSync, way: direct, clients: 4},
		{nodes: 5, store: control.StoreMemory, way: proxy, clients: 4, guarded: true, batch: 2},
		{nodes: 1, store: control.StoreBolt, way: direct, faults: true},
		{nodes: 3, store: control.StoreBoltNoSync, way: direct, snapshots: true, faults: true},
		{nodes: 3, store: control.StoreBolt, way: proxy, delay: ms, noPreVote: true, batch: 1, faults: true},
		{nodes: 5, store: control.StoreMemory, way: link, delay: ms, clients: 2, faults: true, messages: true},
	}
}

// drawSetup makes any other.
func drawSetup(seed int64) setup {
	rng := rand.New(rand.NewPCG(uint64(seed), 2))
	half := func() bool { return rng.IntN(2) == 0 }
	s := setup{
		nodes:   1 + 2*rng.IntN(3),
		store:   []string{control.StoreBolt, control.StoreBoltNoSync, control.StoreMemory}[rng.IntN(3)],
		noCache: half(), noPreVote: half(), batch: rng.IntN(3), snapshots: half(),
		way:     []way{direct, link, proxy}[rng.IntN(3)],
		guarded: half(), faults: half(), messages: half(),
	}
	if half() {
		s.sync = time.Millisecond
	}
	if s.way != direct {
		s.delay = time.Duration(rng.IntN(4)) * time.Millisecond
	}
	if half() {
		s.clients = 4
	}
	return s
}

// harmed setups have outcomes that are unknown.
func (s setup) harmed() bool { return s.faults || s.messages }

// turns tells that clients are guarded (player).
func (s setup) turns() bool { return s.guarded || s.harmed() }

// detail of what must be the same.
func (s setup) detail() detail {
	if s.clients > 1 {
		return logically
	}
	return exactly
}

// shape of each link between nodes, and between them and a client that is reached over
// one.
func (s setup) shape() netem.Shape { return netem.Shape{Delay: s.delay} }

// Site implements cluster.Network.
func (s setup) Site(int) string { return "" }

// Shape implements cluster.Network.
func (s setup) Shape(string, string) netem.Shape { return s.shape() }

func (s setup) options(seed int64) []control.Options {
	nodes := cluster.Nodes(s.nodes, s, s.raft(), s.storage(), seed)
	for i := range nodes {
		nodes[i].Links[control.ClientLink] = s.shape()
		if s.messages {
			nodes[i].MessageFaults = &control.MessageFaults{Drop: 0.01, Duplicate: 0.05, Reorder: 0.05, Delay: 0.05, MaxDelay: 20 * time.Millisecond}
		}
	}
	return nodes
}

func (s setup) storage() control.Storage {
	storage := control.DefaultStorage()
	storage.Store, storage.EmulatedSync = s.store, s.sync
	if s.noCache {
		storage.LogCache = 0
	}
	return storage
}

// keptLogs is how many entries are kept behind a snapshot: fewer than a client writes
// while a node is down, so that it is sent a snapshot, and more than a leader that is cut
// off can have by itself (one of each client, a no-op and a barrier), because a node whose
// own entries are newer than the snapshot that it is sent never catches up
// (hashicorp/raft#697).
const keptLogs = 8

// raft of a setup that is not harmed is to keep its leader on the busiest host: nobody could say what
// became of an unguarded write otherwise. One that is harmed is to find a leader soon.
func (s setup) raft() control.Raft {
	r := control.DefaultRaft()
	r.HeartbeatTimeout, r.ElectionTimeout, r.LeaderLeaseTimeout = 10*time.Second, 10*time.Second, 9*time.Second
	if s.harmed() {
		r.HeartbeatTimeout, r.ElectionTimeout, r.LeaderLeaseTimeout = 400*time.Millisecond, 400*time.Millisecond, 300*time.Millisecond
	}
	r.PreVoteDisabled = s.noPreVote
	switch s.batch {
	case 1:
		r.MaxAppendEntries, r.MaxRPCsInFlight = 1, 1
	case 2:
		r.MaxAppendEntries, r.MaxRPCsInFlight, r.BatchApplyCh = 256, 16, true
	}
	if s.snapshots {
		r.SnapshotThreshold, r.SnapshotInterval, r.TrailingLogs = 20, 100*time.Millisecond, keptLogs
	}
	return r
}
