package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/results"
)

// resultsDir holds what nobody named another folder for.
const resultsDir = "results"

// upPrefix begins the names of the temporary folders of `up`.
const upPrefix = "up-"

// makeRunDir makes a new folder for a run of this name: results/quick-20260102-150405,
// with -2, -3 and so on behind it for the second and third within a second.
func makeRunDir(name string) (string, error) {
	if err := os.MkdirAll(resultsDir, 0o755); err != nil {
		return "", err
	}
	first := filepath.Join(resultsDir, name+"-"+time.Now().UTC().Format("20060102-150405"))
	for i := 1; ; i++ {
		dir := first
		if i > 1 {
			dir = fmt.Sprintf("%s-%d", first, i)
		}
		// Mkdir lets only one of two contenders have it.
		if err := os.Mkdir(dir, 0o755); !errors.Is(err, fs.ErrExist) {
			return dir, err
		}
	}
}

// nearestDir is the nearest folder above dir that is there already.
func nearestDir(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "."
		}
		dir = parent
	}
}

// upMark is a file in the temporary folder of an `up`, which holds a lock on
// it as long as it lives, however it ends.
const upMark = ".raftbench-up"

// tempDir is the temporary folder of an `up`.
type tempDir struct {
	path string
	mark *os.File
}

// makeTempDir makes a folder under results: on a real disk, which /tmp often
// is not.
func makeTempDir() (*tempDir, error) {
	if err := os.MkdirAll(resultsDir, 0o755); err != nil {
		return nil, err
	}
	parent, err := filepath.Abs(resultsDir)
	if err != nil {
		return nil, err
	}
	for {
		path, err := os.MkdirTemp(parent, upPrefix)
		if err != nil {
			return nil, err
		}
		mark, err := markDir(path)
		if err == nil {
			return &tempDir{path, mark}, nil
		}
		// Before the mark was locked, another process may have taken the folder
		// for an abandoned one.
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errInUse) {
			return nil, err
		}
	}
}

// markDir makes the mark and locks it.
func markDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, upMark)
	if err := os.WriteFile(path, fmt.Appendf(nil, "raftbench up, process %d\n", os.Getpid()), 0o644); err != nil {
		return nil, err
	}
	mark, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, errors.Join(err, mark.Close()) // removed before it was locked
	}
	return mark, nil
}

// remove removes the folder with all that is in it, and the results folder
// when nothing else is there.
func (t *tempDir) remove() {
	_ = os.RemoveAll(t.path)
	_ = os.Remove(filepath.Dir(t.path))
	_ = t.mark.Close()
}

// errInUse is why a lock cannot be had.
var errInUse = errors.New("in use by another process")

// lockFile takes a regular file's lock, which lasts until it is closed.
func lockFile(path string) (*os.File, error) {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return nil, cmp.Or(err, fs.ErrInvalid)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) //nolint:gosec // a file descriptor is a small number
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = errInUse
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// removeAbandoned removes what killed processes left under results: the
// folders of `up`, and the nodes' data of runs. Neither is of any use to
// anybody: a run is gone on with from its record. Nothing that a living
// process uses is touched. What cannot be removed waits for the next time.
func removeAbandoned() {
	entries, err := os.ReadDir(resultsDir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		dir := filepath.Join(resultsDir, e.Name())
		if strings.HasPrefix(e.Name(), upPrefix) {
			removeAbandonedUp(dir)
		}
		removeAbandonedData(dir)
	}
}

// removeAbandonedUp removes a folder whose mark nobody locks. One without a
// mark is no temporary one, whatever its name.
func removeAbandonedUp(dir string) {
	mark, err := lockFile(filepath.Join(dir, upMark))
	if err != nil {
		return
	}
	_ = os.RemoveAll(dir)
	_ = mark.Close()
}

// removeAbandonedData removes the data of a run that has ended: while it goes
// on its record is locked.
func removeAbandonedData(dir string) {
	data := filepath.Join(dir, "data")
	if _, err := os.Stat(data); err != nil {
		return
	}
	record, err := lockFile(filepath.Join(dir, results.TrialsFile))
	if err != nil {
		return
	}
	_ = cluster.RemoveStale(data)
	_ = os.Remove(data) // only when nothing is left in it
	_ = record.Close()
}
