//go:build mutants

package node

import (
	"github.com/hashicorp/raft"
	"go.etcd.io/etcd/api/v3/mvccpb"
)

const (
	// skippedShare of the commands is not applied.
	skippedShare = 0.02
	// doubledEntry: each whose index is a multiple is applied twice.
	doubledEntry = 20
	// missingKey: each so many-th key is missing in a snapshot, the first among them.
	missingKey = 10
)

// badMachine is a state machine that does not apply what was committed.
type badMachine struct {
	*machine
	node    *Node
	skipped *randomly
}

func spoiledMachine(n *Node) raft.FSM {
	switch mutant {
	case skippedApplies, doubleApplies, snapshotMissesKeys:
		return &badMachine{machine: n.machine, node: n, skipped: newRandomly(n.opts.Seed)}
	}
	return n.machine
}

// Apply implements raft.FSM.
func (m *badMachine) Apply(l *raft.Log) any { return m.ApplyBatch([]*raft.Log{l})[0] }

// ApplyBatch implements raft.BatchingFSM.
func (m *badMachine) ApplyBatch(logs []*raft.Log) []any {
	switch mutant {
	case skippedApplies:
		return m.skip(logs)
	case doubleApplies:
		return m.double(logs)
	}
	return m.machine.ApplyBatch(logs)
}

// skip leaves commands out. What raft may want to hand to a client, which a leader of
// a moment ago still has, is that the outcome is not known.
func (m *badMachine) skip(logs []*raft.Log) []any {
	applied, left := make([]*raft.Log, len(logs)), make([]bool, len(logs))
	for i, l := range logs {
		applied[i] = l
		if l.Type == raft.LogCommand && !m.node.leads() && m.skipped.share(skippedShare) {
			hollow := *l
			hollow.Type = raft.LogNoop
			applied[i], left[i] = &hollow, true
		}
	}
	outcomes := m.machine.ApplyBatch(applied)
	for i := range outcomes {
		if left[i] {
			outcomes[i] = outcome{err: errLeadership}
		}
	}
	return outcomes
}

func (m *badMachine) double(logs []*raft.Log) []any {
	var applied []*raft.Log
	var first []int // where each of logs stands in applied
	for _, l := range logs {
		first = append(first, len(applied))
		if applied = append(applied, l); l.Index%doubledEntry == 0 {
			applied = append(applied, l)
		}
	}
	all := m.machine.ApplyBatch(applied)
	outcomes := make([]any, len(logs))
	for i, at := range first {
		outcomes[i] = all[at]
	}
	return outcomes
}

// Snapshot implements raft.FSM.
func (m *badMachine) Snapshot() (raft.FSMSnapshot, error) {
	whole, err := m.machine.Snapshot()
	if err != nil || mutant != snapshotMissesKeys {
		return whole, err
	}
	s := whole.(*snapshot)
	var missing []*mvccpb.KeyValue
	i := 0
	s.tree.Ascend(func(kv *mvccpb.KeyValue) bool {
		if i%missingKey == 0 {
			missing = append(missing, kv)
		}
		i++
		return true
	})
	for _, kv := range missing {
		s.tree.Delete(kv)
	}
	return s, nil
}
