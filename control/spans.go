package control

// Spans are the instants of writes on their way through one node, as far as it was
// part of it, between an OpSpansBegin and an OpSpans. All of them are of
// CLOCK_MONOTONIC, in nanoseconds; what belongs to one write is found by the index of
// its entry in raft's log.
type Spans struct {
	Proposals  []Proposal   `json:"proposals,omitempty"`
	Stored     []Stored     `json:"stored,omitempty"`
	Replicated []Replicated `json:"replicated,omitempty"`
	Applied    []Applied    `json:"applied,omitempty"`
	// Lost records were overwritten by later ones: a node keeps so many of a kind.
	Lost int64 `json:"lost,omitempty"`
}

// Proposal is one write as its leader saw it.
type Proposal struct {
	Index uint64 `json:"index"`
	// Revision is what the client was answered, by which it knows its own write.
	Revision int64 `json:"revision"`
	// Arrived: the request was decoded and handed to the node's code. Answered: that
	// code gave the answer back, to be encoded and sent.
	ArrivedNS  int64 `json:"arrived_ns"`
	AnsweredNS int64 `json:"answered_ns"`
	// Forwarded: it came from a follower.
	Forwarded bool `json:"forwarded,omitempty"`
}

// Stored is one write to the log store, syncs included, of the entries First to Last.
type Stored struct {
	First   uint64 `json:"first"`
	Last    uint64 `json:"last"`
	BeginNS int64  `json:"begin_ns"`
	EndNS   int64  `json:"end_ns"`
}

// Replicated is one AppendEntries of this leader's that the member To acknowledged.
type Replicated struct {
	To    string `json:"to"`
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
	// Sent: it was about to be encoded and written to the connection. Answered: the
	// answer was read and decoded.
	SentNS     int64 `json:"sent_ns"`
	AnsweredNS int64 `json:"answered_ns"`
}

// Applied is one batch of the state machine's; its entries are among First to Last.
type Applied struct {
	First   uint64 `json:"first"`
	Last    uint64 `json:"last"`
	BeginNS int64  `json:"begin_ns"`
	EndNS   int64  `json:"end_ns"`
}
