package results

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"golang.org/x/sys/unix"
)

// The sizes that a run's files may have, in bytes: some ten times those of the
// longest run that anybody has made. A file is bounded before it is parsed.
const (
	maxExperiment  = 1 << 20
	maxEnvironment = 1 << 20
	maxSummary     = 256 << 20
	maxTrialLine   = 32 << 20
	maxTrials      = 2 << 30
	maxHistograms  = 64 << 20
)

// ErrTooLarge is a file beyond the size that anybody's would have.
var ErrTooLarge = errors.New("larger than any that raftbench writes")

// errNotRegular is a pipe, a device or a folder where a file was wanted.
var errNotRegular = errors.New("not a regular file")

// opener is os.OpenFile, or that of an *os.Root.
type opener func(name string, flag int, mode os.FileMode) (*os.File, error)

// openFile opens a regular file for reading. A pipe would hang its reader and
// a device never end, so neither is opened for longer than it takes to see.
func openFile(open opener, path string) (*os.File, error) {
	f, err := open(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// ReadFile reads a regular file of at most so many bytes.
func ReadFile(path string, most int64) ([]byte, error) { return read(os.OpenFile, path, most) }

// readWithin is ReadFile of a file in a folder that somebody else may have made: a
// symbolic link that leads out of it is an error, since a report shows what it reads.
func readWithin(dir, name string, most int64) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	return read(root.OpenFile, name, most)
}

func read(open opener, path string, most int64) ([]byte, error) {
	f, err := openFile(open, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%w: over %d bytes", ErrTooLarge, most)
	}
	return text, err
}

// unfinished are the names of files that are not yet whole.
var unfinished = regexp.MustCompile(`^\.new-[0-9a-z]+$`)

// IsUnfinished tells whether a file of that name is one that WriteFile has not finished.
func IsUnfinished(name string) bool { return unfinished.MatchString(name) }

// RemoveUnfinished removes from a folder below root the files that writers left there
// which were killed in the middle of one. What another process is still writing stays,
// and so does what cannot be removed: it is in nobody's way.
func RemoveUnfinished(root *os.Root, dir string) {
	d, err := root.Open(dir)
	if err != nil {
		return
	}
	names, _ := d.Readdirnames(-1)
	_ = d.Close()
	for _, name := range names {
		if path := filepath.Join(dir, name); IsUnfinished(name) && abandoned(root, path) {
			_ = root.Remove(path)
		}
	}
}

// abandoned tells whether no process writes a file any more: its writer holds a lock on
// it, which ends with the process.
func abandoned(root *os.Root, path string) bool {
	if info, err := root.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := root.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	return lock(f, path) == nil
}

// WriteFile writes a file below root whole or not at all, and syncs it and its
// folder. It never leaves root, wherever symbolic links point.
func WriteFile(root *os.Root, name string, text []byte) (err error) {
	part := filepath.Join(filepath.Dir(name), ".new-"+strconv.FormatUint(rand.Uint64(), 36))
	defer func() {
		if err != nil {
			_ = root.Remove(part)
			err = cannotWrite(filepath.Join(root.Name(), name), err)
		}
	}()
	f, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_ = lock(f, part) // where there are no locks nothing is taken for abandoned either
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync()); err == nil {
		err = root.Rename(part, name)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return syncDir(root, filepath.Dir(name))
}

func syncDir(root *os.Root, dir string) error {
	d, err := root.Open(dir)
	if err != nil {
		return err
	}
	err = errors.Join(d.Sync(), d.Close())
	// Some filesystems cannot sync a folder, and say so.
	if errors.Is(err, fs.ErrInvalid) {
		return nil
	}
	return err
}
