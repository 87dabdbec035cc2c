package node

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/hashicorp/raft"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/protobuf/encoding/protodelim"
)

// A snapshot is a header and then every key in order, each an mvccpb.KeyValue
// behind its length as a varint:
//
//	| "raftbench" 1 | index u64 | revision u64 | keys u64 | (length, KeyValue)* |
//
// Numbers are big-endian. The same store always gives the same bytes.
const snapshotMagic = "raftbench\x01"

type snapshot struct {
	tree     *keyTree
	index    uint64
	revision int64
}

// Snapshot implements raft.FSM. The clone shares the tree, which copies on
// write from now on.
func (m *machine) Snapshot() (raft.FSMSnapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &snapshot{tree: m.keys.tree.Clone(), index: m.index, revision: m.keys.revision}, nil
}

// Persist implements raft.FSMSnapshot.
func (s *snapshot) Persist(sink raft.SnapshotSink) error {
	if own, ok := sink.(*announcedSink); ok {
		own.taken = true
	}
	if err := s.writeTo(sink); err != nil {
		return errors.Join(err, sink.Cancel())
	}
	return sink.Close()
}

// Release implements raft.FSMSnapshot.
func (s *snapshot) Release() {}

func (s *snapshot) writeTo(sink io.Writer) error {
	w := bufio.NewWriterSize(sink, 64<<10)
	head := []byte(snapshotMagic)
	for _, n := range []uint64{s.index, uint64(s.revision), uint64(s.tree.Len())} {
		head = binary.BigEndian.AppendUint64(head, n)
	}
	_, err := w.Write(head)
	s.tree.Ascend(func(kv *mvccpb.KeyValue) bool {
		if err == nil {
			_, err = protodelim.MarshalTo(w, kv)
		}
		return err == nil
	})
	return errors.Join(err, w.Flush())
}

// Restore implements raft.FSM: it replaces everything, or fails and changes
// nothing.
func (m *machine) Restore(source io.ReadCloser) error {
	keys, index, err := readSnapshot(source)
	if err := errors.Join(err, source.Close()); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys, m.index = keys, index
	m.announce()
	return nil
}

func readSnapshot(source io.Reader) (keys *keyspace, index uint64, err error) {
	r := bufio.NewReaderSize(source, 64<<10)
	head := make([]byte, len(snapshotMagic)+24)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, 0, fmt.Errorf("snapshot's header: %w", err)
	}
	if got := string(head[:len(snapshotMagic)]); got != snapshotMagic {
		return nil, 0, fmt.Errorf("snapshot begins with %q, want %q: it is no snapshot of this version", got, snapshotMagic)
	}
	numbers := head[len(snapshotMagic):]
	keys = newKeyspace()
	index = binary.BigEndian.Uint64(numbers)
	keys.revision = int64(binary.BigEndian.Uint64(numbers[8:]))
	count := binary.BigEndian.Uint64(numbers[16:])
	limit := protodelim.UnmarshalOptions{MaxSize: 2 * maxCommand}
	for i := range count {
		kv := &mvccpb.KeyValue{}
		if err := limit.UnmarshalFrom(r, kv); err != nil {
			return nil, 0, fmt.Errorf("snapshot's key %d of %d: %w", i+1, count, err)
		}
		keys.tree.ReplaceOrInsert(kv)
		keys.bytes += int64(len(kv.Key) + len(kv.Value))
	}
	return keys, index, nil
}
