package node

import (
	"errors"
	"fmt"
	"sync"
	"syscall"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// errFull tells the error of a disk that was asked to be full from one of the
// host's.
var errFull = errors.New("as the fault disk-full asks")

// diskFaults stand between a node's stores and their writes. A nil *diskFaults is
// a whole disk, and so is the zero one.
type diskFaults struct {
	stall hold

	mu  sync.Mutex
	now control.DiskFault
}

// set replaces what the disk does. Writes that hang in a stall go on when it ends.
func (f *diskFaults) set(now control.DiskFault) {
	f.mu.Lock()
	f.now = now
	f.mu.Unlock()
	f.stall.set(now.Stall)
}

func (f *diskFaults) get() control.DiskFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// begin is called before each write; what it returns is the write's error.
func (f *diskFaults) begin() error {
	if f == nil {
		return nil
	}
	f.stall.wait()
	if f.get().Full {
		return fmt.Errorf("%w: %w", syscall.ENOSPC, errFull)
	}
	return nil
}

// end is called after a write that made so many syncs.
func (f *diskFaults) end(syncs int64) {
	if f == nil {
		return
	}
	if slow := f.get().Slow; slow > 0 {
		clock.SleepUntil(clock.Now() + syncs*slow.Nanoseconds())
	}
	f.stall.wait() // what was written in a stall was not synced
}

// hold is a gate that is open until it is set. Its zero value is open.
type hold struct {
	mu   sync.Mutex
	open chan struct{} // closed when the hold ends; nil while there is none
}

// set begins or ends the hold.
func (h *hold) set(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case on && h.open == nil:
		h.open = make(chan struct{})
	case !on && h.open != nil:
		close(h.open)
		h.open = nil
	}
}

// wait returns when nothing is held.
func (h *hold) wait() {
	h.mu.Lock()
	open := h.open
	h.mu.Unlock()
	if open != nil {
		<-open
	}
}
