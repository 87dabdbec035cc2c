package results

// EventKind says what happened.
type EventKind string

// The kinds of event.
const (
	// EventRole: Node became State in Term; of a leader Index is the last of its log
	// just then, and Term is 0 where it was deposed so soon that it does not know.
	EventRole     EventKind = "role"
	EventLeader   EventKind = "leader"   // Node learnt that Peer leads in Term (empty: nobody)
	EventVote     EventKind = "vote"     // Peer asked Node for its vote in Term (PreVote: whether it would)
	EventBallot   EventKind = "ballot"   // Node, a candidate in Term, heard whether Peer votes for it (Granted)
	EventTerm     EventKind = "term"     // Node stored Term, or found it on its disk
	EventSnapshot EventKind = "snapshot" // Node took a snapshot up to Index
	EventInstall  EventKind = "install"  // Node holds a leader's snapshot up to Index
	EventFault    EventKind = "fault"    // Action was done to Node (and Peer, the other end of a link), asked as Target
	EventRestart  EventKind = "restart"  // Node listened again, its log on disk up to Index
	EventDeath    EventKind = "death"    // Node's process ended unasked
	// EventNoop: Node, the leader of Term, heard that Peer holds the term's first
	// entry, Index. With the leader's own, the quorum-th of them is the instant of
	// the term's first commit.
	EventNoop EventKind = "noop"
	// EventAcked: Node has acknowledged writes to clients, up to Index, as the leader of
	// Term or of an earlier one. The last of a node and term alone is kept.
	EventAcked EventKind = "acked"
	// EventOpening: a process of Node begins to open its stores; the next EventTerm is
	// of the term that it found there.
	EventOpening EventKind = "opening"
	// EventWiped: Node's data was removed while it did not run; it comes back as a
	// new one.
	EventWiped EventKind = "wiped"
	// EventPowerLoss: before Node was started again, Bytes that it had written and not
	// synced were taken from its disk.
	EventPowerLoss EventKind = "power-loss"
	// EventHeld: Node's process was ready and did not run for Count ns, until AtNS:
	// the host, or the process itself, held it up.
	EventHeld EventKind = "held"
	// EventPaused: Node's process was stopped on purpose for Count ns, until AtNS.
	EventPaused EventKind = "paused"
	// EventProgress: Node's log reaches up to Index, and all up to Commit is committed as
	// far as Node knows. It is told while they change, a few times a second, in trials
	// in which faults are done, and no oftener: what happened between two is not known.
	EventProgress EventKind = "progress"
	// EventDropped: Node could not tell of Count events, since nobody read them in
	// time; what is derived from its events around then is not known.
	EventDropped EventKind = "dropped"
)

// Raft's roles, in an event's State.
const (
	StateLeader    = "leader"
	StateFollower  = "follower"
	StateCandidate = "candidate"
)

// Event is one thing that happened at an instant, in the order of AtNS.
type Event struct {
	// AtNS is on CLOCK_MONOTONIC, which all processes of a host share.
	AtNS int64     `json:"at_ns"`
	Node string    `json:"node,omitempty"` // whom it happened to
	Kind EventKind `json:"kind"`
	Term uint64    `json:"term,omitempty"`

	State  string `json:"state,omitempty"`
	Peer   string `json:"peer,omitempty"`
	Index  uint64 `json:"index,omitempty"`
	Commit uint64 `json:"commit_index,omitempty"`
	Action string `json:"action,omitempty"` // kill, pause, isolate, …
	// Target is as the experiment said it, leader, or the fault that this was a part of.
	Target string `json:"target,omitempty"`

	Granted bool `json:"granted,omitempty"`
	PreVote bool `json:"pre_vote,omitempty"`
	// Durable is set on a restart where the disk held less than that: what Node had
	// reported durable before it ended.
	Durable uint64 `json:"durable_index,omitempty"`
	// Bytes of a snapshot's data, or of what a disk lost.
	Bytes int64 `json:"bytes,omitempty"`
	// Lease: a leader became a follower since a quorum had not answered it for as
	// long as its lease; otherwise it had heard of a higher term, or left.
	Lease bool `json:"lease,omitempty"`
	// Count of a kind that counts.
	Count int64 `json:"count,omitempty"`
}
