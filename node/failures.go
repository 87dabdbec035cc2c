package node

import (
	"errors"
	"sync"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// failures tells the launcher why a store cannot be written. Raft only logs it,
// or panics, and the log may be on the same full disk. On nil, note does nothing.
type failures struct {
	events Events

	mu   sync.Mutex
	told map[control.Code]bool
	last error
}

func newFailures(events Events) *failures {
	return &failures{events: events, told: map[control.Code]bool{}}
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
		f.events.Emit(control.Event{Kind: control.EventStoreError, AtNS: clock.Now(), Error: err.Error(), Code: code})
		f.events.Flush()
	}
	return err
}

// latest is the last error noted, or nil.
func (f *failures) latest() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}
