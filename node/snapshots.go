package node

import (
	"errors"
	"sync/atomic"

	"github.com/hashicorp/raft"
)

// syncsPerSnapshot: raft's file store syncs a snapshot's data, its description and
// the directory.
const syncsPerSnapshot = 3

// snapshots wraps raft's snapshot store to tell of what is stored.
type snapshots struct {
	raft.SnapshotStore
	stored atomic.Int64
	// onSnapshot is called with every snapshot, taken here or sent by a leader, and how
	// large its data is.
	onSnapshot func(index uint64, bytes int64, taken bool)
	// durable tracks what is stored; nil where the store is not durable.
	durable *durable
	// failures is told of every write that failed.
	failures *failures
	faults   *diskFaults
}

// Create implements raft.SnapshotStore.
func (s *snapshots) Create(version raft.SnapshotVersion, index, term uint64, configuration raft.Configuration,
	configurationIndex uint64, trans raft.Transport,
) (raft.SnapshotSink, error) {
	if err := s.faults.begin(); err != nil {
		return nil, s.failures.note(err)
	}
	sink, err := s.SnapshotStore.Create(version, index, term, configuration, configurationIndex, trans)
	if err != nil {
		return nil, s.failures.note(err)
	}
	return &announcedSink{SnapshotSink: sink, store: s, index: index}, nil
}

// announcedSink tells when its snapshot is stored.
type announcedSink struct {
	raft.SnapshotSink
	store *snapshots
	index uint64
	// taken is set by the state machine, which writes the snapshots taken here.
	// Raft itself writes those that a leader sends.
	taken bool
	done  bool
	bytes int64 // written so far
}

// Write implements raft.SnapshotSink.
func (s *announcedSink) Write(b []byte) (int, error) {
	if err := s.store.faults.begin(); err != nil {
		return 0, s.store.failures.note(err)
	}
	n, err := s.SnapshotSink.Write(b)
	s.bytes += int64(n)
	return n, s.store.failures.note(err)
}

// Close implements raft.SnapshotSink. Raft closes a sink once more than the
// state machine does.
func (s *announcedSink) Close() error {
	if s.done {
		return s.store.failures.note(s.SnapshotSink.Close())
	}
	err := s.store.faults.begin()
	if err == nil {
		err = s.SnapshotSink.Close()
	} else {
		err = errors.Join(err, s.Cancel())
	}
	if err != nil {
		return s.store.failures.note(err)
	}
	s.store.faults.end(syncsPerSnapshot)
	s.done = true
	s.store.stored.Add(1)
	s.store.durable.snapshotted(s.index)
	if s.store.onSnapshot != nil {
		s.store.onSnapshot(s.index, s.bytes, s.taken)
	}
	return nil
}
