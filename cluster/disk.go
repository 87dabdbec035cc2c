package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/powerloss"
)

// What stands in a member's directory: its data, and, where they are served from a disk
// whose power can be cut, the files behind it.
const (
	dataName = "data"
	diskName = "disk"
)

// Disk serves a member's data directory and can cut its power
// (powerloss.Process has it).
type Disk interface {
	// Cut drops whatever was not synced. The member's process must not run.
	Cut(ctx context.Context) (powerloss.Lost, error)
	// Died is closed when what serves the disk has ended without Close; Err tells how.
	Died() <-chan struct{}
	Err() error
	Close() error
	// Kill ends what serves it at once, so that nobody waits for its answer any more:
	// whoever had a call under way gets an error. Close is still to be called.
	Kill() error
}

// DiskError is a member's emulated disk that ended by itself. Whatever its member, and
// the cluster, did since is the disk's doing: the node lost its files as it ran.
type DiskError struct {
	ID  string // of the member
	Err error  // how, and its last words (*powerloss.DeathError)
}

func (e *DiskError) Error() string {
	return fmt.Sprintf("the emulated disk of %s died: %v", e.ID, e.Err)
}

func (e *DiskError) Unwrap() error { return e.Err }

// Mounter serves what stands in one directory at another.
type Mounter func(ctx context.Context, behind, at string) (Disk, error)

// LocalDisk has `binary power-loss-disk` serve it on this host.
func LocalDisk(binary string) Mounter {
	return func(ctx context.Context, behind, at string) (Disk, error) {
		return powerloss.Start(ctx, powerloss.Command(binary, behind, at), at)
	}
}

// readyDisk mounts the member's disk before its first start, and cuts the disk's power
// before each other one.
func (m *Member) readyDisk(ctx context.Context) error {
	mount := m.cluster.spec.Mount
	if mount == nil {
		return nil
	}
	if m.disk == nil {
		behind := m.behind()
		if err := empty(behind); err != nil { // a killed launcher may have left another's
			return fmt.Errorf("disk of %s: %w", m.ID(), err)
		}
		disk, err := mount(ctx, behind, m.DataDir())
		if err != nil {
			return fmt.Errorf("disk of %s: %w", m.ID(), err)
		}
		m.setDisk(disk)
		go m.watchDisk(disk)
		return nil
	}
	lost, err := m.disk.Cut(ctx)
	if err != nil {
		return cmp.Or[error](m.diskDeath(), fmt.Errorf("disk of %s: %w", m.ID(), err))
	}
	m.cluster.tell(m.ID(), control.Event{Kind: control.EventPowerLoss, AtNS: clock.Now(), Bytes: lost.Bytes})
	return nil
}

func (m *Member) setDisk(d Disk) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.disk = d
}

// watchDisk tells of the disk's death, as long as the cluster lives.
func (m *Member) watchDisk(d Disk) {
	select {
	case <-d.Died():
		if m.cluster.life.Err() == nil {
			m.cluster.reportDisk(&DiskError{ID: m.ID(), Err: d.Err()})
		}
	case <-m.cluster.life.Done():
	}
}

// diskGrace is how long the launcher may take to see that a disk has died of which a
// node has died meanwhile: both see one process end.
const diskGrace = 2 * time.Second

// diskDeath is the *DiskError where the member's disk has died, or is seen to in a
// moment: who asks has just seen its member fail. Else it is nil.
func (m *Member) diskDeath() error {
	m.mu.Lock()
	disk := m.disk
	m.mu.Unlock()
	if disk == nil {
		return nil
	}
	select {
	case <-disk.Died():
		return &DiskError{ID: m.ID(), Err: disk.Err()}
	case <-time.After(diskGrace):
		return nil
	}
}

// behind is the directory of which the data directory shows what a mounted disk holds.
func (m *Member) behind() string { return filepath.Join(filepath.Dir(m.DataDir()), diskName) }

// closeDisk ends it, its member's process being dead.
func (m *Member) closeDisk() error {
	if m.disk == nil {
		return nil
	}
	err := m.disk.Close()
	m.setDisk(nil)
	return err
}

// killDisk tells whether there was one to kill.
func (m *Member) killDisk() bool { return m.disk != nil && m.disk.Kill() == nil }

// empty removes all that stands in a directory, which may be where a disk is mounted.
func empty(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}
