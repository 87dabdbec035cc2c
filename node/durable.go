package node

import (
	"sync"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// durable tracks the last index that this node could continue from after a
// crash, and reports it to the launcher, which compares it with what the next
// process finds on the disk. A nil *durable, on which all methods do nothing, is
// that of a store that is not durable.
//
// The disk never holds less than the last report says:
//   - entries are counted after the store has returned from storing them;
//   - a truncation is counted, and its report has reached the launcher, before
//     the store begins to truncate.
type durable struct {
	events Events

	mu       sync.Mutex
	log      uint64 // last index in the log store
	snapshot uint64 // last index of the newest snapshot
	reported uint64

	changed chan struct{} // holds a value when there may be growth to report
}

func newDurable(found control.OnDisk, events Events) *durable {
	return &durable{
		events: events,
		log:    found.LastIndex, snapshot: found.SnapshotIndex, reported: found.Last(),
		changed: make(chan struct{}, 1),
	}
}

// index is nil where the store is not durable.
func (d *durable) index() *uint64 {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	i := d.last()
	return &i
}

// last is what index is, where the caller holds the mutex.
func (d *durable) last() uint64 { return max(d.log, d.snapshot) }

// stored counts the entries up to index, which the log store has just stored.
func (d *durable) stored(index uint64) {
	if d == nil {
		return
	}
	d.mu.Lock()
	d.log = max(d.log, index)
	d.mu.Unlock()
	d.announce()
}

// snapshotted counts a snapshot that has just been stored.
func (d *durable) snapshotted(index uint64) {
	if d == nil {
		return
	}
	d.mu.Lock()
	d.snapshot = max(d.snapshot, index)
	d.mu.Unlock()
	d.announce()
}

// truncate must be called before entries are deleted. When they are the last of
// the log it returns after the report has reached the launcher. Deleting the first
// of them, which is compaction, changes nothing; when it is all of them, a snapshot
// covers what came before.
func (d *durable) truncate(low, high uint64) {
	if d == nil {
		return
	}
	d.mu.Lock()
	tail := high >= d.log && low <= d.log
	if tail {
		d.log = max(low, 1) - 1
		d.report()
	}
	d.mu.Unlock()
	if tail {
		d.events.Flush()
	}
}

func (d *durable) announce() { announce(d.changed) }

// report queues a report. The caller holds the mutex, so that reports are queued
// in the order of the changes.
func (d *durable) report() {
	if last := d.last(); last != d.reported {
		d.reported = last
		d.events.Emit(control.Event{Kind: control.EventDurable, AtNS: clock.Now(), Index: last})
	}
}

// reportNow is report, where the caller does not hold the mutex.
func (d *durable) reportNow() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.report()
}
