package node

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"

	"github.com/raftbench/raftbench/control"
)

const (
	logFile = "raft.db"
	// syncedFile is the store as it was when it was last synced as a whole;
	// kept for a store that never syncs while it runs.
	syncedFile = "raft.db.synced"
	// retainSnapshots as Consul and Nomad do. (Vault's store is its own.)
	retainSnapshots = 2
)

// stores are where raft keeps what must outlive the process.
type stores struct {
	disk  *disk
	logs  raft.LogStore
	snaps *snapshots
	close func() error
	// found is what they held when they were opened.
	found control.OnDisk
	// durable is whether what was stored outlives the process.
	durable bool
}

// openStores opens, or creates, the stores in dir.
func openStores(dir string, s control.Storage, log hclog.Logger) (*stores, error) {
	if err := checkStorage(s); err != nil {
		return nil, err
	}
	if s.Store == control.StoreMemory {
		return memoryStores(s)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, dataError{fmt.Errorf("data directory: %w", err)}
	}
	if s.PowerLoss {
		if err := losePower(dir, s); err != nil {
			return nil, err
		}
	}
	noSync := s.Store == control.StoreBoltNoSync || s.EmulatedSync > 0 || mutant == boltWithoutSync
	bolt, err := raftboltdb.New(raftboltdb.Options{
		Path:        filepath.Join(dir, logFile),
		NoSync:      noSync,
		BoltOptions: boltOptions(noSync),
	})
	if err != nil {
		return nil, openingError(fmt.Errorf("log store %s: %w", filepath.Join(dir, logFile), err))
	}
	files, err := raft.NewFileSnapshotStoreWithLogger(dir, retainSnapshots, log)
	if err != nil {
		return nil, errors.Join(dataError{fmt.Errorf("snapshots: %w", err)}, bolt.Close())
	}
	st, err := assemble(bolt, files, s)
	if err != nil {
		return nil, errors.Join(err, bolt.Close())
	}
	st.close = bolt.Close
	if s.Store == control.StoreBoltNoSync {
		st.close = func() error { return errors.Join(bolt.Sync(), bolt.Close(), keepSynced(dir)) }
	}
	return st, nil
}

// boltOptions are bbolt's defaults, with which Nomad runs it, and Consul where
// it has a BoltDB (agent/consul/server.go, nomad/server.go): the freelist, an
// array, is written with every transaction. Vault alone leaves it out and
// rebuilds it on opening, with a map (physical/raft/config.go): its disks see
// fewer bytes a write than are counted here. Only the wait for the lock is ours.
func boltOptions(noSync bool) *bbolt.Options {
	return &bbolt.Options{Timeout: rebindFor, FreelistType: bbolt.FreelistArrayType, NoGrowSync: noSync}
}

func checkStorage(s control.Storage) error {
	switch s.Store {
	case control.StoreBolt, control.StoreBoltNoSync, control.StoreMemory:
	default:
		return fmt.Errorf("store %q is unknown, want %s, %s or %s", s.Store, control.StoreBolt, control.StoreBoltNoSync, control.StoreMemory)
	}
	if s.EmulatedSync < 0 {
		return fmt.Errorf("emulated sync is %v, want zero (real) or more", s.EmulatedSync)
	}
	if s.StallLength < 0 || s.StallLength > 0 && s.StallEvery <= 0 {
		return fmt.Errorf("the disk stalls for %v every %v, want zero (never), or both above zero", s.StallLength, s.StallEvery)
	}
	if s.LogCache < 0 {
		return fmt.Errorf("log cache is %d entries, want zero (none) or more", s.LogCache)
	}
	return nil
}

func memoryStores(s control.Storage) (*stores, error) {
	st, err := assemble(raft.NewInmemStore(), raft.NewInmemSnapshotStore(), s)
	if err != nil {
		return nil, err
	}
	st.close = func() error { return nil }
	return st, nil
}

func assemble(b backing, snaps raft.SnapshotStore, s control.Storage) (*stores, error) {
	d := &disk{backing: b, emulated: s.EmulatedSync, storeTime: newHistogram(), faults: &diskFaults{}}
	if s.Store == control.StoreBolt || s.EmulatedSync > 0 {
		d.syncs = syncsPerCommit
	}
	found, err := onDisk(b, snaps)
	if err != nil {
		return nil, dataError{err}
	}
	st := &stores{disk: d, logs: d, snaps: &snapshots{SnapshotStore: snaps, faults: d.faults}, found: found}
	st.durable = d.syncs > 0 && s.Store != control.StoreMemory
	if s.LogCache > 0 {
		cache, err := raft.NewLogCache(s.LogCache, d)
		if err != nil {
			return nil, fmt.Errorf("log cache: %w", err)
		}
		st.logs = cache
	}
	return st, nil
}

// losePower puts the store back to what was synced. With real or emulated
// sync that is all that was ever acknowledged, so nothing is to be done; a
// store without sync falls back to its last clean end, or to nothing.
// Snapshots are synced by raft's file store and stay.
func losePower(dir string, s control.Storage) error {
	if s.Store != control.StoreBoltNoSync || s.EmulatedSync > 0 {
		return nil
	}
	err := copyFile(filepath.Join(dir, syncedFile), filepath.Join(dir, logFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = os.Remove(filepath.Join(dir, logFile))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("power loss: %w", err)
	}
	return nil
}

func keepSynced(dir string) error {
	return copyFile(filepath.Join(dir, logFile), filepath.Join(dir, syncedFile))
}

// copyFile replaces to by a synced copy of from, whole or not at all.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read
	part := to + ".part"
	out, err := os.Create(part)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return os.Rename(part, to)
}
