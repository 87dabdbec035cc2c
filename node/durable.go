package node

import (
	"context"
	"sync"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// reportEvery is the least time between two reports of a growing log: a line
// for each write would be felt in what is measured.
const reportEvery = 50 * time.Millisecond

// durable keeps account of the last index that this node could go on from after
// a crash, and reports it to the launcher, which holds it against what the next
// process finds on the disk. Its methods do nothing on nil, which is the account
// of a store that promises nothing.
//
// Two rules make the launcher's last report binding: an index is counted only
// when the store has said that it is there, and a truncation is counted, and
// its report with the launcher, before the store is told.
type durable struct {
	events Events

	mu       sync.Mutex
	log      uint64 // last index in the log store
	snapshot uint64 // last index of the newest snapshot
	reported uint64

	changed chan struct{} // holds one when index has grown past reported
}

func newDurable(found control.OnDisk, events Events) *durable {
	return &durable{
		events: events,
		log:    found.LastIndex, snapshot: found.SnapshotIndex, reported: found.Last(),
		changed: make(chan struct{}, 1),
	}
}

// index is nil where the store promises nothing.
func (d *durable) index() *uint64 {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	i := d.last()
	return &i
}

// last is for those who hold the mutex.
func (d *durable) last() uint64 { return max(d.log, d.snapshot) }

// stored counts entries up to index, which the log store holds now.
func (d *durable) stored(index uint64) {
	if d == nil {
		return
	}
	d.mu.Lock()
	d.log = max(d.log, index)
	d.mu.Unlock()
	d.announce()
}

// snapshotted counts a snapshot, which the snapshot store holds now.
func (d *durable) snapshotted(index uint64) {
	if d == nil {
		return
	}
	d.mu.Lock()
	d.snapshot = max(d.snapshot, index)
	d.mu.Unlock()
	d.announce()
}

// truncate is to be called before entries are deleted. Where they are the
// log's last it returns when the launcher has been told. Where they are all that
// the log holds, a snapshot covers what came before them.
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

func (d *durable) announce() {
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// report is for those who hold the mutex, so that reports are queued in the
// order in which they were true.
func (d *durable) report() {
	if last := d.last(); last != d.reported {
		d.reported = last
		d.events.Emit(control.Event{Kind: control.EventDurable, AtNS: clock.Now(), Index: last})
	}
}

// reportGrowth reports what has grown, but not too often, until ctx ends, and
// once more then.
func (d *durable) reportGrowth(ctx context.Context) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for ctx.Err() == nil {
		select {
		case <-d.changed:
		case <-ctx.Done():
		}
		d.mu.Lock()
		d.report()
		d.mu.Unlock()
		pause.Reset(reportEvery)
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.report()
}
