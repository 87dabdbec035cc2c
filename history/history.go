package history

// Version of the file's format.
const Version = 1

// History is what a file holds.
type History struct {
	Header
	// Operations in the order in which their calls were written.
	Operations []Operation
	// Torn tells that the last line was cut off and has been dropped, as a crash
	// of the writer leaves it.
	Torn bool
	// Unfinished is the number of operations without a return.
	Unfinished int
}

// Header says where a history comes from.
type Header struct {
	Version int `json:"version"`
	// Seed of the run's random choices.
	Seed int64 `json:"seed"`
	// Setup is the cell of the run's matrix, as in its trials.
	Setup string `json:"setup,omitempty"`
	// Experiment is the SHA-256 of the run's experiment.yaml, in hexadecimal.
	Experiment string `json:"experiment,omitempty"`
	// Nodes is the size of the cluster.
	Nodes int `json:"nodes"`
	// Prefix of all keys.
	Prefix string `json:"prefix,omitempty"`
	// Alone tells that nobody else wrote to the store, under whatever keys, from
	// the first call to the last return. Then each revision in between is that of
	// one of the history's operations, and a judge misses those that are of none.
	// Only serializable reads may be answered from an earlier revision.
	Alone bool `json:"alone,omitempty"`
}

// Kind of an operation.
type Kind string

// The kinds.
const (
	Put Kind = "put" // writes one key
	Get Kind = "get" // reads one key
	// CAS, compare and swap, puts one key if its mod revision is as expected.
	CAS Kind = "cas"
	// Delete removes one key.
	Delete Kind = "delete"
	// Txn compares any keys, reads any, and writes any, as one.
	Txn Kind = "txn"
	// Scan reads all keys of one replica.
	Scan Kind = "scan"
)

// Call is an operation as it was sent.
type Call struct {
	// ID is unique in the history.
	ID     int64 `json:"id"`
	Client int   `json:"client"`
	// Node that was asked.
	Node string `json:"node,omitempty"`
	// AtNS is the instant just before it was sent, in nanoseconds of the host's
	// monotonic clock.
	AtNS int64 `json:"at_ns"`
	Kind Kind  `json:"kind"`
	// Serializable allows a get or a transaction that only reads to be answered
	// from the asked replica's own store, which may be behind. Of a scan it says
	// that the replica need not have caught up; any other scan was sent when the
	// replica had applied all that was ever acknowledged.
	Serializable bool `json:"serializable,omitempty"`
	// Compares must all hold for Writes to take effect.
	Compares []Compare `json:"compares,omitempty"`
	// Writes name each key once. A transaction that writes has at least one that is
	// no deletion: one that deletes what is not there takes no revision, and its
	// answer does not tell.
	Writes []Write `json:"writes,omitempty"`
	// Reads are the keys read: before the writes, and at one revision with them and
	// the compares.
	Reads []string `json:"reads,omitempty"`
}

// Compare holds if the key's mod revision is this; 0 is that of an absent key.
type Compare struct {
	Key         string `json:"key"`
	ModRevision int64  `json:"mod_revision"`
}

// Write puts a value or deletes the key.
type Write struct {
	Key string `json:"key"`
	// Value is one that no other write of the history has.
	Value  string `json:"value,omitempty"`
	Delete bool   `json:"delete,omitempty"`
}

// Outcome of an operation.
type Outcome string

// The outcomes.
const (
	OK       Outcome = "ok"       // it was answered
	Rejected Outcome = "rejected" // certainly without effect, now and later
	Unknown  Outcome = "unknown"  // it may have taken effect, or may still
)

// Return is what a client was told. All but ID, AtNS, Outcome and Err is of the
// outcome OK alone.
type Return struct {
	// ID of the call.
	ID int64 `json:"id"`
	// AtNS is the instant just after it was received, or given up.
	AtNS    int64   `json:"at_ns"`
	Outcome Outcome `json:"outcome"`
	// Succeeded tells of a put, and of a transaction or a compare-and-swap whose
	// compares held, that its writes took effect; of a delete that there was a key
	// to delete. It is false where nothing was changed.
	Succeeded bool `json:"succeeded,omitempty"`
	// Revision of the store in the answer's header: of what was changed, that
	// change's own; else the revision at which it was read.
	Revision int64 `json:"revision,omitempty"`
	// Read answers the call's Reads, in their order; it may be left out where the
	// compares did not hold. Of a scan it is all the keys that there are.
	Read []KV `json:"read,omitempty"`
	// Err is the error's text, for people.
	Err string `json:"err,omitempty"`
}

// KV is a key as it was read. An absent key has the mod revision 0 and no value.
type KV struct {
	Key         string `json:"key"`
	Value       string `json:"value,omitempty"`
	ModRevision int64  `json:"mod_revision,omitempty"`
}

// Operation is a call with its return.
type Operation struct {
	Call
	// Return is nil where no end was recorded; the outcome is unknown then.
	Return *Return
}

// Outcome of the operation; without a return it is Unknown.
func (o *Operation) Outcome() Outcome {
	if o.Return == nil {
		return Unknown
	}
	return o.Return.Outcome
}

// Changed tells that the operation is acknowledged to have changed something, at
// its return's revision.
func (o *Operation) Changed() bool {
	return o.Outcome() == OK && o.Return.Succeeded && len(o.Writes) > 0
}

// MayChange tells that the operation may have changed something, or may still,
// and nobody knows whether and when.
func (o *Operation) MayChange() bool { return o.Outcome() == Unknown && len(o.Writes) > 0 }
