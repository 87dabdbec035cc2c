package node

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"github.com/raftbench/raftbench/clock"
)

// syncsPerCommit: bbolt syncs the data pages and then the meta page. Over 1,888
// writes of one client this counts 3,776 syncs, and strace 3,779: the other three
// are of the file's growth.
const syncsPerCommit = 2

// backing is a store for raft's log and raft's few stable values.
type backing interface {
	raft.LogStore
	raft.StableStore
}

// disk stands between raft and its store: it times the writes, counts the
// syncs, and, when asked, stands in for the device. It implements
// raft.LogStore and raft.StableStore.
type disk struct {
	backing
	// emulated, above zero, is how long the device takes for a sync. The store
	// itself then does not sync.
	emulated time.Duration
	// stalls hold writes now and then; nil where the disk has none.
	stalls *stalls
	// syncs that one write transaction makes, real or emulated.
	syncs int64
	// onTerm is called with every term that is stored, in that order.
	onTerm func(term uint64)
	// terms is held while one is stored and told.
	terms sync.Mutex
	// durable tracks what is stored; nil where the store is not durable.
	durable *durable
	// failures is told of every write that failed, before raft is.
	failures *failures
	// faults are what the device is made to do. They are shared with the snapshots.
	faults *diskFaults
	// spans takes the instants of writes to the log; nil where they are not noted.
	spans *spans

	device    sync.Mutex // an emulated disk does one transaction at a time
	commit    time.Duration
	fsyncs    atomic.Int64
	storeTime *histogram
}

// StoreLog implements raft.LogStore.
func (d *disk) StoreLog(log *raft.Log) error { return d.StoreLogs([]*raft.Log{log}) }

// StoreLogs implements raft.LogStore.
func (d *disk) StoreLogs(logs []*raft.Log) error {
	begin := clock.Now()
	err := d.write(func() error { return d.backing.StoreLogs(logs) })
	end := clock.Now()
	d.storeTime.record(time.Duration(end - begin))
	if err == nil && len(logs) > 0 {
		d.spans.store(logs[0].Index, logs[len(logs)-1].Index, begin, end)
		d.durable.stored(logs[len(logs)-1].Index)
	}
	return err
}

// DeleteRange implements raft.LogStore.
func (d *disk) DeleteRange(low, high uint64) error {
	d.durable.truncate(low, high)
	return d.write(func() error { return d.backing.DeleteRange(low, high) })
}

// Set implements raft.StableStore.
func (d *disk) Set(key, value []byte) error {
	return d.write(func() error { return d.backing.Set(key, value) })
}

// SetUint64 implements raft.StableStore.
func (d *disk) SetUint64(key []byte, value uint64) error {
	store := func() error { return d.write(func() error { return d.backing.SetUint64(key, value) }) }
	if string(key) != currentTerm {
		return store()
	}
	// Raft stores its term from its main goroutine, and from the transport's, which
	// answers heartbeats.
	d.terms.Lock()
	defer d.terms.Unlock()
	err := store()
	if err == nil && d.onTerm != nil {
		d.onTerm(value)
	}
	return err
}

// write does one write transaction. An emulated device takes its time before
// the store is touched: what a kill interrupts was never written, just as what
// a power loss interrupts was never synced.
func (d *disk) write(transaction func() error) error {
	held := d.stalls.wait()
	err := d.faults.begin()
	switch {
	case err != nil:
	case d.emulated > 0:
		err = d.hold(transaction)
	default:
		err = transaction()
	}
	// A stall that began meanwhile holds the answer.
	d.stalls.count(held + d.stalls.wait())
	if err == nil {
		d.fsyncs.Add(d.syncs)
		d.faults.end(d.syncs)
	}
	return d.failures.note(err)
}

// hold makes the whole transaction last as long as the device takes for its
// syncs, the store's own work (estimated by its last transaction) included.
func (d *disk) hold(transaction func() error) error {
	d.device.Lock()
	defer d.device.Unlock()
	done := clock.Now() + syncsPerCommit*d.emulated.Nanoseconds()
	clock.SleepUntil(done - d.commit.Nanoseconds())
	begin := clock.Now()
	err := transaction()
	d.commit = time.Duration(clock.Now() - begin)
	clock.SleepUntil(done)
	return err
}
