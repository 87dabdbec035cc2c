package cluster

import (
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// adopt makes this process the parent of orphans. Without it the kernel would
// continue a stopped orphan (POSIX, of orphaned process groups), and a test of
// what kills a paused node would prove nothing.
func adopt(t *testing.T) {
	t.Helper()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) })
}

// The main thread is the only one that Go never ends; with it out of the way
// (a goroutine that init locks is main's), no node can be started on it by
// luck.
func init() { runtime.LockOSThread() }

// The kernel kills a node when the thread ends that started it
// (golang/go#27505). Go ends every thread whose locked goroutine returns, here
// all that are to be had; the spawner's must not be among them.
func TestSpawnerKeepsItsThread(t *testing.T) {
	s := newSpawner()
	defer s.close()
	thread := func() (id int) {
		_ = s.do(func() error { id = unix.Gettid(); return nil })
		return id
	}
	before := thread()
	var all, ended sync.WaitGroup
	for range 100 {
		all.Add(1)
		ended.Go(func() {
			runtime.LockOSThread()
			all.Done()
			all.Wait()
		})
	}
	ended.Wait()
	if after := thread(); after != before {
		t.Errorf("nodes were started on thread %d, and are on %d now", before, after)
	}
}
