package node

import (
	"errors"
	"net"
	"sync"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// failures tells the launcher why a store cannot be written, or no connection be had.
// Raft only logs it, or panics, and the log may be on the same full disk; gRPC tries to
// accept again and again without a word. On nil, note does nothing.
type failures struct {
	events Events
	kind   control.EventKind

	mu   sync.Mutex
	told map[control.Code]bool
	last error
}

func newFailures(events Events, kind control.EventKind) *failures {
	return &failures{events: events, kind: kind, told: map[control.Code]bool{}}
}

// note returns err; one that was asked for is no failure. The first error of each code has reached the launcher by
// then: raft may panic over it.
func (f *failures) note(err error) error {
	if f == nil || err == nil || errors.Is(err, errFull) {
		return err
	}
	code := codeOf(err)
	f.mu.Lock()
	known := f.told[code]
	f.told[code], f.last = true, err
	f.mu.Unlock()
	if !known {
		f.events.Emit(control.Event{Kind: f.kind, AtNS: clock.Now(), Error: err.Error(), Code: code})
		f.events.Flush()
	}
	return err
}

// noteHost is note of what is a fault of the host, and of nothing else: that a peer
// refuses a connection is none.
func (f *failures) noteHost(err error) error {
	if !codeOf(err).IsHost() {
		return err
	}
	return f.note(err)
}

// accepting is a listener that tells why no connection could be accepted.
type accepting struct {
	net.Listener
	failures *failures
}

func (a accepting) Accept() (net.Conn, error) {
	conn, err := a.Listener.Accept()
	return conn, a.failures.noteHost(err)
}

// latest is the last error noted, or nil.
func (f *failures) latest() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}
