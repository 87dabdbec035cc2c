package results

// Fault is a fault, or an operation such as a transfer of leadership, that was
// done to a running cluster, with what its clients saw from then until the next
// one. It holds what was seen and nothing that is derived: an outage's length and
// its parts follow from it and from the trial's events.
type Fault struct {
	// Action is what was done, in Jepsen's and tc's words: kill, pause, isolate,
	// transfer. Target is how the experiment named to whom: leader, n2, a site.
	Action string `json:"action"`
	Target string `json:"target,omitempty"`
	// Nodes are the members it was done to, empty where it was to none.
	Nodes []string `json:"nodes,omitempty"`
	// Repeat numbers the faults of a trial that does one again and again, from 1;
	// 0 for those of a timeline.
	Repeat int `json:"repeat,omitempty"`

	// Groups of a partition: who still reached whom.
	Groups [][]string `json:"groups,omitempty"`

	// Cut are the directed links that it cut, from when it was done until it was undone.
	Cut []Ends `json:"cut,omitempty"`

	// PrepareNS is when somebody began to prepare it, as to kill the member that a
	// snapshot is to be installed on; 0 where it takes no preparation.
	PrepareNS int64 `json:"prepare_ns,omitempty"`
	// AtNS is the instant just before it was done, DoneNS when all of it was done,
	// UndoNS the instant just before it was undone, and EndNS when all of it was:
	// healed, resumed, listening again; 0: not within the trial. All are on
	// CLOCK_MONOTONIC. What is over at once ends when it is done, and is not undone.
	AtNS   int64 `json:"at_ns"`
	DoneNS int64 `json:"done_ns"`
	UndoNS int64 `json:"undo_ns,omitempty"`
	EndNS  int64 `json:"end_ns,omitempty"`

	// Failed is why it could not be done as it was asked for, as a leader that hands
	// over and is elected again; empty where it was done. Where nothing was done at all,
	// since its target did not run, it has no Nodes and was over at AtNS.
	Failed string `json:"failed,omitempty"`

	// Leader and Term are those at AtNS, Alive how many members ran just before.
	Leader string `json:"leader,omitempty"`
	Term   uint64 `json:"term,omitempty"`
	Alive  int    `json:"alive"`

	// Before are the writes that were sent in the second before it, and before anything
	// was prepared, as far as the cluster was whole then, and During those sent until it was done; null where nobody wrote.
	// They are those of clients at members that it leaves in service.
	Before *Latency `json:"before,omitempty"`
	During *Latency `json:"during,omitempty"`

	// SilentNS is the longest stretch in which no client, whichever member it asks, had an
	// acknowledgement: from the instant of the fault or from one acknowledgement to the
	// next. On a timeline it is the longest until the next fault, or until the load ended;
	// where one fault is done again and again, the longest begun before it was done. 0
	// where nobody wrote, or no write was acknowledged after it, and in a proof.
	SilentNS int64 `json:"silent_ns,omitempty"`

	// Probes are what a client at each member saw, one a member, n1 first.
	Probes []Probe `json:"probes,omitempty"`
}

// Undone tells that nothing of it was done: its target did not run, or nobody led, or it
// came too late.
func (f *Fault) Undone() bool { return f.Failed != "" && len(f.Nodes) == 0 && f.EndNS == f.AtNS }

// Probe is what a client that writes at a constant rate to one member saw from a
// fault until the next, or until the load's end.
type Probe struct {
	// Node is the member that it asks; nobody tells it who leads.
	Node string `json:"node"`
	// FirstAckNS is from the fault to the first acknowledgement of a write that was
	// sent after it took effect: when whom it killed was known to be dead, or all its
	// links were cut; 0 where none came.
	FirstAckNS int64 `json:"first_ack_ns,omitempty"`
	// The writes sent in that time, by what became of them: Unknown may have been
	// committed or not.
	Acked   int64 `json:"acked"`
	Failed  int64 `json:"failed"`
	Unknown int64 `json:"unknown"`
}
