package control

import (
	"encoding/json"
	"time"

	"github.com/raftbench/raftbench/netem"
)

// Op is a verb of a Command.
type Op string

// The commands of a launcher.
const (
	// OpStart is always the first: open the stores, bind, start raft.
	OpStart Op = "start"
	// OpPeers publishes where every member listens now.
	OpPeers Op = "peers"
	// OpBootstrap makes this node write the first configuration and stand for
	// election at once. Sent to one node only, and only when its data directory
	// is new.
	OpBootstrap Op = "bootstrap"
	// OpTransfer hands leadership to the member named in To, or, where none is, to
	// the one that raft picks: who has acknowledged most.
	OpTransfer Op = "transfer"
	// OpAddNonvoter and OpAddVoter take the member named in To into the
	// configuration, OpRemoveServer takes it out. Only a leader does. The answer comes
	// when the new configuration is committed.
	OpAddNonvoter  Op = "add_nonvoter"
	OpAddVoter     Op = "add_voter"
	OpRemoveServer Op = "remove_server"
	// OpLinks applies Fault to outgoing links.
	OpLinks Op = "links"
	// OpMessageFaults replaces the faults that the node was started with by
	// MessageFaults, or by none. What is on its way under the old ones still
	// arrives. A node that was started without message faults takes none.
	OpMessageFaults Op = "message_faults"
	// OpDisk has the node's disk do what DiskFault says, in place of what it did
	// before.
	OpDisk Op = "disk"
	// OpDeadlock has the state machine hang in its next entry, or go on, as
	// Deadlock says.
	OpDeadlock Op = "deadlock"
	// OpStats answers with Stats.
	OpStats Op = "stats"
	// OpCounters answers with Stats without its histograms, which take longer to
	// write and read than all else: for readings in the midst of a load.
	OpCounters Op = "counters"
	// OpSpansBegin has a node that was started with Options.Spans note the instants of
	// writes from now on, and forget those that it has; OpSpans answers with Spans and
	// ends that.
	OpSpansBegin Op = "spans_begin"
	OpSpans      Op = "spans"
	// OpCalibrate probes the links that Calibrate names and answers when the
	// probes have arrived; what they found is in the receivers' Stats.
	OpCalibrate Op = "calibrate"
	// OpSnapshot takes a snapshot now.
	OpSnapshot Op = "snapshot"
	// OpApply applies Apply's writes inside the node, past any network; for
	// the benchmark that prices the API. Answers with ApplyResult.
	OpApply Op = "apply"
	// OpStop shuts the node down cleanly; the answer comes before the exit.
	OpStop Op = "stop"
)

// Command is one line on a node's stdin. Every command is answered by one
// Event of kind EventReply with the same ID.
type Command struct {
	ID        int64      `json:"id"`
	Op        Op         `json:"op"`
	Start     *Options   `json:"start,omitempty"`
	Peers     []Peer     `json:"peers,omitempty"`
	To        string     `json:"to,omitempty"`
	Fault     *Fault     `json:"fault,omitempty"`
	Apply     *Apply     `json:"apply,omitempty"`
	Calibrate *Calibrate `json:"calibrate,omitempty"`

	MessageFaults *MessageFaults `json:"message_faults,omitempty"`
	Disk          *DiskFault     `json:"disk,omitempty"`
	Deadlock      bool           `json:"deadlock,omitempty"`
}

// Peer is a member as the others reach it: for bootstrap the voters, for
// peers the current addresses.
type Peer struct {
	ID   string `json:"id"`
	Raft string `json:"raft"`
	Peer string `json:"peer"`
	// Client is what MemberList tells etcd clients.
	Client string `json:"client"`
}

// FaultAction is what is done to a link.
type FaultAction string

// What can be done to a running link, in Jepsen's and tc's words.
const (
	FaultCut   FaultAction = "cut"   // partition: hold bytes, hang dials
	FaultHeal  FaultAction = "heal"  // end a partition
	FaultReset FaultAction = "reset" // connections die at once
	FaultShape FaultAction = "shape" // replace the Shape
)

// Fault is done to the outgoing links to the members named in To (all that
// the node knows when empty).
type Fault struct {
	Action FaultAction `json:"action"`
	To     []string    `json:"to,omitempty"`
	Shape  netem.Shape `json:"shape,omitzero"`
	// Immediate ends a partition at once; without it the held bytes flow from
	// TCP's next simulated retransmission.
	Immediate bool `json:"immediate,omitempty"`
}

// DiskFault is what a node's disk does instead of its work. It is done to all
// writes of log, stable and snapshot store; reads go on. The zero DiskFault is a
// whole disk.
type DiskFault struct {
	// Stall: no write returns.
	Stall bool `json:"stall,omitempty"`
	// Slow is how much longer each sync takes.
	Slow time.Duration `json:"slow_ns,omitempty"`
	// Full: every write fails with ENOSPC.
	Full bool `json:"full,omitempty"`
}

// Calibrate asks for probes over outgoing links: to a member over a connection
// of their own, to ClientLink over one that is open.
type Calibrate struct {
	// Slots of the links by the name of their other end; SlotCount is how many
	// there are among all that are calibrated at the same time. Links of
	// different slots are never probed at one instant.
	Slots     map[string]int `json:"slots"`
	SlotCount int            `json:"slot_count"`
	Probes    int            `json:"probes"`
	Every     time.Duration  `json:"every_ns"`
	// Patience bounds each attempt to connect, and the wait for the last probe.
	Patience time.Duration `json:"patience_ns"`
}

// Link is the calibration of one of the links.
func (c Calibrate) Link(to string) netem.Calibration {
	return netem.Calibration{Probes: c.Probes, Every: c.Every, Slot: c.Slots[to], Slots: c.SlotCount, Patience: c.Patience}
}

// Apply asks for writes from inside the node.
type Apply struct {
	Writers   int           `json:"writers"`
	ValueSize int           `json:"value_size"`
	Duration  time.Duration `json:"duration_ns"`
}

// ApplyResult is what the writers saw.
type ApplyResult struct {
	Writes int64         `json:"writes"`
	P50    time.Duration `json:"p50_ns"`
	P99    time.Duration `json:"p99_ns"`
	Took   time.Duration `json:"took_ns"`
}

// EventKind says what an Event is about.
type EventKind string

// The events of a node.
const (
	EventReply     EventKind = "reply"     // to Command.ID; Error is empty when it worked
	EventListening EventKind = "listening" // Listen, PID and OnDisk are set; before the start's reply
	// EventRole: State, Term; of a leader Index is the last of its log, and Term is 0
	// where another's was heard of meanwhile.
	EventRole   EventKind = "role"
	EventLeader EventKind = "leader" // Leader (an id, empty: none known), Term
	EventTerm   EventKind = "term"   // Term, as it is stored
	// EventVote: a vote was asked of this node by From for Term, or, with
	// PreVote, whether it would vote. It comes before the node has decided.
	EventVote EventKind = "vote"
	// EventBallot: this node, a candidate for Term, heard whether From votes for
	// it (Granted), or, with PreVote, would. No answer is no event.
	EventBallot   EventKind = "ballot"
	EventSnapshot EventKind = "snapshot" // the node took a snapshot, Index is its last
	EventInstall  EventKind = "install"  // a leader's snapshot is on the disk, Index is its last
	// EventHeld: the process was ready and did not run for Held, until AtNS.
	EventHeld EventKind = "held"
	// EventDurable: Index is the last one that the node holds durably, as
	// Stats.DurableIndex. The event comes up to some 50 ms after the entries were
	// stored, but before they are truncated: so the disk must reach the last Index
	// that was reported before a kill.
	EventDurable EventKind = "durable"
	// EventNoop: this node, the leader of Term, heard that From holds the term's
	// first entry, Index. Once for each follower and term.
	EventNoop EventKind = "noop"
	// EventAcked: Index is the highest of the log's that this node, as leader, has
	// acknowledged to a client, and Term one in which, or after which, it did. It comes
	// up to some 50 ms late while that grows, and when the node ceases to lead.
	EventAcked EventKind = "acked"
	// EventProgress: Index is the last of the node's log, Commit the last that it knows
	// to be committed. It comes as often as Options.TellProgress says.
	EventProgress EventKind = "progress"
	// EventDropped: Count events, the first of them at AtNS, were not told, since the
	// launcher did not read.
	EventDropped EventKind = "dropped"
	// EventOpening: the stores are about to be opened. A node that ends between it
	// and EventListening could not open them.
	EventOpening EventKind = "opening"
	// EventPowerLoss is the launcher's: before a start of the node's process, Bytes that
	// were not synced were taken from its disk.
	EventPowerLoss EventKind = "power_loss"
	// EventStoreError: a write to the log, stable or snapshot store failed, with
	// Error and Code. It is sent before raft is told of the failure, and once for
	// each code.
	EventStoreError EventKind = "store_error"
	// EventHostFault: the host has no more of what a connection takes, such as open
	// files, so that none could be accepted or opened, with Error and Code. It is sent
	// once for each code.
	EventHostFault EventKind = "host_fault"
)

// Event is one line on a node's stdout. AtNS is CLOCK_MONOTONIC, one clock for
// all processes of a host.
type Event struct {
	Kind EventKind `json:"event"`
	AtNS int64     `json:"at_ns"`

	ID    int64  `json:"id,omitempty"`
	Error string `json:"error,omitempty"`
	// Code of Error; empty where no code fits.
	Code Code `json:"code,omitempty"`

	Version int     `json:"version,omitempty"`
	PID     int     `json:"pid,omitempty"`
	Listen  *Listen `json:"listen,omitempty"`
	// OnDisk also comes with the reply to a start.
	OnDisk *OnDisk `json:"on_disk,omitempty"`

	State  string `json:"state,omitempty"` // raft's words: Leader, Follower, Candidate
	Term   uint64 `json:"term,omitempty"`
	Leader string `json:"leader,omitempty"`
	From   string `json:"from,omitempty"`
	Index  uint64 `json:"index,omitempty"`
	Commit uint64 `json:"commit,omitempty"`
	Bytes  int64  `json:"bytes,omitempty"` // of a snapshot's data

	Granted bool `json:"granted,omitempty"`
	PreVote bool `json:"pre_vote,omitempty"`
	// Lease is set with a role: a leader stepped down since a quorum had not answered
	// it for as long as its lease.
	Lease bool `json:"lease,omitempty"`
	// Count of a kind that counts.
	Count int64 `json:"count,omitempty"`

	Held time.Duration `json:"held_ns,omitempty"`

	Stats *Stats       `json:"stats,omitempty"`
	Spans *Spans       `json:"spans,omitempty"`
	Apply *ApplyResult `json:"apply,omitempty"`
}

// OnDisk is what a node's stores held when it had opened them, before raft
// started. Zero means none.
type OnDisk struct {
	// FirstIndex and LastIndex of the log, and the last entry's term.
	FirstIndex uint64 `json:"first_index"`
	LastIndex  uint64 `json:"last_index"`
	LastTerm   uint64 `json:"last_term"`
	// SnapshotIndex is the last entry that the newest snapshot covers.
	SnapshotIndex uint64 `json:"snapshot_index"`
	SnapshotTerm  uint64 `json:"snapshot_term"`
	// Term is the stored current term.
	Term uint64 `json:"term"`
}

// Last is the last index that raft can continue from. It must not be less than
// the last EventDurable's.
func (d OnDisk) Last() uint64 { return max(d.LastIndex, d.SnapshotIndex) }

// Stats is a node's own account of itself since it started. Counters only
// grow, so a window is the difference of two Stats.
type Stats struct {
	AtNS        int64  `json:"at_ns"`
	State       string `json:"state"`
	Term        uint64 `json:"term"`
	Leader      string `json:"leader"`
	LastIndex   uint64 `json:"last_index"`
	CommitIndex uint64 `json:"commit_index"`
	Applied     uint64 `json:"applied"`
	Revision    int64  `json:"revision"`
	// Voters are the ids of the latest configuration's, as this node has it.
	Voters []string `json:"voters,omitempty"`
	// Snapshots taken and installed.
	Snapshots int64 `json:"snapshots"`
	// DurableIndex is the last index that the node could continue from after a
	// crash: that of the last entry which the log store has stored and not
	// truncated since, or that of the last snapshot, whichever is higher.
	// Compaction does not lower it. Absent where the store is not durable
	// (boltdb-nosync, inmem).
	DurableIndex *uint64 `json:"durable_index,omitempty"`

	// Fsyncs counts two for each committed write transaction of bbolt, in log
	// and stable store (bbolt syncs data and meta page; a wrapper cannot see
	// the calls).
	Fsyncs int64 `json:"fsyncs"`
	// HeldWrites met an emulated stall of the disk, HeldTime in sum.
	HeldWrites int64         `json:"held_writes,omitempty"`
	HeldTime   time.Duration `json:"held_time_ns,omitempty"`
	// StoreTime is how long StoreLogs took, cumulative over the node's life.
	StoreTime Histogram `json:"store_time"`
	// Forwarded counts requests that this node passed on to the leader.
	Forwarded int64 `json:"forwarded"`

	// Links is seen from the receiving end: one entry for each member that
	// sends to this node.
	Links []LinkStats `json:"links,omitempty"`
	// InjectionCPU is the CPU time that producing delays took.
	InjectionCPU time.Duration `json:"injection_cpu_ns"`
}

// Histogram is an HDR histogram in its compressed, base64 form (V2), in ns.
type Histogram string

// LinkStats is one directed link as its receiver saw it.
type LinkStats struct {
	From   string        `json:"from"`
	To     string        `json:"to"`
	Asked  time.Duration `json:"asked_ns"`
	Bytes  int64         `json:"bytes"`
	Frames int64         `json:"frames"`
	// Error is how late frames were released against their due instant,
	// Realised how long after they were sent.
	Error    Histogram `json:"error"`
	Realised Histogram `json:"realised"`
	// Own is that part of each Error which is the link's own fault, CoreWait for
	// how long its reader waited for a core.
	Own      Histogram `json:"own"`
	CoreWait Histogram `json:"core_wait"`
}

// Decode reads one line.
func Decode[T Command | Event](line []byte) (T, error) {
	var v T
	err := json.Unmarshal(line, &v)
	return v, err
}
