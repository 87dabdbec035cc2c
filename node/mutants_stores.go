//go:build mutants

package node

import (
	"os"
	"path/filepath"

	"github.com/hashicorp/raft"
)

const (
	// droppedShare of the entries never comes to the store.
	droppedShare = 0.01
	// tailLength is how many entries a restart loses.
	tailLength = 20
	// lastVoteTerm and lastVoteCand are the keys under which raft stores its vote.
	lastVoteTerm = "LastVoteTerm"
	lastVoteCand = "LastVoteCand"
)

// spoilStores has stores that were just opened lose what they held, or lose what they
// are given from now on. What the node tells of its disk was read before: it does not
// know that it is broken.
func spoilStores(st *stores, dir string, seed int64) error {
	b := st.disk.backing
	restarted := st.found.Term > 0
	switch {
	case mutant == droppedEntries:
		st.disk.backing = &dropping{backing: b, drops: newRandomly(seed)}
	case mutant == twoVotes:
		st.disk.backing = forgetful{b}
	case mutant == forgottenVote && restarted:
		return b.SetUint64([]byte(lastVoteTerm), 0)
	case mutant == lostTail && restarted:
		return loseTail(b)
	case mutant == wipedData && restarted:
		return wipe(b, dir)
	}
	return nil
}

// dropping keeps most entries and says that it keeps all.
type dropping struct {
	backing
	drops *randomly
}

// StoreLog implements raft.LogStore.
func (d *dropping) StoreLog(l *raft.Log) error { return d.StoreLogs([]*raft.Log{l}) }

// StoreLogs implements raft.LogStore.
func (d *dropping) StoreLogs(logs []*raft.Log) error {
	var kept []*raft.Log
	for _, l := range logs {
		if l.Type != raft.LogCommand || !d.drops.share(droppedShare) {
			kept = append(kept, l)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return d.backing.StoreLogs(kept)
}

// forgetful does not know that it has voted.
type forgetful struct{ backing }

// GetUint64 implements raft.StableStore.
func (f forgetful) GetUint64(key []byte) (uint64, error) {
	if string(key) == lastVoteTerm {
		return 0, nil
	}
	return f.backing.GetUint64(key)
}

// loseTail drops the last entries, but not all: a log without any is another mutant's.
func loseTail(b backing) error {
	first, err := b.FirstIndex()
	if err != nil {
		return err
	}
	last, err := b.LastIndex()
	if err != nil || last < first+tailLength {
		return err
	}
	return b.DeleteRange(last-tailLength+1, last)
}

// wipe leaves what a new disk holds.
func wipe(b backing, dir string) error {
	first, err := b.FirstIndex()
	if err != nil {
		return err
	}
	last, err := b.LastIndex()
	if err != nil {
		return err
	}
	if err := b.DeleteRange(first, last); err != nil {
		return err
	}
	for _, key := range []string{currentTerm, lastVoteTerm} {
		if err := b.SetUint64([]byte(key), 0); err != nil {
			return err
		}
	}
	kept, err := filepath.Glob(filepath.Join(dir, "snapshots", "*"))
	if err != nil {
		return err
	}
	for _, snapshot := range kept {
		if err := os.RemoveAll(snapshot); err != nil {
			return err
		}
	}
	return nil
}
