package node

import (
	"errors"
	"fmt"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"

	"github.com/raftbench/raftbench/control"
)

// currentTerm is the key under which raft stores its term.
const currentTerm = "CurrentTerm"

// onDisk reads what the stores hold, past every cache.
func onDisk(b backing, snaps raft.SnapshotStore) (found control.OnDisk, err error) {
	if found.FirstIndex, err = b.FirstIndex(); err != nil {
		return found, fmt.Errorf("first entry of the log: %w", err)
	}
	if found.LastIndex, err = b.LastIndex(); err != nil {
		return found, fmt.Errorf("last entry of the log: %w", err)
	}
	if found.LastIndex > 0 {
		var last raft.Log
		if err := b.GetLog(found.LastIndex, &last); err != nil {
			return found, fmt.Errorf("entry %d of the log, its last: %w", found.LastIndex, err)
		}
		found.LastTerm = last.Term
	}
	found.Term, err = b.GetUint64([]byte(currentTerm))
	if err != nil && !errors.Is(err, raftboltdb.ErrKeyNotFound) {
		return found, fmt.Errorf("current term: %w", err)
	}
	newest, err := snaps.List()
	if err != nil {
		return found, fmt.Errorf("list of snapshots: %w", err)
	}
	if len(newest) > 0 {
		found.SnapshotIndex, found.SnapshotTerm = newest[0].Index, newest[0].Term
	}
	return found, nil
}
