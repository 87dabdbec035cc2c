package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

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
	Close() error
}

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
		m.disk = disk
		return nil
	}
	lost, err := m.disk.Cut(ctx)
	if err != nil {
		return fmt.Errorf("disk of %s: %w", m.ID(), err)
	}
	m.cluster.tell(m.ID(), control.Event{Kind: control.EventPowerLoss, AtNS: clock.Now(), Bytes: lost.Bytes})
	return nil
}

// behind is the directory of which the data directory shows what a mounted disk holds.
func (m *Member) behind() string { return filepath.Join(filepath.Dir(m.DataDir()), diskName) }

// closeDisk ends it, its member's process being dead.
func (m *Member) closeDisk() error {
	if m.disk == nil {
		return nil
	}
	err := m.disk.Close()
	m.disk = nil
	return err
}

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
