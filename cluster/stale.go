package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/raftbench/raftbench/powerloss"
)

// lockName marks a directory that holds a cluster's data. The launcher holds
// a lock on the file as long as it lives, so that what a killed launcher left
// can be told from what a living one uses.
const lockName = ".raftbench-cluster"

// dirLock is the lock of one cluster's directory.
type dirLock struct {
	file *os.File
	made bool // the directory was not there before
}

// lockDir makes the directory and takes its lock.
func lockDir(dir string) (*dirLock, error) {
	_, err := os.Stat(dir)
	made := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("data directory of the cluster: %w", err)
	}
	f, err := takeLock(filepath.Join(dir, lockName), os.O_CREATE)
	if err != nil {
		return nil, fmt.Errorf("data directory of the cluster: %w", err)
	}
	note, err := json.Marshal(map[string]int{"launcher_pid": os.Getpid()})
	if err == nil {
		err = replaceContent(f, append(note, '\n'))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &dirLock{file: f, made: made}, nil
}

// takeLock opens the file, which it creates if create is set, and locks it, or
// fails when another process (or another cluster of this one) holds it. Between
// opening and locking the file may have been removed as stale: then a lock on it
// would keep nobody out.
func takeLock(path string, create int) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|create, 0o644)
		if err != nil {
			return nil, err
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			return nil, errors.Join(fmt.Errorf("%s is in use by a running cluster: %w", filepath.Dir(path), err), f.Close())
		}
		locked, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if there, err := os.Stat(path); err == nil && os.SameFile(locked, there) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

func replaceContent(f *os.File, content []byte) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(content, 0)
	return err
}

// release removes the mark, and the directory when this cluster made it and
// nothing is left in it.
func (l *dirLock) release() error {
	path := l.file.Name()
	err := errors.Join(os.Remove(path), l.file.Close())
	if l.made {
		_ = os.Remove(filepath.Dir(path))
	}
	return err
}

// RemoveStale removes the data of clusters under dir whose launcher was
// killed before it could: the data directories, never a log, and nothing of a
// cluster that still has its launcher. A dir that does not exist holds
// nothing stale.
func RemoveStale(dir string) error {
	var marks []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if errors.Is(err, unix.ENOTCONN) {
			return nil // a disk whose process was killed with the launcher; it is detached below
		}
		if err == nil && d.Name() == lockName && d.Type().IsRegular() {
			marks = append(marks, path)
		}
		return err
	})
	for _, mark := range marks {
		f, lockErr := takeLock(mark, 0)
		if lockErr != nil {
			continue // its launcher lives, or it is gone
		}
		l := &dirLock{file: f, made: true}
		err = errors.Join(err, removeMembers(filepath.Dir(mark)), l.release())
	}
	return err
}

// removeMembers removes each <id>/data under dir, and the <id>/disk behind it.
func removeMembers(dir string) error {
	data, err := filepath.Glob(filepath.Join(dir, "*", dataName))
	behind, also := filepath.Glob(filepath.Join(dir, "*", diskName))
	err = errors.Join(err, also)
	for _, d := range append(data, behind...) {
		powerloss.Detach(d) // where its process was killed, too
		err = errors.Join(err, os.RemoveAll(d))
		_ = os.Remove(filepath.Dir(d))
	}
	return err
}
