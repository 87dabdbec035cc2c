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
	Put(ctx context.Context, key string, value []byte) (revision int64, err error)
	Get(ctx context.Context, key string, serializable bool) error
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

// Op is one finished operation. Instants count from the window's start.
type Op struct {
	Kind  Kind
	Key   string
	Value []byte // owned by the generator; copy what must be kept
	// Intended is when the schedule wanted it sent; Sent when it was; Done
	// when the answer came. In a closed loop Intended equals Sent.
	Intended, Sent, Done time.Duration
	Revision             int64
	Err                  error
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
