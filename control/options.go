// Package control is what a launcher and a node say to each other over the
// node's stdin and stdout, as lines of JSON. It knows neither raft nor gRPC,
// so that the launcher can be built, and tested, without either, and so that
// a node of another build can be driven through the same channel.
//
// The channel is stdio on purpose: it runs unchanged through ssh, docker exec
// or kubectl exec, and its end is the end of the launcher, on any system.
package control

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/raftbench/raftbench/netem"
)

// Version of the protocol. A node refuses a start command of another version
// and says which one it speaks. Since version 3 a node tells what it found on its
// disk and what it holds durably, and why it could not start.
const Version = 3

// Options is all that a node is told when it starts. Durations are integers
// of nanoseconds on the wire.
type Options struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	// Site is where the node stands in the network's profile; it is recorded
	// and shown, the links themselves come in Links.
	Site    string `json:"site,omitempty"`
	DataDir string `json:"data_dir"`
	// Seed of every random choice that is the node's own (link jitter, loss).
	Seed int64 `json:"seed"`

	Listen  Listen  `json:"listen"`
	Storage Storage `json:"storage"`
	Raft    Raft    `json:"raft"`

	// AllowRemote lets Listen name addresses that other hosts can reach. The
	// node authenticates nobody, so without it anything but loopback is refused.
	AllowRemote bool `json:"allow_remote,omitempty"`

	// Links holds the node's outgoing directed links, by the id of the member
	// at the other end. ClientLink is the name of the load generator's end.
	// A name that is missing gets the zero Shape: nothing is injected.
	Links map[string]netem.Shape `json:"links,omitempty"`
	// Cut names the members to which the outgoing link is partitioned from
	// the start: a partition is the network's and outlives the process.
	Cut []string `json:"cut,omitempty"`
	// MessageFaults, when set, are done to raft's RPCs themselves. For safety
	// runs, never for a performance result.
	MessageFaults *MessageFaults `json:"message_faults,omitempty"`
	// Disk is what the node's disk does from when the node has started: it is the
	// host's and outlives the process. (Raft writes as it starts.)
	Disk DiskFault `json:"disk,omitzero"`
	// TellHeld, above zero, has the node tell each time that its process was ready
	// and did not run for at least so long.
	TellHeld time.Duration `json:"tell_held_ns,omitempty"`
	// TellProgress, above zero, has the node tell how far its log and its commit index
	// reach, at most so often and only when they changed.
	TellProgress time.Duration `json:"tell_progress_ns,omitempty"`
	// Spans: the node can be asked for the instants of writes (OpSpansBegin). It then
	// stands between raft and the answers of a pipeline of AppendEntries.
	Spans bool `json:"spans,omitempty"`
	// Probe says how often an idle outgoing link is probed for its realised
	// delay; zero means never.
	Probe time.Duration `json:"probe_ns,omitempty"`
}

// MemberID names member i, counted from 0: n1, n2, …
func MemberID(i int) string { return "n" + strconv.Itoa(i+1) }

// ClientLink names the load generator's end of a link.
const ClientLink = "client"

// Listen holds the addresses to listen on, each host:port. An empty port (or
// empty address) lets the node bind one below the system's ephemeral range.
type Listen struct {
	// Raft is raft's own transport, behind netem.
	Raft string `json:"raft,omitempty"`
	// Client is plain gRPC: any etcd client.
	Client string `json:"client,omitempty"`
	// Peer is gRPC behind netem: what followers forward, and what a load
	// generator at another site sends.
	Peer string `json:"peer,omitempty"`
}

// Stores that a node can keep its log in.
const (
	StoreBolt       = "boltdb"
	StoreBoltNoSync = "boltdb-nosync" // labelled: not durable
	StoreMemory     = "inmem"         // labelled: not durable
)

// Storage says where and how durably the log is kept.
type Storage struct {
	Store string `json:"store"`
	// EmulatedSync, when above zero, stands in for the disk's own sync, on a
	// disk of the node's own. Every write transaction of log and stable store
	// takes two of them, as bbolt makes two: of the data, then of the page that
	// makes them valid. Zero means real fsync. (YAML: `sync: real` or a
	// duration.)
	EmulatedSync time.Duration `json:"emulated_sync_ns,omitempty"`
	// PowerLoss discards on restart what was never synced.
	PowerLoss bool `json:"power_loss,omitempty"`
	// StallLength, above zero, is for how long the disk holds every write of log
	// and stable store now and then, as a device does that collects its garbage, or
	// a volume that has used up its burst. StallEvery is the mean time from the end
	// of one stall to the beginning of the next: they come at random (a Poisson
	// process), to each node by itself, so that they fall into step with nothing.
	StallLength time.Duration `json:"stall_length_ns,omitempty"`
	StallEvery  time.Duration `json:"stall_every_ns,omitempty"`
	// LogCache is the number of entries raft keeps in memory in front of the
	// store. Consul, Nomad and Vault run with 512.
	LogCache int `json:"log_cache"`
	// ApplyDelay is how much longer the state machine takes for each command,
	// busy, as a slower one would be. (YAML: `apply_delay: 60us`.)
	ApplyDelay time.Duration `json:"apply_delay_ns,omitempty"`
}

// Raft holds hashicorp/raft's knobs under raft's own names.
type Raft struct {
	HeartbeatTimeout   time.Duration `json:"heartbeat_timeout_ns"`
	ElectionTimeout    time.Duration `json:"election_timeout_ns"`
	LeaderLeaseTimeout time.Duration `json:"leader_lease_timeout_ns"`
	CommitTimeout      time.Duration `json:"commit_timeout_ns"`
	MaxAppendEntries   int           `json:"max_append_entries"`
	MaxRPCsInFlight    int           `json:"max_rpcs_in_flight"`
	BatchApplyCh       bool          `json:"batch_apply_ch"`
	PreVoteDisabled    bool          `json:"pre_vote_disabled"`
	SnapshotThreshold  uint64        `json:"snapshot_threshold"`
	SnapshotInterval   time.Duration `json:"snapshot_interval_ns"`
	TrailingLogs       uint64        `json:"trailing_logs"`
}

// DefaultRaft returns hashicorp/raft v1.8.0's DefaultConfig and transport
// defaults (config.go, net_transport.go). The products differ from it, and from
// each other: Consul and Vault multiply the three timeouts by 5, Nomad by 1;
// Vault sets BatchApplyCh; Consul has a SnapshotThreshold of 16384, looked at
// every 30 s. All three leave MaxAppendEntries and TrailingLogs at these.
func DefaultRaft() Raft {
	return Raft{
		HeartbeatTimeout:   time.Second,
		ElectionTimeout:    time.Second,
		LeaderLeaseTimeout: 500 * time.Millisecond,
		CommitTimeout:      50 * time.Millisecond,
		MaxAppendEntries:   64,
		MaxRPCsInFlight:    2,
		SnapshotThreshold:  8192,
		SnapshotInterval:   2 * time.Minute,
		TrailingLogs:       10240,
	}
}

// DefaultStorage is durable: boltdb with real fsync behind a cache.
// It never stalls; were it to, then six times a minute.
func DefaultStorage() Storage {
	return Storage{Store: StoreBolt, LogCache: 512, StallEvery: 10 * time.Second}
}

// MessageFaults are probabilities, each in [0,1], with which one RPC of raft
// is dropped, delayed, duplicated or reordered.
type MessageFaults struct {
	Drop      float64       `json:"drop,omitempty"`
	Duplicate float64       `json:"duplicate,omitempty"`
	Reorder   float64       `json:"reorder,omitempty"`
	Delay     float64       `json:"delay,omitempty"`
	MaxDelay  time.Duration `json:"max_delay_ns,omitempty"`
}

// Validate refuses what is no probability, and delays without a bound. The
// nil MessageFaults are valid.
func (m *MessageFaults) Validate() error {
	if m == nil {
		return nil
	}
	for _, f := range []struct {
		name string
		p    float64
	}{{"drop", m.Drop}, {"duplicate", m.Duplicate}, {"reorder", m.Reorder}, {"delay", m.Delay}} {
		if !(f.p >= 0 && f.p <= 1) {
			return fmt.Errorf("message fault %s is %v, want a probability from 0 to 1", f.name, f.p)
		}
	}
	if m.MaxDelay < 0 {
		return fmt.Errorf("message faults' max_delay is %v, want zero or more", m.MaxDelay)
	}
	if m.MaxDelay == 0 && (m.Delay > 0 || m.Reorder > 0) {
		return errors.New("message faults delay or reorder without max_delay: say by how much")
	}
	return nil
}
