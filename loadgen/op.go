// Package loadgen is open-loop: latency counts from the planned send, never
// the actual one, so a server that stalls cannot hide the requests that would
// have been sent meanwhile (coordinated omission). A closed loop exists, is
// called so, and is for finding throughput.
package loadgen

import (
	"context"
	"errors"
	"time"
)

// Target is what receives load: one pinned connection to one server.
//
// An error that wraps ErrRejected says that the operation certainly took no
// effect. Any other error leaves the outcome unknown: the write may be
// committed now, later or never.
type Target interface {
	// Put returns the revision at which the value is stored.
	Put(ctx context.Context, key string, value []byte) (revision int64, err error)
	Get(ctx context.Context, key string, serializable bool) (Read, error)
}

// Read is the answer to a Get. That there is no such key is no error.
type Read struct {
	// Value of the key, which the target must not reuse; nil where there is none.
	Value []byte
	// Revision at which the key was last written, its mod revision; 0 where there
	// is no such key.
	Revision int64
	// StoreRevision is that of the whole store when it answered: the highest of
	// all writes that the answer takes into account, whatever their keys.
	StoreRevision int64
}

// ErrRejected marks a definite failure: the operation did not take effect and
// never will ("not leader", "enqueue timeout", nothing sent).
var ErrRejected = errors.New("rejected")

// Kind of an operation.
type Kind uint8

// The kinds.
const (
	Put Kind = iota
	Get
)

// Outcome of an operation.
type Outcome uint8

// The outcomes.
const (
	Acknowledged Outcome = iota
	Rejected
	Unknown
)

// Op is one finished operation. Instants count from Origin.
type Op struct {
	Kind Kind
	// Serializable is set for a read that may be stale.
	Serializable bool
	Key          string
	// Value is what was written, or what was read. It is the generator's own
	// and is overwritten later: an observer copies what it keeps.
	Value []byte
	// Origin is the window's start. It carries the monotonic reading, so that
	// operations of several windows can be put in one order.
	Origin time.Time
	// Intended is when the schedule wanted it sent; Sent when it was; Done
	// when the answer came. In a closed loop Intended equals Sent.
	Intended, Sent, Done time.Duration
	// Revision at which a write was stored, or the mod revision read.
	Revision int64
	// StoreRevision is that of the whole store when it answered; of a write the
	// same as Revision.
	StoreRevision int64
	Err           error
}

// Outcome tells what is known of the operation's effect.
func (o *Op) Outcome() Outcome {
	switch {
	case o.Err == nil:
		return Acknowledged
	case errors.Is(o.Err, ErrRejected):
		return Rejected
	default:
		return Unknown
	}
}

// Observer sees every finished operation, from many goroutines at once.
type Observer interface{ Observe(op *Op) }
