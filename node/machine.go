package node

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/raft"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/protobuf/proto"

	"github.com/raftbench/raftbench/clock"
)

// machine is the replicated state machine: the keys, and the index of the
// last entry that made them. It implements raft.BatchingFSM, so that one lock
// covers a batch.
type machine struct {
	mu   sync.RWMutex
	keys *keyspace
	// index of the last command or configuration applied. Raft hands no-ops
	// and barriers to nobody, so it may stand below raft's own applied index.
	index uint64
	// delay is how much longer each command takes.
	delay time.Duration
	// stuck, while it holds, lets no entry be applied: a deadlock.
	stuck hold
	// spans takes the instants of batches; nil where they are not noted.
	spans *spans
	// moved is closed and replaced whenever somebody waits and index grows.
	moved chan struct{}
}

var _ raft.BatchingFSM = (*machine)(nil)

func newMachine(delay time.Duration) *machine { return &machine{keys: newKeyspace(), delay: delay} }

// outcome is what a command did, as raft hands it back to who proposed it.
type outcome struct {
	resp proto.Message
	err  error
}

// Apply implements raft.FSM.
func (m *machine) Apply(l *raft.Log) any { return m.ApplyBatch([]*raft.Log{l})[0] }

// ApplyBatch implements raft.BatchingFSM.
func (m *machine) ApplyBatch(logs []*raft.Log) []any {
	begin := m.spans.stamp()
	m.stuck.wait() // without the lock: what is asked about the machine is answered
	outcomes := make([]any, len(logs))
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, l := range logs {
		if l.Type == raft.LogCommand {
			outcomes[i] = m.keys.apply(l.Data)
			work(m.delay)
		}
		m.index = l.Index
	}
	m.announce()
	if len(logs) > 0 {
		m.spans.apply(logs[0].Index, logs[len(logs)-1].Index, begin)
	}
	return outcomes
}

// work keeps its core for so long, as code that computes does: asleep, it would
// cost others nothing.
func work(d time.Duration) {
	if d <= 0 {
		return
	}
	for end := clock.Now() + d.Nanoseconds(); clock.Now() < end; {
	}
}

// apply must come to the same result on every node, errors included.
func (k *keyspace) apply(data []byte) outcome {
	command, err := decodeCommand(data)
	if err != nil {
		return outcome{err: err}
	}
	switch r := command.(type) {
	case *pb.PutRequest:
		if err := k.checkPut(r); err != nil {
			return outcome{err: err}
		}
		w := k.write()
		defer w.end()
		return outcome{resp: w.put(r)}
	case *pb.DeleteRangeRequest:
		w := k.write()
		defer w.end()
		return outcome{resp: w.deleteRange(r)}
	case *pb.TxnRequest:
		resp, err := k.transact(r)
		if err != nil {
			return outcome{err: err}
		}
		return outcome{resp: resp}
	default:
		return outcome{err: fmt.Errorf("no command: %T", r)}
	}
}

func (m *machine) announce() {
	if m.moved != nil {
		close(m.moved)
		m.moved = nil
	}
}

// wait returns when everything up to index is applied.
func (m *machine) wait(ctx context.Context, index uint64) error {
	for {
		m.mu.Lock()
		if m.index >= index {
			m.mu.Unlock()
			return nil
		}
		if m.moved == nil {
			m.moved = make(chan struct{})
		}
		moved := m.moved
		m.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// read answers a range request from what is applied here.
func (m *machine) read(r *pb.RangeRequest) (*pb.RangeResponse, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if err := readable(r.Revision, m.keys.revision); err != nil {
		return nil, err
	}
	return query(m.keys.tree, r, m.keys.revision), nil
}

// readTxn answers a transaction that changes nothing, without the log.
func (m *machine) readTxn(r *pb.TxnRequest) (*pb.TxnResponse, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.keys.transact(r)
}

// position is where the machine stands.
type position struct {
	index    uint64
	revision int64
	bytes    int64
}

func (m *machine) position() position {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return position{index: m.index, revision: m.keys.revision, bytes: m.keys.bytes}
}
